/** Results as lines and as tables, for a person's own programs. */
import { stringify } from "csv-stringify/sync";
import { type ItemKey, idText, idValue } from "./format/itemId.js";
import { safeJson } from "./safeText.js";

/** One done item, and what is told with it. */
export interface ResultRow {
  /** Which job and run it is of, where there are several. */
  whose?: { job: string; label: string | null };
  item: ItemKey;
  /** The item as the job's input has it; left out where nobody asked. */
  input?: unknown;
  result: unknown;
}

/** One row as a JSON line, with its newline. */
export function jsonLineOf({ whose, item, input, result }: ResultRow): string {
  const row = { ...whose, id: idValue(item), ...(input !== undefined && { input }), result: result ?? null };
  return `${safeJson(JSON.stringify(row))}\n`;
}

/** A table with a column for each member of the results, where they are objects; else with one column for them. */
export function csvOf(rows: readonly ResultRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(cellsOf(row))))];
  return csvHead(columns) + csvRows(rows.map(cellsOf), columns);
}

/** What a row of a table has, by the names of its columns. */
export function cellsOf({ whose, item, input, result }: ResultRow): Record<string, unknown> {
  return {
    ...whose,
    id: idText(item),
    ...(input !== undefined && prefixed("input", input)),
    ...prefixed("result", result ?? null),
  };
}

/** The first line of a table. */
export const csvHead = (columns: readonly string[]): string =>
  stringify([], { header: true, columns: [...columns], escape_formulas: true });

/** Further lines of a table with these columns. */
export function csvRows(rows: readonly Record<string, unknown>[], columns: readonly string[]): string {
  const lines = rows.map((row) => columns.map((column) => cell(row[column])));
  return stringify(lines, { escape_formulas: true });
}

function prefixed(name: "input" | "result", value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return { [name]: value };
  const columnOf = (key: string) => (name === "input" || ownColumns.has(key) ? `${name}.${key}` : key);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [columnOf(key), member]));
}

/** A member of a result does not take the place of whose it is. */
const ownColumns: ReadonlySet<string> = new Set(["id", "job", "label"]);

const cell = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
