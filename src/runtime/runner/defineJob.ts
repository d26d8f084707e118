import type { ItemId } from "../format/itemId.js";
import type { Usage } from "../format/record.js";

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
  /** `fetch` that ends with the item's signal. */
  readonly fetch: typeof globalThis.fetch;
  /** Counts an SDK's response as it is (Anthropic's and OpenAI's shapes), or `{ model, inputTokens, outputTokens, usd }`. */
  usage(reply: unknown): void;
  /** Writes a line to the job's log, with the item's id. */
  log(...values: unknown[]): void;
  /** Says how much of a long item is done, from 0 to 1. */
  progress(fraction: number): void;
}

type Source<T> = readonly T[] | Iterable<T> | AsyncIterable<T> | string;

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
  /** Ends the run in order, resumable, once the costs that `ctx.usage` was told reach it. */
  budget?: { usd: number };
  /** What an item is expected to take. */
  estimate?: (item: Item) => { inputTokens?: number; outputTokens?: number; usd?: number };
  /** Does one item; what it returns, any JSON, is the item's result. What it throws fails the item alone. */
  process?(item: Item, context: ItemContext): Result | Promise<Result>;
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
