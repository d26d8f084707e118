/**
 * THE checkpoint format, version 1. No other module names a JSON field of a checkpoint.
 *
 * A checkpoint is append-only JSON Lines in UTF-8: one record a line, ended by `\n` (0x0A). Times (`ts`) are
 * seconds since 1970 with milliseconds as a fraction. `c` is always the last member: CRC-32 (zlib's) of the bytes
 * before `,"c":`, as 8 lower-case hex digits.
 *
 *   done          {"id":ID,"ts":T, result? ms? attempt? run? usage? hash? by?, "c":C}   `by` is "person" where one
 *                 said so of an item in doubt: nothing is known of its result, time and cost.
 *                                                        `usage` is what no `spent` of the attempt has told
 *
 * is the one kind with a top-level `id`, so that readers which take any line with an `id` for a finished item see
 * the right set. All others name an item by `item`, and their kind by `type`:
 *
 *   job           v job label? file?                       once, first: format version, whose log this is
 *   run-started   run pid host token concurrency? params? sources? stages? budget?
 *                                                          `run` counts 1, 2, 3 …; `token` is the lock's; `sources` are
 *                                                          the job file and what it imports, by path: SHA-256, hex;
 *                                                          `budget` is what the job may spend in all: usd? tokens?
 *   input         run total                                distinct ids in the run's input, once known
 *   gone, back    item run                                 an item that was seen before left the input / is in it again
 *   started       item run attempt pass?                   `pass`: it goes on after that many `waiting`
 *   step          item run attempt step op result? ms?     `op` identifies the step's inputs
 *   spent         item run attempt n usage                 what calls of an attempt took that goes on; `n` counts 1, 2 …
 *   progress      item run attempt fraction                how much of an attempt is done, by its own word: 0 to 1
 *   waiting       item run attempt pass                    an attempt goes on later, and nothing it began is unrecorded;
 *                                                          `pass` counts 0, 1, 2 …
 *   failed        item run attempt cause message ms? detail? usage? retry?
 *                                                          `retry`: this run means to try the item again
 *   measured      item run attempt ms? usage? hash? result?  of a done item, where a foreign file cannot hold it
 *   pace          run n concurrency until? cause?          how many items at a time from here on, and that none begins
 *                                                          before `until` (seconds); `n` counts within the run
 *   write-error   run code                                 an earlier write failed; a torn fragment may precede
 *   run-ended     run reason signal? detail? done? failed?   `migrated`: no run of ours, see RunEndReason
 *   run-lost      run cause detail?                        a run that left no end, and what its successor found out
 *   compacted     key runs steps usage?                    what compaction dropped, summed: `runs` is [{run ts failed usage?}],
 *                                                          `steps` is [[name, count]]; each `key` counts once
 *
 * Order counts within an item only: (attempt, then kind). Records of different items commute, repeats change
 * nothing. A done item is done for the life of the file: redoing it starts a new file.
 *
 * Read, and written only to files that have them already:
 *   F1, the articles' format      {"id": ID, "ts": N, result?}                 a finished item, unverified
 *   F2, agent-resume 0.1          {"turn":N,"state":…,"completed_items":[ID…],"timestamp":N}   the last line counts
 */
import { crc32 } from "node:zlib";
import { formatVersion } from "../config.js";
import type { ItemKey } from "./itemId.js";
import { asPythonWrites } from "./json.js";

/**
 * Tokens and cost of one or more model calls; what is not known is left out. The counts mean the same whoever gave
 * the reply: `inputTokens` is ALL input, of which `cachedTokens` were read from a cache and `cacheWriteTokens`
 * written to one. Anthropic's `input_tokens` is without both, OpenAI's with them.
 */
export interface Usage {
  inputTokens?: number;
  /** With what the model thought, where it is billed for. */
  outputTokens?: number;
  /** Part of `inputTokens`: read from a cache, at a lower price. */
  cachedTokens?: number;
  /** Part of `inputTokens`: written to a cache, which some models charge more for. */
  cacheWriteTokens?: number;
  /** Part of `cacheWriteTokens`: kept for an hour instead of five minutes, at a still higher price. */
  cacheWrite1hTokens?: number;
  /** US dollars. */
  usd?: number;
  /** How many calls these are the sums of; left out: one. */
  calls?: number;
  /** Requests that `ctx.fetch` sent, whatever became of them. */
  requests?: number;
  /** As the reply names it; of several calls the latest. */
  model?: string;
}

