import { inspect } from "node:util";
import { redact } from "./redact.js";

/**
 * The errors that failed operations throw. What is wrong *in* a file is data (see `Fault`), and a caller's
 * mistake is a `TypeError` or `RangeError`. Wording: what failed, on what, why, then the next step.
 */
export type ErrorCode =
  | "AJ_HELD" // another live run holds the job
  | "AJ_LOCK_LOST" // this run's lock was taken by another
  | "AJ_DAMAGED" // the checkpoint is damaged, and nobody said to go on
  | "AJ_OTHER_JOB" // the checkpoint's header names another job
  | "AJ_NEWER_FORMAT" // the file was written by a newer version
  | "AJ_UNKNOWN_FORMAT" // the file is no checkpoint that can be written to
  | "AJ_FOREIGN" // the file is another tool's, of a kind that is only read
  | "AJ_NOT_A_FILE" // a directory, link, FIFO or device where a file was expected
  | "AJ_READ" // the system refused to read
  | "AJ_WRITE" // the system refused to write, or wrote short
  | "AJ_REPLACED" // the checkpoint was deleted or replaced under its writer
  | "AJ_CLOSED" // the session or store was closed before
  | "AJ_CHANGED" // a file changed between plan and repair
  | "AJ_JOB" // a job file, its items, or its definition cannot be used
  | "AJ_DUPLICATE_IDS" // two items of the input share an id
  | "AJ_PARAMS" // what results depend on is another than it was
  | "AJ_ITEMS_FAILED" // some items of a map failed
  | "AJ_STOPPED" // somebody asked the run to stop
  | "AJ_DEADLINE" // a deadline has passed
  | "AJ_RESULT" // a result is no JSON or too large
  | "AJ_REFUSED" // a job says that the model declined
  | "AJ_BUDGET" // a request was not sent, since the budget is spent
  | "AJ_BAD_REPLY" // a job says that the model's reply cannot be used
  | "AJ_WORKER"; // a worker process could not be started or broke its protocol

/** Base of all errors of this package: `code` is stable, the wording is not. */
export class AgentJobsError extends Error {
  override readonly name: string = "AgentJobsError";
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The job is held by a live run. `holder` says by whom, as far as the lock tells. */
export class JobHeldError extends AgentJobsError {
  override readonly name = "JobHeldError";
  constructor(
    message: string,
    readonly holder: { pid: number; host: string; since: string },
  ) {
    super("AJ_HELD", message);
  }
}

/** A write failed or was short: nothing of its batch was acknowledged. `systemCode` is the system's, such as ENOSPC. */
export class CheckpointWriteError extends AgentJobsError {
  override readonly name = "CheckpointWriteError";
  constructor(
    message: string,
    readonly systemCode: string,
    options?: { cause?: unknown },
  ) {
    super("AJ_WRITE", message, options);
  }
}

/** The job file, its definition or its input cannot be used. */
export class JobDefinitionError extends AgentJobsError {
  override readonly name = "JobDefinitionError";
  constructor(message: string, options?: { cause?: unknown; code?: ErrorCode }) {
    super(options?.code ?? "AJ_JOB", message, options);
  }
}

/** Some items of a `map` failed; the others are done. */
export class ItemsFailedError extends AgentJobsError {
  override readonly name = "ItemsFailedError";
  /** What each threw, by its id. */
  declare readonly failures: ReadonlyMap<string | number | boolean | null, unknown>;
  /** In the order of the input; undefined for those that failed. */
  declare readonly results: readonly unknown[];

  constructor(
    message: string,
    members: Pick<ItemsFailedError, "failures" | "results">,
    options?: { cause?: unknown },
  ) {
    super("AJ_ITEMS_FAILED", message, options);
    // Where nobody catches it, Node prints all that can be enumerated.
    for (const [name, value] of Object.entries(members)) Object.defineProperty(this, name, { value });
  }
}

/** Somebody asked the run to stop; what was in hand has ended, and the next run goes on. */
export class StoppedError extends AgentJobsError {
  override readonly name = "StoppedError";
  /** Of a script that does not catch it. */
  readonly exitCode = 75;
  constructor(message: string) {
    super("AJ_STOPPED", message);
  }
}

/** A `Deadline` has passed. `limitMs` is how long it was. */
export class DeadlineError extends AgentJobsError {
  override readonly name = "DeadlineError";
  constructor(
    message: string,
    readonly limitMs: number,
  ) {
    super("AJ_DEADLINE", message);
  }
}

/**
 * For a job to throw where the model declined to do the item: it fails as `refused`, which is not retried. The services
 * answer so with status 200: Anthropic's `stop_reason: "refusal"`, OpenAI's `message.refusal`.
 */
export class RefusedError extends AgentJobsError {
  override readonly name = "RefusedError";
  readonly failureCause = "refused";
  constructor(
    message = "The model refused the item. Change the prompt or the item, then run it again.",
    options?: { cause?: unknown },
  ) {
    super("AJ_REFUSED", message, options);
  }
}

/** For a job to throw where a reply came but cannot be used: it fails as `bad-reply`, which is not retried by default. */
export class BadReplyError extends AgentJobsError {
  override readonly name = "BadReplyError";
  readonly failureCause = "bad-reply";
  constructor(message: string, options?: { cause?: unknown }) {
    super("AJ_BAD_REPLY", message, options);
  }
}

/** A member of anything that was thrown; undefined where there is none, and where reading it throws. */
export function memberOf(value: unknown, name: PropertyKey): unknown {
  try {
    return (value as Record<PropertyKey, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/** A request that was not sent: the job's budget is spent, or the attempt that wanted it is over. */
export class BudgetError extends AgentJobsError {
  override readonly name = "BudgetError";
  readonly failureCause = "budget";
  constructor(message: string) {
    super("AJ_BUDGET", message);
  }
}

/** The system's error code of anything thrown, such as `"ENOENT"`; undefined where there is none. */
export function systemCodeOf(error: unknown): string | undefined {
  const code = memberOf(error, "code");
  return typeof code === "string" ? code : undefined;
}

/**
 * The message of anything thrown, with its cause's where its own says little, as `fetch failed` does. Keys and
 * passwords in it are taken out, since it is shown, logged and recorded.
 */
export function messageOf(error: unknown): string {
  return redact(rawMessageOf(error));
}

/** Errors that say nothing by themselves: fetch's, and those that the SDKs wrap around them. */
const emptyWords = new Set(["fetch failed", "terminated", "Connection error."]);
const maxCauses = 4;

function rawMessageOf(error: unknown, depth = 0): string {
  try {
    if (!(error instanceof Error)) return textOf(error);
    const next = emptyWords.has(error.message)
      ? error.cause
      : error.message === ""
        ? firstOf(error)
        : undefined;
    // Nobody keeps a job from throwing an error whose message is an object.
    const own = textOf(error.message as unknown) || String(error.name);
    if (!(next instanceof Error) || depth === maxCauses) return own;
    return `${own.replace(/\.$/, "")}: ${rawMessageOf(next, depth + 1)}`;
  } catch {
    return "an error that cannot be read"; // a getter that throws, a proxy that was revoked
  }
}

/** A connection that was tried at several addresses fails as an AggregateError without a message. */
function firstOf(error: Error): unknown {
  const errors = memberOf(error, "errors");
  return Array.isArray(errors) ? errors[0] : undefined;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return inspect(value, { depth: 1 }); // a circular object, a bigint
  }
}
