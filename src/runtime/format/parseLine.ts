import { type ItemKey, keyOf } from "./itemId.js";
import { memberSource, membersOf, withoutPythonTokens } from "./json.js";
import { isOpenObject } from "./jsonPrefix.js";
import { type CheckpointRecord, verifyChecksum } from "./record.js";

/** What a line is: a record of one of the three formats, or why it is none. */
export type ParsedLine =
  | { record: CheckpointRecord; format: "agent-jobs" | "article" | "agent-resume" }
  | {
      reason: FaultReason;
      /** It looks like the beginning of a record whose writer died, not like one that was damaged later. */
      tear: boolean;
    };

export type FaultReason =
  | "torn"
  | "merged"
  | "checksum"
  | "not-json"
  | "not-utf8"
  | "nul"
  | "too-long"
  | "wrong-shape";

const fault = (reason: FaultReason): ParsedLine => ({ reason, tear: reason === "torn" });

/** Parses one line given without its newline. Never throws for what is in it. */
export function parseLine(line: Buffer): ParsedLine {
  const checksum = verifyChecksum(line);
  if (line.includes(0)) return { reason: "nul", tear: endsInNuls(line) };
  const { text, isCut } = decode(line);
  if (text === undefined) return fault("not-utf8");
  if (isCut) return fault(isOpenObject(text) ? "torn" : "not-utf8");
  // A record may be torn right after a nested object that has a checksum of its own.
  if (checksum === "mismatch") return fault(isOpenObject(text) ? "torn" : "checksum");
  let value = parsed(text);
  if (value === undefined) value = parsed(withoutPythonTokens(text), text);
  if (value === undefined) return fault(isOpenObject(text) ? "torn" : "not-json");
  if (value === null || typeof value !== "object" || Array.isArray(value)) return fault("wrong-shape");
  const members = value as Record<string, unknown>;
  const record = checksum === "verified" ? verifiedRecord(members, text) : foreignRecord(members, text);
  return record ?? fault("wrong-shape");
}

/** The value of a JSON text; undefined where it is none, or the same that was tried before. */
function parsed(text: string, tried?: string): unknown {
  if (text === tried) return undefined;
  if (text.startsWith("{") && !text.endsWith("}")) return undefined; // torn, as is soon seen without throwing
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const utf8 = { fatal: true, ignoreBOM: true };
const decoder = new TextDecoder("utf-8", utf8);

/** The line's text without a character that its end cuts in two; undefined where it is no UTF-8. */
function decode(line: Buffer): { text?: string; isCut?: boolean } {
  try {
    return { text: decoder.decode(line) };
  } catch {
    try {
      return { text: new TextDecoder("utf-8", utf8).decode(line, { stream: true }), isCut: true };
    } catch {
      return {};
    }
  }
}

/** What a power cut leaves: the file has its length, but not all of its bytes. */
function endsInNuls(line: Buffer): boolean {
  const head = line.subarray(0, line.indexOf(0));
  if (!line.subarray(head.length).every((byte) => byte === 0)) return false;
  const { text } = decode(head);
  return head.length === 0 || (text !== undefined && isOpenObject(text));
}

const count = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): value is string => typeof value === "string";

const amount = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;
const isRunSums = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every((sum) => isObject(sum) && count(sum.run) && count(sum.failed) && typeof sum.ts === "number");
const isStepCounts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((sum) => Array.isArray(sum) && isText(sum[0]) && count(sum[1]));
const isObject = (value: unknown): boolean => value !== null && typeof value === "object";

/** Milliseconds of a record's seconds, held to what a date can be, so that no reader of them ever throws. */
function msOf(ts: number): number {
  const latest = 8.64e15;
  return Math.max(-latest, Math.min(latest, Math.round(ts * 1000)));
}

/** Members that a record can do without: left out where they are not of these types. */
const optional: Record<string, (value: unknown) => boolean> = {
  ms: amount,
  attempt: count,
  run: count,
  usage: isObject,
  hash: isText,
  label: isText,
  file: isText,
  concurrency: count,
  detail: isText,
  signal: isText,
  by: (value) => value === "person",
  retry: (value) => value === true,
  until: amount,
  pass: count,
  stages: (value) => Array.isArray(value) && value.every(isText),
  sources: (value) => isObject(value) && Object.values(value as object).every(isText),
};