/** The members of `Usage` that add up. */
export const summedUsage = [
  "inputTokens",
  "outputTokens",
  "cachedTokens",
  "cacheWriteTokens",
  "cacheWrite1hTokens",
  "requests",
  "usd",
] as const;

export type RunEndReason =
  | "finished"
  | "finished-with-failures"
  | "stopped"
  | "interrupted"
  | "terminated"
  | "limit"
  | "budget"
  | "deadline"
  | "stop-condition"
  | "max-failures"
  | "auth"
  | "in-doubt"
  | "error"
  /** No run of ours: what stands for all that another program did, whose file was migrated. */
  | "migrated";

/**
 * How a run ended that could not say so itself: its machine went down, the system or Node's heap limit ended it for
 * want of memory, it was killed, another took the job over while it still seemed to live, or nobody can know.
 */
export type LossCause = "reboot" | "out-of-memory" | "killed" | "taken-over" | "unknown";

interface Timed {
  /** Milliseconds since 1970; 0 where a file of another tool does not say when. */
  atMs: number;
}
/** Whether a record's time is one, or stands for none. */
export const isTimed = (atMs: number): boolean => atMs > 0;

export interface JobRecord extends Timed {
  type: "job";
  v: number;
  job: string;
  label?: string;
  file?: string;
}
export interface RunStartedRecord extends Timed {
  type: "run-started";
  run: number;
  pid: number;
  host: string;
  token: string;
  concurrency?: number;
  params?: unknown;
  /** The job file and its local imports, by path relative to the job file's folder: SHA-256, hex. */
  sources?: Record<string, string>;
  /** Names of the job's stages, in order. */
  stages?: string[];
  budget?: BudgetLimits;
}
/** What a job may spend over all its runs. */
export interface BudgetLimits {
  /** US dollars. */
  usd?: number;
  tokens?: number;
}
export interface InputRecord extends Timed {
  type: "input";
  run: number;
  total: number;
}
export interface PresenceRecord extends Timed {
  type: "gone" | "back";
  item: ItemKey;
  run: number;
}
interface Attempt extends Timed {
  item: ItemKey;
  run: number;
  attempt: number;
}
export interface StartedRecord extends Attempt {
  type: "started";
  pass?: number;
}
export interface SpentRecord extends Attempt {
  type: "spent";
  n: number;
  usage: Usage;
}
export interface ProgressRecord extends Attempt {
  type: "progress";
  fraction: number;
}
export interface WaitingRecord extends Attempt {
  type: "waiting";
  pass: number;
}
export interface StepRecord extends Attempt {
  type: "step";
  step: string;
  op: string;
  result?: unknown;
  ms?: number;
}
export interface FailedRecord extends Attempt {
  type: "failed";
  cause: string;
  message: string;
  ms?: number;
  detail?: string;
  usage?: Usage;
  retry?: true;
}
export interface MeasuredRecord extends Attempt {
  type: "measured";
  ms?: number;
  usage?: Usage;
  hash?: string;
  result?: unknown;
}
export interface PaceRecord extends Timed {
  type: "pace";
  run: number;
  n: number;
  concurrency: number;
  /** Seconds since 1970. */
  until?: number;
  /** Why nothing begins before that. */
  cause?: string;
}
export interface WriteErrorRecord extends Timed {
  type: "write-error";
  run: number;
  code: string;
}
export interface RunEndedRecord extends Timed {
  type: "run-ended";
  run: number;
  reason: RunEndReason;
  signal?: string;
  /** Which condition it was, with its figures. */
  detail?: string;
  done?: number;
  failed?: number;
}
/** Written by whoever took the job after a run that left its lock behind, since with the lock the evidence goes. */
export interface RunLostRecord extends Timed {
  type: "run-lost";
  run: number;
  cause: LossCause;
  /** Of `out-of-memory`: `heap` where it was Node's own limit. */
  detail?: string;
}
/** The sums of attempts whose records a compaction dropped, so that no total changes by it. */
export interface CompactedRecord extends Timed {
  type: "compacted";
  /** Names these sums, so that reading them twice counts them once. */
  key: string;
  /** Failed attempts by run, with the time of the run's first, seconds since 1970, and what they took. */
  runs: { run: number; ts: number; failed: number; usage?: Usage }[];
  /** How many items finished each step, by its name, in order of appearance. */
  steps: [string, number][];
  usage?: Usage;
}
export interface DoneRecord extends Timed {
  type: "done";
  item: ItemKey;
  result?: unknown;
  ms?: number;
  attempt?: number;
  run?: number;
  usage?: Usage;
  hash?: string;
  /** A person said that the item is done. */
  by?: "person";
}
/** All that is finished according to one line of an F2 file. Never written in our own format. */
export interface SnapshotRecord extends Timed {
  type: "snapshot";
  items: ItemKey[];
  turn: number;
  /** The user's state as JSON.parse gives it, with Python's NaN and infinities as null. */
  state: unknown;
  /** Its exact text, so that a file which is continued keeps every digit and token. */
  stateText: string;
}
/** A verified record of a kind that this version does not know. */
export interface UnknownRecord extends Timed {
  type: "unknown";
  kind: string;
}
export type WritableRecord =
  | JobRecord
  | RunStartedRecord
  | InputRecord
  | PresenceRecord
  | StartedRecord
  | StepRecord
  | SpentRecord
  | ProgressRecord
  | WaitingRecord
  | FailedRecord
  | MeasuredRecord
  | PaceRecord
  | WriteErrorRecord
  | RunEndedRecord
  | RunLostRecord
  | CompactedRecord
  | DoneRecord;
