import { isUtf8 } from "node:buffer";
import { type ItemKey, keyOf } from "../format/itemId.js";
import { memberSource, membersOf, withoutPythonTokens } from "../format/json.js";
import type { Usage } from "../format/record.js";

export type Members = Record<string, unknown>;

/** One row of a file and its text, in which numbers keep their digits. */
export interface SourceRow {
  value: Members;
  text: string;
}

/** What is known of how an item ended. */
interface Measures {
  ms?: number;
  usage?: Usage;
  /** Milliseconds since 1970. */
  atMs?: number;
}

/** What a row says of its item. Only `done` counts as done; a row is never `done` while anything in it tells of an error. */
export type Row =
  | ({ item: ItemKey; state: "done"; result: unknown } & Measures)
  | ({ item: ItemKey; state: "failed"; cause: string; message: string } & Measures)
  /** Begun, or asked for, and without an end so far. */
  | { item: ItemKey; state: "open" }
  | { item: ItemKey; state: "asked" };

export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON object and its text; undefined where the bytes are none. Python's NaN and infinities are read as null. */
export function sourceRowOf(bytes: Buffer): SourceRow | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString("utf8");
  const value = parsed(text) ?? parsed(withoutPythonTokens(text));
  return isMembers(value) ? { value, text } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A row's key where its id is a member by that name: a string, number or boolean; undefined where it is none of these. */
export function keyIn({ value, text }: SourceRow, path: readonly string[]): ItemKey | undefined {
  const id = valueAt(value, path);
  if (typeof id === "string") return keyOf(id);
  if (typeof id === "boolean") return keyOf(id);
  if (typeof id !== "number") return undefined;
  let source: string | undefined = text;
  for (const name of path) source = source && memberOrElement(source, name);
  return source as ItemKey | undefined;
}

/** A member of members, or of lists by index. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Members)[name];
  }
  return at;
}

function memberOrElement(text: string, name: string): string | undefined {
  if (!text.trimStart().startsWith("[")) return memberSource(text, name);
  let index = 0;
  for (const { start, end } of membersOf(text)) if (String(index++) === name) return text.slice(start, end);
  return undefined;
}

/** Milliseconds since 1970 of seconds since then; undefined where it is no moment. */
export function msOfSeconds(seconds: unknown): number | undefined {
  return typeof seconds === "number" && seconds > 0 && seconds < 8.64e12
    ? Math.round(seconds * 1000)
    : undefined;
}

/** Milliseconds since 1970 of an ISO date; undefined where it is none. */
export function msOfDate(date: unknown): number | undefined {
  const ms = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** An amount that is no nonsense. */
export function amountOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** Leaves out what is undefined, since a record has no such members. */
export function measures(of: { [Name in keyof Measures]: Measures[Name] | undefined }): Measures {
  const { ms, usage, atMs } = of;
  return {
    ...(ms !== undefined && { ms }),
    ...(usage !== undefined && { usage }),
    ...(atMs !== undefined && { atMs }),
  };
}