/** The kinds whose members, besides `ts`, must be of these types for the record to be one. */
const required: Record<string, Record<string, (value: unknown) => boolean>> = {
  job: { v: count, job: isText },
  "run-started": { run: count, pid: count, host: isText, token: isText },
  input: { run: count, total: count },
  gone: { run: count },
  back: { run: count },
  started: { run: count, attempt: count },
  step: { run: count, attempt: count, step: isText, op: isText },
  spent: { run: count, attempt: count, n: count, usage: isObject },
  progress: { run: count, attempt: count, fraction: amount },
  waiting: { run: count, attempt: count, pass: count },
  pace: { run: count, n: count, concurrency: count },
  failed: { run: count, attempt: count, cause: isText, message: isText },
  measured: { run: count, attempt: count },
  "write-error": { run: count, code: isText },
  "run-ended": { run: count, reason: isText },
  "run-lost": { run: count, cause: isText },
  compacted: { key: isText, runs: isRunSums, steps: isStepCounts },
};
const ofItems = new Set([
  "gone",
  "back",
  "started",
  "step",
  "progress",
  "spent",
  "waiting",
  "failed",
  "measured",
]);

function verifiedRecord(members: Record<string, unknown>, text: string): ParsedLine | undefined {
  const { ts, c: _, ...rest } = members;
  if (typeof ts !== "number") return undefined;
  const atMs = msOf(ts);
  const shape = requiredOf(rest);
  for (const [name, isValid] of Object.entries(optional))
    if (name in rest && !shape?.[name] && !isValid(rest[name])) delete rest[name];
  if ("id" in members) {
    const item = memberKey(members, "id", text);
    if (item === undefined) return undefined;
    const { id: __, ...fields } = rest;
    return { format: "agent-jobs", record: { ...fields, type: "done", atMs, item } };
  }
  const kind = rest.type;
  if (typeof kind !== "string") return undefined;
  if (!shape) return { format: "agent-jobs", record: { type: "unknown", kind, atMs } };
  for (const [name, valid] of Object.entries(shape)) if (!valid(rest[name])) return undefined;
  if (!ofItems.has(kind)) return { format: "agent-jobs", record: { ...rest, atMs } as CheckpointRecord };
  const item = memberKey(members, "item", text);
  return item && { format: "agent-jobs", record: { ...rest, atMs, item } as CheckpointRecord };
}

function requiredOf({ type }: Record<string, unknown>): (typeof required)[string] | undefined {
  return typeof type === "string" && Object.hasOwn(required, type) ? required[type] : undefined;
}

function foreignRecord(members: Record<string, unknown>, text: string): ParsedLine | undefined {
  if ("turn" in members || "completed_items" in members) return snapshotRecord(members, text);
  const names = Object.keys(members);
  const { id, ts, result } = members;
  if (
    id === undefined ||
    typeof ts !== "number" ||
    !names.every((n) => n === "id" || n === "ts" || n === "result")
  )
    return undefined;
  const item = memberKey(members, "id", text);
  if (item === undefined) return undefined;
  const done = { type: "done" as const, atMs: msOf(ts), item };
  return { format: "article", record: result === undefined ? done : { ...done, result } };
}

function snapshotRecord(members: Record<string, unknown>, text: string): ParsedLine | undefined {
  const { turn, completed_items: completed, timestamp, state } = members;
  if (!Number.isInteger(turn) || !Array.isArray(completed)) return undefined;
  if (timestamp !== undefined && typeof timestamp !== "number") return undefined;
  const items = keysOf(completed, text);
  if (!items) return undefined;
  const snapshot = { type: "snapshot" as const, atMs: msOf((timestamp as number | undefined) ?? 0), items };
  const stateText = memberSource(text, "state") ?? "{}";
  return { format: "agent-resume", record: { ...snapshot, turn: turn as number, state, stateText } };
}

function keysOf(ids: unknown[], text: string): ItemKey[] | undefined {
  if (ids.every((id) => typeof id === "string")) return ids.map(keyOf);
  const list = memberSource(text, "completed_items")!;
  const keys: ItemKey[] = [];
  for (const { start, end } of membersOf(list)) {
    const key = keyOfSource(ids[keys.length], list.slice(start, end));
    if (key === undefined) return undefined;
    keys.push(key);
  }
  return keys;
}

function memberKey(members: Record<string, unknown>, name: string, text: string): ItemKey | undefined {
  const id = members[name];
  return typeof id === "string" ? keyOf(id) : keyOfSource(id, memberSource(text, name));
}

/** The key of an id that is given as its value and its text: numbers keep their digits, and NaN is no id. */
function keyOfSource(id: unknown, source: string | undefined): ItemKey | undefined {
  if (typeof id === "string") return keyOf(id);
  if (typeof id === "boolean" || typeof id === "number") return source as ItemKey | undefined;
  return id === null && source === "null" ? keyOf(null) : undefined;
}
