import { type Mapping, mappedLines } from "../runtime/foreign/mapping.js";
import { type FoundMember, membersIn } from "../runtime/foreign/members.js";
import { type Row, type SourceRow, valueAt } from "../runtime/foreign/row.js";
import { idText } from "../runtime/format/itemId.js";
import { redact } from "../runtime/redact.js";
import { t } from "./l10n.js";
import { countText, plural, shortText } from "./text.js";

/** One of the members that an id, error or result may be. */
export interface MemberChoice {
  path: string;
  /** Values of the first rows. */
  description: string;
  /** What the rows would be, read so. */
  detail: string;
}

const maxValueChars = 40;
const shownValues = 3;

/** The members that may be ids, the likeliest first: named so, in all rows, and all different. */
export function idChoices(rows: readonly SourceRow[]): MemberChoice[] {
  const likely = (member: FoundMember) =>
    4 * (member.rows / rows.length) +
    2 * (member.distinct / member.rows) +
    (/(^|[._])(id|key|uid|uuid|name)$/i.test(member.path) ? 3 : 0);
  return membersIn(rows)
    .filter(({ isScalar }) => isScalar)
    .sort((a, b) => likely(b) - likely(a))
    .map((member) => ({
      path: member.path,
      description: valuesText(rows, member.path),
      detail: t(
        "{0} in {1} of {2}",
        plural(member.distinct, "different value"),
        countText(member.rows),
        plural(rows.length, "row"),
      ),
    }));
}

/** The members that may be errors: those that not every row has set come first. */
export function errorChoices(rows: readonly SourceRow[], { id }: Mapping): MemberChoice[] {
  const likely = (member: FoundMember) =>
    (/(^|[._])(err|error|errors|exception|failure)$/i.test(member.path) ? 2 : 0) +
    (member.set < rows.length ? 1 : 0);
  return membersIn(rows)
    .filter(({ path }) => path !== id)
    .sort((a, b) => likely(b) - likely(a))
    .map(({ path }) => ({
      path,
      description: valuesText(rows, path),
      detail: countsText(rows, { id, error: path }),
    }));
}

export function resultChoices(rows: readonly SourceRow[], mapping: Mapping): MemberChoice[] {
  const likely = ({ path }: FoundMember) =>
    /(^|[._])(result|results|output|answer|response|completion|text)$/i.test(path) ? 1 : 0;
  return membersIn(rows)
    .filter(({ path }) => path !== mapping.id && path !== mapping.error)
    .sort((a, b) => likely(b) - likely(a))
    .map(({ path }) => ({
      path,
      description: valuesText(rows, path),
      detail: countsText(rows, { ...mapping, result: path }),
    }));
}

function valuesText(rows: readonly SourceRow[], path: string): string {
  const values = rows
    .map(({ value }) => (Object.hasOwn(value, path) ? value[path] : valueAt(value, path.split("."))))
    .filter((value) => value !== undefined && value !== null && value !== "");
  return values.slice(0, shownValues).map(shown).join(" · ");
}

const shown = (value: unknown): string =>
  shortText(redact(typeof value === "string" ? value : (JSON.stringify(value) ?? "")), maxValueChars);

/** `3 done · 1 failed · 1 unfinished · 1 without an id`, of the rows that were looked at. */
export function countsText(rows: readonly SourceRow[], mapping: Mapping): string {
  const states = new Map<string, Row["state"]>();
  let nameless = 0;
  for (const row of readBy(rows, mapping))
    if (!row) nameless++;
    else if (states.get(row.item) !== "done") states.set(row.item, row.state);
  const count = (state: Row["state"]) => [...states.values()].filter((one) => one === state).length;
  const parts = [t("{0} done", countText(count("done")))];
  if (count("failed") > 0) parts.push(t("{0} failed", countText(count("failed"))));
  if (count("open") > 0) parts.push(t("{0} unfinished", countText(count("open"))));
  if (nameless > 0) parts.push(t("{0} without an id", countText(nameless)));
  return parts.join(" · ");
}

/** The first rows as they would be read: the id, and the error or result. */
export function previewRows(
  rows: readonly SourceRow[],
  mapping: Mapping,
  max: number,
): { id: string; state: Row["state"] | "nameless"; text: string }[] {
  return readBy(rows.slice(0, max), mapping).map((row, i) => {
    if (!row) return { id: "—", state: "nameless", text: shown(rows[i]?.text ?? "") };
    const text =
      row.state === "done"
        ? shown(row.result)
        : row.state === "failed"
          ? `${row.cause}: ${shown(row.message)}`
          : "";
    return { id: shortText(idText(row.item), maxValueChars), state: row.state, text };
  });
}

function readBy(rows: readonly SourceRow[], mapping: Mapping): (Row | undefined)[] {
  const { rowOf } = mappedLines(mapping);
  return rows.map((row) => rowOf(row));
}
