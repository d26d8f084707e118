import type { ItemId } from "../format/itemId.js";
import type { RunEndReason, Usage } from "../format/record.js";
import type { Deadline } from "../session/deadline.js";
import type { StopCondition } from "../session/stopConditions.js";
import type { Limits } from "./pacing/requestGate.js";
import type { Prices } from "./prices.js";
import type { RetryOptions } from "./retryPolicy.js";

/** What `process` gets besides the item. */
export interface ItemContext {
  /** Aborted when the run must end at once; pass it on to what can be cancelled. */
  readonly signal: AbortSignal;
  /** Counted from 1, over all runs. */
  readonly attempt: number;
  /**
   * A durable step: its result is recorded under its name and all its inputs, and given back on a resume without
   * calling `work` again. The result must be JSON.
   */
  step<T>(name: string, inputs: unknown, work: () => T | Promise<T>): Promise<T>;
  /**
   * `fetch` for an SDK whose own retries are off (`maxRetries: 0`): every request is counted, waits for the job's
   * limits and the service's pauses, ends with the item's signal, and is refused once the budget is spent. An item that
   * waits for its first request when the run is ended at once is not in doubt, and begins again in the next one: what has
   * an effect before that request belongs in a step.
   */
  readonly fetch: (input: Parameters<typeof globalThis.fetch>[0], init?: RequestInit) => Promise<Response>;
  /**
   * When the attempt, or the run, has to end; undefined where the job sets neither. The attempt's time stands still while
   * the job's limits or a pause hold back what it wants to send by `fetch`.
   */
  readonly deadline: Deadline | undefined;
  /** Counts an SDK's response as it is (Anthropic's and OpenAI's shapes), or `{ model, inputTokens, outputTokens, usd }`. */
  usage(reply: unknown): void;
  /** Writes a line to the job's log, with the item's id. */
  log(...values: unknown[]): void;
  /** Says how much of a long item is done, from 0 to 1. */
  progress(fraction: number): void;
}

/** What an item is expected to take. Tokens are priced as the model's, by default the one that `params.model` names. */
export interface Estimate {
  inputTokens?: number;
  outputTokens?: number;
  /** US dollars; instead of a price by tokens. */
  usd?: number;
  model?: string;
}

/** One stage of a pipeline: its result is recorded, and is the input of the next one. */
export interface Stage {
  name: string;
  /** What its results depend on besides its input; where this changes, they are made anew. */
  params?: unknown;
  /** @param input what the stage before gave, the item for the first */
  run(input: never, context: ItemContext): unknown;
}

type StageFunction = Stage["run"];

type Source<T> = readonly T[] | Iterable<T> | AsyncIterable<T> | string;

/**
 * What becomes of the results and the checkpoint once all items are done. "keep": both stay in the checkpoint. "export":
 * the results are written to `results/NAME.jsonl` beside it, or to the path that is named (.jsonl or .csv). "clear" (`clear:
 * true`) exports first, and then moves the checkpoint to a backup: the next run does all items again.
 */
export type OnSuccess = "keep" | "export" | "clear" | { export: string; clear?: boolean };

interface AnyHook {
  /** After which ends of a run, such as ["finished-with-failures", "auth"]; left out: after all of them. */
  on?: readonly RunEndReason[];
  /** How long it may take, milliseconds; default 60,000 for a command, 10,000 for each try at a webhook. */
  timeoutMs?: number;
}

/**
 * A program and its arguments, run without a shell in the job file's folder: the run's figures are on its standard input,
 * one JSON object, and in variables such as AGENT_JOBS_ENDED. What it prints goes to standard error.
 */
export interface CommandHook extends AnyHook {
  command: readonly string[];
}

/**
 * An address that the run's figures are posted to as JSON, without items, ids and results. `${env:NAME}` in it and in
 * headers is a variable of the environment or of `envFile`, so that no secret stands in the file. Redirects are not followed.
 */
export interface WebhookHook extends AnyHook {
  webhook: string;
  headers?: Readonly<Record<string, string>>;
}

export type FinishHook = CommandHook | WebhookHook;

