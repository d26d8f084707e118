import { defaultConcurrency } from "../config.js";
import { JobDefinitionError, messageOf } from "../errors.js";
import type { ItemKey } from "../format/itemId.js";
import { canonicalJson } from "../session/operationCache.js";
import { assertDistinct } from "../session/session.js";
import { newestDurations } from "../state/fold.js";
import { type DoubtfulItem, doubtfulItems } from "../state/inDoubt.js";
import type { JobState, OpenItem, RunState } from "../state/jobState.js";
import type { OpenEntry } from "../state/status.js";
import { JsonlStore } from "../store/jsonlStore.js";
import type { Input, InputItem } from "./items.js";
import type { LoadedJobFile } from "./loadJob.js";

/** What a run would do. Null where the input is a stream, whose items nobody knows before they come. */
export interface JobPlan {
  job: string;
  checkpoint: string;
  total: number | null;
  done: number;
  new: number | null;
  failed: number;
  inDoubt: number;
  /** Those in doubt, at most 1,000: begun by a run that ended before it recorded how they went. */
  inDoubtItems: DoubtfulItem[];
  gone: number;
  /** How many done items have another content now, and which parameters are others. */
  changed: { items: number; params: ParamChange[] };
  /** How many items a run would begin. */
  toRun: number | null;
  /** From this job's own history and its `estimate`; milliseconds, tokens, US dollars; null where nothing says. */
  expected: { ms: number | null; tokens: number | null; usd: number | null };
}

/** Compares a job's input with its checkpoint. Takes no lock and changes nothing. */
export async function planJob(job: LoadedJobFile, input: Input): Promise<JobPlan> {
  const hashes = new Map<ItemKey, string>();
  const { state } = await new JsonlStore(job.checkpoint).load(job.name, ({ record }) => {
    if ((record.type === "done" || record.type === "measured") && record.hash !== undefined)
      hashes.set(record.item, record.hash);
  });
  const base = { job: job.name, checkpoint: job.checkpoint };
  const params = paramChanges(state, job.definition.params);
  if (input.kind === "stream") {
    const open = [...state.open].map(([item, entry]): OpenEntry => ({ item, open: entry }));
    const inDoubt = open.filter((entry) => isInDoubt(entry.open));
    const failed = open.filter((entry) => entry.open.phase === "failed").length;
    const counts = {
      total: null,
      done: state.done.size,
      new: null,
      failed,
      inDoubt: inDoubt.length,
      inDoubtItems: doubtfulItems(inDoubt),
      gone: 0,
    };
    const expected = { ms: null, tokens: null, usd: null };
    return { ...base, ...counts, changed: { items: 0, params }, toRun: null, expected };
  }
  assertDistinct(input.items.map((item) => item.key));
  const counts = { done: 0, new: 0, failed: 0 };
  const inDoubt: OpenEntry[] = [];
  const toRun: InputItem[] = [];
  let changed = 0;
  for (const item of input.items) {
    if (state.done.has(item.key)) {
      counts.done++;
      const before = hashes.get(item.key);
      if (before !== undefined && before !== (await item.hash())) changed++;
      continue;
    }
    toRun.push(item);
    const open = state.open.get(item.key);
    if (open && isInDoubt(open)) inDoubt.push({ item: item.key, open });
    else counts[open?.phase === "failed" ? "failed" : "new"]++;
  }
  return {
    ...base,
    total: input.items.length,
    ...counts,
    inDoubt: inDoubt.length,
    inDoubtItems: doubtfulItems(inDoubt),
    gone: state.done.size - counts.done,
    changed: { items: changed, params },
    toRun: toRun.length,
    expected: expectation(job, state, toRun),
  };
}

const isInDoubt = ({ phase, attempt }: OpenItem): boolean => phase === "started" && attempt > 0;

/** A parameter that is not what it was when the latest run recorded it; undefined where it is missing. */
export interface ParamChange {
  /** Empty where the parameters as a whole are no object. */
  name: string;
  before: unknown;
  after: unknown;
}

/** The parameters of the latest run that recorded any. */
function recordedParams(state: JobState): unknown {
  let latest: RunState | undefined;
  for (const run of state.runs.values())
    if (run.params !== undefined && run.run > (latest?.run ?? 0)) latest = run;
  return latest?.params;
}

/** Which of a job's parameters differ from those of its latest run. Empty where either recorded none. */
export function paramChanges(state: JobState, params: unknown): ParamChange[] {
  const before = recordedParams(state);
  if (before === undefined || canonicalJson(before) === canonicalJson(params ?? null)) return [];
  if (!isObject(before) || !isObject(params)) return [{ name: "", before, after: params }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(params)])];
  return names
    .map((name) => ({ name, before: before[name], after: params[name] }))
    .filter((change) => canonicalJson(change.before ?? null) !== canonicalJson(change.after ?? null));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

function expectation(job: LoadedJobFile, state: JobState, items: readonly InputItem[]): JobPlan["expected"] {
  const durations = newestDurations(state).map((sample) => sample.ms);
  const mean = durations.reduce((sum, ms) => sum + ms, 0) / durations.length;
  const ms =
    durations.length === 0
      ? null
      : (mean * items.length) / (job.definition.concurrency ?? defaultConcurrency);
  const perItem = (figure: number | null) =>
    figure === null || state.done.size === 0 ? null : (figure / state.done.size) * items.length;
  const { inputTokens, outputTokens, usd } = state.doneUsage;
  const estimated = estimateAll(job, items);
  const known =
    inputTokens === null && outputTokens === null ? null : (inputTokens ?? 0) + (outputTokens ?? 0);
  return { ms, tokens: estimated?.tokens ?? perItem(known), usd: estimated?.usd ?? perItem(usd) };
}

function estimateAll(
  job: LoadedJobFile,
  items: readonly InputItem[],
): { tokens: number | null; usd: number | null } | undefined {
  const { estimate } = job.definition;
  if (!estimate) return undefined;
  let tokens: number | null = null;
  let usd: number | null = null;
  for (const { item } of items) {
    try {
      const given = estimate(item);
      if (given.inputTokens !== undefined || given.outputTokens !== undefined)
        tokens = (tokens ?? 0) + (given.inputTokens ?? 0) + (given.outputTokens ?? 0);
      if (given.usd !== undefined) usd = (usd ?? 0) + given.usd;
    } catch (error) {
      throw new JobDefinitionError(`\`estimate\` threw: ${messageOf(error)}. Mend or remove it.`, {
        cause: error,
      });
    }
  }
  return { tokens, usd };
}