export type CheckpointRecord = WritableRecord | SnapshotRecord | UnknownRecord;

/** The records that a writer starts with: a torn fragment right before one is a crash that was survived. */
export const survivesTear: ReadonlySet<string> = new Set(["job", "run-started", "write-error"]);

const checksumMark = ',"c":"';
/** Bytes of `,"c":"1a2b3c4d"}`. */
export const checksumTailBytes = checksumMark.length + 8 + 2;

export const seconds = (atMs: number): number => Math.round(atMs) / 1000;

/** One record as the line that holds it, with its newline. */
export function encodeRecord(record: WritableRecord): Buffer {
  const { type } = record;
  const kind = type === "done" ? "" : `"type":"${type}"`;
  const item = "item" in record ? `${type === "done" ? `"id":` : `,"item":`}${record.item}` : "";
  const body = `{${kind}${item},"ts":${seconds(record.atMs)}${membersOf(record)}`;
  return Buffer.from(`${body}${checksumMark}${checksumOf(body)}"}\n`);
}

/** What else is in a record, as JSON.stringify writes it: one by one, which is faster for the few that most have. */
function membersOf(record: WritableRecord): string {
  let members = "";
  for (const name in record) {
    const value: unknown = record[name as keyof WritableRecord];
    if (name === "type" || name === "atMs" || name === "item") continue;
    if (typeof value === "number" && Number.isFinite(value)) members += `,"${name}":${value}`;
    else if (typeof value === "string") members += `,"${name}":${JSON.stringify(value)}`;
    else {
      const member = JSON.stringify({ [name]: value });
      if (member !== "{}") members += `,${member.slice(1, -1)}`;
    }
  }
  return members;
}

/** CRC-32 as 8 hex digits; of a text, of its UTF-8. */
export function checksumOf(bytes: Uint8Array | string): string {
  return crc32(bytes).toString(16).padStart(8, "0");
}

/** What the end of a line says of its checksum; a line must be given without its newline and trailing CRs. */
export function verifyChecksum(line: Buffer): "verified" | "mismatch" | "absent" {
  const start = line.length - checksumTailBytes;
  if (start < 1) return "absent";
  const tail = line.toString("latin1", start);
  if (!/^,"c":"[0-9a-f]{8}"\}$/.test(tail)) return "absent";
  return tail.slice(checksumMark.length, -2) === checksumOf(line.subarray(0, start))
    ? "verified"
    : "mismatch";
}

/** Header of a new file. */
export function jobRecord(atMs: number, job: string, label: string | null, file: string | null): JobRecord {
  return {
    type: "job",
    atMs,
    v: formatVersion,
    job,
    ...(label !== null && { label }),
    ...(file !== null && { file }),
  };
}

/** One finished item as the articles' Python writes it: `json.dumps({"id": …, "ts": int})`, with `result` where there is one. */
export function encodeArticleLine(record: DoneRecord): Buffer {
  const result = record.result === undefined ? "" : `,"result":${JSON.stringify(record.result)}`;
  const line = `{"id":${record.item},"ts":${Math.floor(record.atMs / 1000)}${result}}`;
  return Buffer.from(`${asPythonWrites(line)}\n`);
}

/** One F2 checkpoint, in agent-resume's own order and separators. */
export function encodeSnapshotLine(snapshot: Omit<SnapshotRecord, "type" | "state">): Buffer {
  const { turn, stateText, items, atMs } = snapshot;
  const body = `{"turn":${turn},"state":${stateText},"completed_items":[${items.join(",")}]`;
  return Buffer.from(`${body},"timestamp":${seconds(atMs)}}\n`);
}
