import { isUtf8 } from "node:buffer";
import { type ItemKey, keyOf } from "../format/itemId.js";
import { memberSource, withoutPythonTokens } from "../format/json.js";

/** What a worker answered for one item. */
export interface Reply {
  key: ItemKey;
  result?: unknown;
  usage?: unknown;
  /** `stack`: where in the worker it came about, as its language writes it down. */
  error?: { message: string; cause: string; stack?: string };
}

/** A line of a worker's standard output; `key` is the item that it names, where it names one. */
export type WorkerLine =
  | { kind: "reply"; reply: Reply }
  | { kind: "broken"; key: ItemKey; why: string }
  | { kind: "other"; key: ItemKey | undefined };

const openingBrace = 0x7b;
const idAtStart =
  /^\s*\{\s*"id"\s*:\s*("(?:[^"\\]|\\.){0,4000}"|-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,4})?|true|false|null)\s*[,}]/;

/**
 * Tells what a line is. Only an object whose `id` is a JSON scalar, with a `result` or an `error`, is a reply. A line
 * that was meant as one, and cannot be used, is `broken`: its item fails, where it would else never be answered.
 */
export function readWorkerLine(bytes: Buffer): WorkerLine {
  let start = 0;
  while (bytes[start] === 0x20 || bytes[start] === 0x09) start++;
  if (bytes[start] !== openingBrace) return { kind: "other", key: undefined }; // most lines of a log
  const text = bytes.toString("utf8");
  let value: Record<string, unknown>;
  let why: string | undefined;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
    if (!isUtf8(bytes)) why = "is not UTF-8";
  } catch {
    const repaired = parsed(withoutPythonTokens(text));
    if (!repaired) {
      const key = keyAtStart(text);
      return key === undefined
        ? { kind: "other", key }
        : { kind: "broken", key, why: "is not JSON on one line" };
    }
    value = repaired;
    why = "holds NaN or Infinity, which JSON has not: give null or a string";
  }
  const key = keyIn(value, text);
  if (key === undefined) return { kind: "other", key };
  const reply = replyIn(value, key);
  if (!reply) return { kind: "other", key };
  return why === undefined ? { kind: "reply", reply } : { kind: "broken", key, why };
}

/** The item that a line names as its first member, of which perhaps only the beginning is there. */
export function keyAtStart(text: string): ItemKey | undefined {
  const source = idAtStart.exec(text)?.[1];
  if (source === undefined) return undefined;
  if (!source.startsWith('"')) return source as ItemKey;
  const id = parsed<string>(source);
  return id === undefined ? undefined : keyOf(id);
}

function parsed<T = Record<string, unknown>>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

function keyIn(value: Record<string, unknown>, text: string): ItemKey | undefined {
  const { id } = value;
  if (typeof id === "number") {
    // Its digits as they were written: JavaScript has rounded what is above 2^53.
    const early = keyAtStart(text);
    if (early !== undefined && Object.is(Number(early), id)) return early;
    return memberSource(text, "id") as ItemKey | undefined;
  }
  return typeof id === "string" || typeof id === "boolean" || id === null ? keyOf(id) : undefined;
}

function replyIn(value: Record<string, unknown>, key: ItemKey): Reply | undefined {
  const { result, usage, error } = value;
  // JSON-RPC's way: both members, one of them null.
  if (error === undefined || (error === null && "result" in value))
    return "result" in value ? { key, result, usage } : undefined;
  const { message, cause, stack } = (error ?? {}) as { message?: unknown; cause?: unknown; stack?: unknown };
  const told = typeof error === "string" ? error : message;
  return {
    ...{ key, usage },
    error: {
      message: typeof told === "string" && told !== "" ? told : "The worker gave no message.",
      cause: typeof cause === "string" && /^[a-z][a-z-]{0,40}$/.test(cause) ? cause : "other",
      ...(typeof stack === "string" && stack.trim() !== "" && { stack }),
    },
  };
}
