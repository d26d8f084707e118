import { isUtf8 } from "node:buffer";
import { readChunkBytes } from "../config.js";
import { type HeadKey, headKeyOf } from "./headKey.js";
import { type ItemKey, keyOf } from "./itemId.js";
import { memberSource, membersOf, withoutPythonTokens } from "./json.js";
import { isOpenObject, outlineOf } from "./jsonOutline.js";
import { type CheckpointRecord, checksumTailBytes, verifyChecksum } from "./record.js";

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

/** An object's members, and where its text says them: numbers keep their digits there. */
interface Members {
  values: Record<string, unknown>;
  /** Of an item whose id was read off the bytes, by the member's name: it is not among the values. */
  key?: HeadKey | undefined;
  sourceOf(name: string): string | undefined;
  /** It has members beyond those of any record. */
  hasOthers: boolean;
  /** Values that are made only for who asks for them: most readers never look at a result. */
  deferred: ReadonlyMap<string, () => unknown>;
}

/**
 * Parses one line given without its newline. Never throws for what is in it.
 * @param outlinedFromBytes lines longer than this are looked over instead of parsed whole, so that they take no more
 *   memory than they have bytes; those bytes must not be changed while a record is in use
 */
export function parseLine(line: Buffer, outlinedFromBytes: number = readChunkBytes): ParsedLine {
  const checksum = verifyChecksum(line);
  if (line.includes(0)) return { reason: "nul", tear: endsInNuls(line) };
  const text = withoutHalfCharacter(line);
  if (text === undefined) return fault("not-utf8");
  if (text.length < line.length) return fault(isOpenObject(text) ? "torn" : "not-utf8");
  // A record may be torn right after a nested object that has a checksum of its own.
  if (checksum === "mismatch") return fault(isOpenObject(line) ? "torn" : "checksum");
  const members =
    line.length > outlinedFromBytes ? outlinedMembers(line) : parsedMembers(line, checksum === "verified");
  if (typeof members === "string") return fault(members);
  return (checksum === "verified" ? verifiedRecord(members) : foreignRecord(members)) ?? fault("wrong-shape");
}

const nothing: Members["deferred"] = new Map();

/** @param hasChecksum it ends in one, which `JSON.parse` would keep among its own strings, as it does all short ones */
function parsedMembers(line: Buffer, hasChecksum: boolean): Members | FaultReason {
  const head = headKeyOf(line);
  if (head) {
    const rest = hasChecksum
      ? `${line.toString("utf8", head.end, line.length - checksumTailBytes)}}`
      : line.toString("utf8", head.end);
    const values = parsed(head.before + rest) as Record<string, unknown> | undefined;
    // An id that comes again is the one that counts, and a damaged line's reason is found in all of it.
    if (values && !(head.name in values))
      return {
        ...{ values, key: head, hasOthers: false, deferred: nothing },
        sourceOf: (name) => memberSource(line.toString("utf8"), name),
      };
  }
  const text = line.toString("utf8");
  let value = parsed(text);
  if (value === undefined) value = parsed(withoutPythonTokens(text), text);
  if (value === undefined) return isOpenObject(line) ? "torn" : "not-json";
  if (value === null || typeof value !== "object" || Array.isArray(value)) return "wrong-shape";
  const values = value as Record<string, unknown>;
  return { values, sourceOf: (name) => memberSource(text, name), hasOthers: false, deferred: nothing };
}

function outlinedMembers(line: Buffer): Members | FaultReason {
  const { kind, isObject, members, hasOthers } = outlineOf(line, knownMembers);
  if (kind !== "whole") return kind === "open" ? "torn" : "not-json";
  if (!isObject) return "wrong-shape";
  const sourceOf = (name: string) => {
    const member = members.get(name);
    return member && line.toString("utf8", member.start, member.end);
  };
  const memberOf = (name: string) => JSON.parse(withoutPythonTokens(sourceOf(name)!)) as unknown;
  const values: Record<string, unknown> = {};
  const deferred = new Map<string, () => unknown>();
  for (const [name, { depth }] of members)
    if (deferrable.has(name)) deferred.set(name, () => memberOf(name));
    else values[name] = depth <= maxMemberDepth ? memberOf(name) : null;
  return { values, sourceOf, hasOthers, deferred };
}

/** A record whose deferred members are made when they are first asked for. */
function withDeferred<R extends object>(record: R, { deferred }: Members, ...names: string[]): R {
  for (const name of names) {
    const make = deferred.get(name);
    if (!make) continue;
    const place = { configurable: true, enumerable: true };
    const get = () => {
      const value = make();
      Object.defineProperty(record, name, { ...place, value, writable: true });
      return value;
    };
    Object.defineProperty(record, name, { ...place, get });
  }
  return record;
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

/** Deeper lists and objects than these are in no member that a record must have. */
const maxMemberDepth = 1_000;
const maxCutBytes = 3;

/** The line without a character that its end cuts in two; undefined where it is no UTF-8. */
function withoutHalfCharacter(line: Buffer): Buffer | undefined {
  if (isUtf8(line)) return line;
  for (let cut = 1; cut <= maxCutBytes && cut <= line.length; cut++) {
    const at = line.length - cut;
    if ((line[at]! & 0xc0) === 0x80) continue; // not a character's first byte
    const isBegun = isBeginning(line.subarray(at)) && isUtf8(line.subarray(0, at));
    return isBegun ? line.subarray(0, at) : undefined;
  }
  return undefined;
}

function isBeginning(bytes: Buffer): boolean {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true }) === "";
  } catch {
    return false;
  }
}

