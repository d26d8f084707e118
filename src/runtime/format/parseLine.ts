import { type ItemKey, keyOf } from "./itemId.js";
import { parseWithNumberSources, scanPrefix, withoutPythonTokens } from "./json.js";
import { type CheckpointRecord, verifyChecksum } from "./record.js";

/** What a line is: a record of one of the three formats, or why it is none. */
export type ParsedLine =
  | { record: CheckpointRecord; format: "agent-jobs" | "article" | "agent-resume" }
  | { reason: FaultReason };

export type FaultReason =
  | "torn"
  | "merged"
  | "checksum"
  | "not-json"
  | "not-utf8"
  | "nul"
  | "too-long"
  | "wrong-shape";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Parses one line given without its newline. Never throws for what is in it. */
export function parseLine(line: Buffer): ParsedLine {
  const checksum = verifyChecksum(line);
  if (checksum === "mismatch") return { reason: line.includes(0) ? "nul" : "checksum" };
  if (line.includes(0)) return { reason: "nul" };
  let text: string;
  try {
    text = decoder.decode(line);
  } catch {
    return { reason: "not-utf8" };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const lenient = withoutPythonTokens(text);
    try {
      value = JSON.parse(lenient);
      text = lenient;
    } catch {
      return { reason: scanPrefix(text).openObject ? "torn" : "not-json" };
    }
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) return { reason: "wrong-shape" };
  const members = value as Record<string, unknown>;
  const record = checksum === "verified" ? verifiedRecord(members, text) : foreignRecord(members, text);
  return record ?? { reason: "wrong-shape" };
}

const count = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): value is string => typeof value === "string";

/** The kinds whose members, besides `ts`, must be of these types for the record to be one. */
const required: Record<string, Record<string, (value: unknown) => boolean>> = {
  job: { v: count, job: isText },
  "run-started": { run: count, pid: count, host: isText, token: isText },
  input: { run: count, total: count },
  gone: { run: count },
  back: { run: count },
  started: { run: count, attempt: count },
  step: { run: count, attempt: count, step: isText, op: isText },
  failed: { run: count, attempt: count, cause: isText, message: isText },
  measured: { run: count, attempt: count },
  "write-error": { run: count, code: isText },
  "run-ended": { run: count, reason: isText },
};
const ofItems = new Set(["gone", "back", "started", "step", "failed", "measured"]);

function verifiedRecord(members: Record<string, unknown>, text: string): ParsedLine | undefined {
  const { ts, c: _, ...rest } = members;
  if (typeof ts !== "number") return undefined;
  const atMs = Math.round(ts * 1000);
  if ("id" in members) {
    const item = memberKey(members, "id", text);
    if (item === undefined) return undefined;
    const { id: __, ...fields } = rest;
    return { format: "agent-jobs", record: { ...fields, type: "done", atMs, item } };
  }
  const kind = rest.type;
  if (typeof kind !== "string") return undefined;
  const shape = Object.hasOwn(required, kind) ? required[kind] : undefined;
  if (!shape) return { format: "agent-jobs", record: { type: "unknown", kind, atMs } };
  for (const [name, valid] of Object.entries(shape)) if (!valid(rest[name])) return undefined;
  if (!ofItems.has(kind)) return { format: "agent-jobs", record: { ...rest, atMs } as CheckpointRecord };
  const item = memberKey(members, "item", text);
  return item && { format: "agent-jobs", record: { ...rest, atMs, item } as CheckpointRecord };
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
  const done = { type: "done" as const, atMs: Math.round(ts * 1000), item };
  return { format: "article", record: result === undefined ? done : { ...done, result } };
}

function snapshotRecord(members: Record<string, unknown>, text: string): ParsedLine | undefined {
  const { turn, completed_items: completed, timestamp, state } = members;
  if (!Number.isInteger(turn) || !Array.isArray(completed)) return undefined;
  if (timestamp !== undefined && typeof timestamp !== "number") return undefined;
  const items = keysOf(completed, text);
  if (!items) return undefined;
  const atMs = Math.round(((timestamp as number | undefined) ?? 0) * 1000);
  return { format: "agent-resume", record: { type: "snapshot", atMs, items, turn: turn as number, state } };
}

function keysOf(ids: unknown[], text: string): ItemKey[] | undefined {
  const keys: ItemKey[] = [];
  let sources: Map<string, string> | undefined;
  for (const [i, id] of ids.entries()) {
    if (typeof id === "number") {
      if (!sources) {
        const parsed = parseWithNumberSources(text);
        sources = parsed.of.get((parsed.root as { completed_items: unknown }).completed_items);
      }
      keys.push((sources?.get(String(i)) ?? String(id)) as ItemKey);
    } else if (isScalar(id)) keys.push(keyOf(id));
    else return undefined;
  }
  return keys;
}

function memberKey(members: Record<string, unknown>, name: string, text: string): ItemKey | undefined {
  const id = members[name];
  if (typeof id === "number") {
    const { root, of } = parseWithNumberSources(text);
    return of.get(root)?.get(name) as ItemKey | undefined;
  }
  return isScalar(id) ? keyOf(id) : undefined;
}

const isScalar = (id: unknown): id is string | boolean | null =>
  id === null || typeof id === "string" || typeof id === "boolean";