/** What a batch job is: its items, and what is done with each. Paths are relative to the job file's folder. */
export interface JobDefinition<Item = unknown, Result = unknown> {
  /** An array, a data file (.jsonl, .csv, .json), a glob of files, an iterable, or a function giving one. */
  items: Source<Item> | (() => Source<Item> | Promise<Source<Item>>);
  /** An item's id; left out: `item.id`, the path of a glob's file, or the item itself where it is a string. A string names a member. */
  key?: ((item: Item) => ItemId) | string;
  /** What results depend on (model, prompt, …): any JSON; recorded, and a change is noticed. */
  params?: unknown;
  /** How many items are worked on at a time; default 1. */
  concurrency?: number;
  /** Path of the checkpoint; default `checkpoints/NAME.jsonl`. */
  checkpoint?: string;
  /**
   * What the whole job may spend, all runs together. No item begins that could pass it together with those in
   * flight; then the run ends in order. To go on, raise it and run again.
   */
  budget?: { usd?: number; tokens?: number };
  /** What an item is expected to take; left out, the 95th percentile of the items so far, and the first runs alone. */
  estimate?: (item: Item) => Estimate;
  /** Prices that count before the list's, in US dollars per million tokens, by model. */
  prices?: Prices;
  /** How fast the service may be asked. */
  limits?: Limits;
  /** How failed attempts are repeated within a run; `false`: not at all. */
  retry?: RetryOptions | false;
  /** Says why an attempt failed, where it knows better: a cause's name. */
  classify?: (error: unknown, item: Item) => string | undefined;
  /**
   * Ends the run early once so many items have failed in it: a count, or a share such as "10%" of those that were tried,
   * which is looked at once 20 have ended. By stages, one in which that share fails ends it too.
   */
  maxFailures?: number | `${number}%`;
  /** How long one run may take, milliseconds: then it ends in order, resumable. */
  deadlineMs?: number;
  /**
   * Ends a run early, in order and resumable: looked at as items end, over this run's figures. An iteration is an
   * item that ended, progress one that is done.
   */
  stopWhen?: StopCondition;
  /** How long one attempt at an item may take, milliseconds, without the time for which limits and pauses hold it back. */
  itemTimeoutMs?: number;
  /**
   * What is done once a run ends with all items done; default "keep". An export replaces what the job's latest export wrote,
   * and nothing else: where it fails, the checkpoint stays as it is and the run exits with 74.
   */
  onSuccess?: OnSuccess;
  /**
   * Who is told once a run has ended, in whatever way but by being killed: after it gave its lock back, and after
   * `onSuccess`. Where that fails it is said on standard error, and changes nothing else.
   */
  onFinish?: FinishHook | readonly FinishHook[];
  /** How long items in flight may go on once the run is asked to stop, milliseconds or `Infinity`; default 25,000. */
  stopGraceMs?: number;
  /** Does one item; what it returns, any JSON, is the item's result. What it throws fails the item alone. */
  process?(item: Item, context: ItemContext): Result | Promise<Result>;
  /**
   * Instead of `process`: stages, in order, by name. Each is a durable step over what the one before gave; the last
   * one's result is the item's.
   */
  stages?: Readonly<Record<string, StageFunction>> | readonly Stage[];
  /** "items" (the default): each item goes through all stages. "stages": all items go through one before the next. */
  order?: "items" | "stages";
  /** Instead of `process`: a program that speaks the worker protocol on its standard input and output. */
  worker?: readonly string[];
  /** How many worker processes share the items; default 1. */
  workers?: number;
  /** Instead of both: a program that writes the checkpoint itself. */
  command?: readonly string[];
  /** A file of environment variables for `worker` and `command`. */
  envFile?: string;
}

/** An item of a glob of files. */
export interface FileItem {
  /** Relative to the job file's folder, with forward slashes. */
  path: string;
}

/** Gives a job definition its types; does nothing else. */
export function defineJob<Result>(
  definition: JobDefinition<FileItem, Result> & { items: string },
): JobDefinition<FileItem, Result>;
export function defineJob<Item, Result>(definition: JobDefinition<Item, Result>): JobDefinition<Item, Result>;
export function defineJob(definition: object): object {
  return definition;
}

export type { Usage };