/** What a power cut leaves: the file has its length, but not all of its bytes. */
function endsInNuls(line: Buffer): boolean {
  const head = line.subarray(0, line.indexOf(0));
  if (!line.subarray(head.length).every((byte) => byte === 0)) return false;
  const text = withoutHalfCharacter(head);
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
  budget: (value) =>
    isObject(value) &&
    ["usd", "tokens"].every((unit) => amount((value as Record<string, unknown>)[unit] ?? 0)),
  sources: (value) => isObject(value) && Object.values(value as object).every(isText),
};

const optionalMembers = Object.entries(optional);

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

/** All that any record has. */
const knownMembers: ReadonlySet<string> = new Set([
  ...["id", "item", "type", "ts", "c", "result", "params", "turn", "state", "completed_items", "timestamp"],
  ...Object.keys(optional),
  ...Object.values(required).flatMap((shape) => Object.keys(shape)),
]);
const deferrable = new Set(["result", "state"]);

function verifiedRecord(members: Members): ParsedLine | undefined {
  const { ts, c: _, ...rest } = members.values;
  if (typeof ts !== "number") return undefined;
  const atMs = msOf(ts);
  const shape = requiredOf(rest);
  for (const [name, isValid] of optionalMembers)
    if (name in rest && !shape?.[name] && !isValid(rest[name])) delete rest[name];
  const made = (record: object): ParsedLine => {
    const whole = withDeferred(record, members, "result") as CheckpointRecord;
    return { format: "agent-jobs", record: whole };
  };
  if ("id" in members.values || members.key?.name === "id") {
    const item = memberKey(members, "id");
    if (item === undefined) return undefined;
    const { id: __, ...fields } = rest;
    return made({ ...fields, type: "done", atMs, item });
  }
  const kind = rest.type;
  if (typeof kind !== "string") return undefined;
  if (!shape) return { format: "agent-jobs", record: { type: "unknown", kind, atMs } };
  for (const [name, valid] of Object.entries(shape)) if (!valid(rest[name])) return undefined;
  if (!ofItems.has(kind)) return made({ ...rest, atMs });
  const item = memberKey(members, "item");
  return item && made({ ...rest, atMs, item });
}

function requiredOf({ type }: Record<string, unknown>): (typeof required)[string] | undefined {
  return typeof type === "string" && Object.hasOwn(required, type) ? required[type] : undefined;
}

function foreignRecord(members: Members): ParsedLine | undefined {
  const { values, key, hasOthers } = members;
  if ("turn" in values || "completed_items" in values) return snapshotRecord(members);
  const names = Object.keys(values);
  const { id, ts, result } = values;
  if (
    (id === undefined && key?.name !== "id") ||
    typeof ts !== "number" ||
    hasOthers ||
    !names.every((n) => n === "id" || n === "ts" || n === "result")
  )
    return undefined;
  const item = memberKey(members, "id");
  if (item === undefined) return undefined;
  const done = { type: "done" as const, atMs: msOf(ts), item };
  const record = result === undefined ? done : { ...done, result };
  return { format: "article", record: withDeferred(record, members, "result") };
}

function snapshotRecord(members: Members): ParsedLine | undefined {
  const { turn, completed_items: completed, timestamp, state } = members.values;
  if (!Number.isInteger(turn) || !Array.isArray(completed)) return undefined;
  if (timestamp !== undefined && typeof timestamp !== "number") return undefined;
  const items = keysOf(completed, members);
  if (!items) return undefined;
  const snapshot = { type: "snapshot" as const, atMs: msOf((timestamp as number | undefined) ?? 0), items };
  const stateText = members.sourceOf("state") ?? "{}";
  const record = { ...snapshot, turn: turn as number, state, stateText };
  return { format: "agent-resume", record: withDeferred(record, members, "state") };
}

function keysOf(ids: unknown[], { sourceOf }: Members): ItemKey[] | undefined {
  if (ids.every((id) => typeof id === "string")) return ids.map(keyOf);
  const list = sourceOf("completed_items")!;
  const keys: ItemKey[] = [];
  for (const { start, end } of membersOf(list)) {
    const key = keyOfSource(ids[keys.length], list.slice(start, end));
    if (key === undefined) return undefined;
    keys.push(key);
  }
  return keys;
}

function memberKey({ values, key, sourceOf }: Members, name: string): ItemKey | undefined {
  if (key?.name === name) return key.key;
  const id = values[name];
  return typeof id === "string" ? keyOf(id) : keyOfSource(id, sourceOf(name));
}

/** The key of an id that is given as its value and its text: numbers keep their digits, and NaN is no id. */
function keyOfSource(id: unknown, source: string | undefined): ItemKey | undefined {
  if (typeof id === "string") return keyOf(id);
  if (typeof id === "boolean" || typeof id === "number") return source as ItemKey | undefined;
  return id === null && source === "null" ? keyOf(null) : undefined;
}
