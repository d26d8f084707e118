import type { ItemKey } from "../format/itemId.js";
import type { BudgetLimits, LossCause, RunEndReason, Usage } from "../format/record.js";
import { DurationSamples } from "./durationSamples.js";
import { ItemSet } from "./itemSet.js";
import { OpenItems } from "./openItems.js";
import { PackableMap } from "./packableMap.js";

/** Why an attempt at an item failed. */
export interface Failure {
  cause: string;
  message: string;
  detail?: string;
  attempt: number;
  run: number;
  atMs: number;
}

/** An item that was touched and is not done. */
export interface OpenItem {
  /** The latest attempt, counted from 1 over all runs. */
  attempt: number;
  /** The run of the latest attempt. */
  run: number;
  phase: "started" | "failed" | "waiting";
  /** When the phase began, milliseconds since 1970. */
  atMs: number;
  /** The latest failure; kept while a later attempt is under way. */
  failure?: Failure;
  /** How often the attempt went on after waiting for its next stage. */
  pass?: number;
  /** Failed, and to be tried again by the same run. */
  willRetry?: boolean;
  /** Names of the steps that are finished. */
  steps?: Set<string>;
  /** How much of the latest attempt is done, by its own word: from 0 to 1. */
  progress?: { attempt: number; fraction: number; atMs: number };
  /** The latest `spent` record that is counted, and what those of its attempt say in sum. */
  spent?: { attempt: number; n: number; usage: UsageTotals };
}

export interface RunState {
  run: number;
  startedAtMs: number;
  pid: number;
  host: string;
  /** The lock's token: the run is live while its job's lock has it. */
  token: string;
  concurrency?: number;
  params?: unknown;
  /** Files that the job was loaded from: SHA-256 by path relative to the job file's folder. */
  sources?: Record<string, string>;
  /** Names of the job's stages, in order. */
  stages?: string[];
  /** What the job may spend in all, as the run knew it. */
  budget?: BudgetLimits;
  /** The latest word on how fast the run goes. */
  pace?: { n: number; concurrency: number; untilMs?: number; cause?: string };
  /** When nothing began, oldest first and not overlapping: the newest hundred. */
  pauses?: { fromMs: number; toMs: number }[];
  /** How often fewer items at a time were allowed than before. */
  drops?: number;
  ended?: { atMs: number; reason: RunEndReason; signal?: string; detail?: string };
  /** What its successor found out, where it left no end itself. */
  lost?: { cause: LossCause; detail?: string };
  /** Items that this run finished. */
  done: number;
  /** Attempts of this run that failed. */
  failed: number;
  /** Of all its attempts. */
  usage: UsageTotals;
}

export interface Presence {
  run: number;
  atMs: number;
  gone: boolean;
}

export interface Measurement {
  attempt: number;
  run: number;
  atMs: number;
  ms?: number;
  usage?: Usage;
  isCounted: boolean;
}

/** What a finished item took, for estimates. */
export interface DurationSample {
  ms: number;
  atMs: number;
  run: number;
  /** US dollars, and tokens in and out; left out where no record says. */
  usd?: number;
  tokens?: number;
}

/** Sums over a set of attempts; null means that no record said. */
export interface UsageTotals {
  inputTokens: number | null;
  outputTokens: number | null;
  cachedTokens: number | null;
  cacheWriteTokens: number | null;
  /** Requests that `ctx.fetch` sent. */
  requests: number | null;
  usd: number | null;
}

/**
 * Everything that is known of a job from its log: the one state that every surface renders. The fold
 * changes it in place, so readers must not keep parts of it across a change.
 */
export interface JobState {
  job: string | null;
  label: string | null;
  /** Path of the job file, relative to the checkpoint's folder, with forward slashes. */
  jobFile: string | null;
  formatVersion: number | null;
  createdAtMs: number | null;
  /** Distinct ids in the latest run's input; null until known. */
  total: number | null;
  /** The run that `total` is of, and when it said so. */
  totalRun: number;
  totalAtMs: number;
  done: ItemSet;
  /** How many of them a person marked as done. */
  doneByPerson: number;
  open: OpenItems;
  /** Items that left the input or came back, by the latest run that said so. */
  presence: PackableMap<ItemKey, Presence>;
  runs: Map<number, RunState>;
  /** Over done items only: what a resume does not spend again. */
  doneMs: number | null;
  doneUsage: UsageTotals;
  /** Over all attempts, failed ones included. */
  usage: UsageTotals;
  /** How many items finished each step, by its name in order of appearance. */
  steps: Map<string, number>;
  durations: DurationSamples;
  /** What the latest attempt at an item of a foreign file took; counted once the file says that the item is done. */
  measured: Map<ItemKey, Measurement>;
  /** Keys of the compactions whose sums are counted. */
  compactions: Set<string>;
  /** The newest record's time, milliseconds since 1970; null where none has one. */
  lastRecordAtMs: number | null;
  /** F2: the latest checkpoint's turn and user state. */
  snapshot: { turn: number; stateText: string } | null;
}

export const noUsage = (): UsageTotals => ({
  inputTokens: null,
  outputTokens: null,
  cachedTokens: null,
  cacheWriteTokens: null,
  requests: null,
  usd: null,
});

export function createJobState(): JobState {
  return {
    job: null,
    label: null,
    jobFile: null,
    formatVersion: null,
    createdAtMs: null,
    total: null,
    totalRun: 0,
    totalAtMs: Number.NEGATIVE_INFINITY,
    done: new ItemSet(),
    doneByPerson: 0,
    open: new OpenItems(),
    presence: new PackableMap(),
    runs: new Map(),
    doneMs: null,
    doneUsage: noUsage(),
    usage: noUsage(),
    steps: new Map(),
    durations: new DurationSamples(),
    measured: new Map(),
    compactions: new Set(),
    lastRecordAtMs: null,
    snapshot: null,
  };
}

/** The latest run, or undefined before the first. */
export function latestRun(state: JobState): RunState | undefined {
  let latest: RunState | undefined;
  for (const run of state.runs.values()) if (!latest || run.run > latest.run) latest = run;
  return latest;
}

/** Whether an item left the input of the latest run that said so. */
export function isGone(state: JobState, item: ItemKey): boolean {
  return state.presence.get(item)?.gone ?? false;
}

/** Whether tokens or money were spent. */
export function hasSpent({ inputTokens, outputTokens, usd }: UsageTotals): boolean {
  return [inputTokens, outputTokens, usd].some((figure) => figure !== null && figure > 0);
}

export function addUsage(totals: UsageTotals, usage: Usage | UsageTotals | undefined): void {
  if (!usage) return;
  for (const name of Object.keys(totals) as (keyof UsageTotals)[]) {
    const amount = usage[name];
    if (typeof amount === "number" && Number.isFinite(amount))
      totals[name] = exact(exact(amount) + (totals[name] ?? 0));
  }
}

/**
 * Held to multiples of 10^-10, so that sums are the same in whatever order they are made, up to about 100,000 (dollars).
 * Whole numbers are already.
 */
export const exact = (amount: number): number =>
  Number.isSafeInteger(amount) ? amount : Math.round(amount * 1e10) / 1e10;
