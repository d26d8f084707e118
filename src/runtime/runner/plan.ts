import { defaultConcurrency } from "../config.js";
import { type ItemKey, idValue } from "../format/itemId.js";
import { assertDistinct } from "../session/session.js";
import { doubtfulItems } from "../state/inDoubt.js";
import type { JobPlan } from "../state/jobPlan.js";
import type { JobState, OpenItem } from "../state/jobState.js";
import type { OpenEntry } from "../state/status.js";
import { JsonlStore, refuseOthers } from "../store/jsonlStore.js";
import { refuseForeign } from "../store/refuseForeign.js";
import { CostModel, type ExpectedCost } from "./expectedCost.js";
import type { Input, InputItem } from "./items.js";
import { changedItems, type JobChanges, jobChanges } from "./jobChanges.js";
import type { LoadedJobFile } from "./loadJob.js";
import { PriceList } from "./prices.js";

export type { JobPlan } from "../state/jobPlan.js";

/** A plan, and what only a run needs of it. */
export interface PlannedRun {
  plan: JobPlan;
  changes: JobChanges;
}

const maxListedItems = 1_000;

/** Compares a job's input with its checkpoint. Takes no lock and changes nothing. */
export async function planJob(job: LoadedJobFile, input: Input): Promise<JobPlan> {
  return (await planRun(job, input)).plan;
}

/** As `planJob`, with the items that changed. */
export async function planRun(job: LoadedJobFile, input: Input): Promise<PlannedRun> {
  const hashes = new Map<ItemKey, string>();
  await refuseForeign(job.checkpoint, "plan over");
  const { state, scan, holder } = await new JsonlStore(job.checkpoint).load(job.name, ({ record }) => {
    if ((record.type === "done" || record.type === "measured") && record.hash !== undefined)
      hashes.set(record.item, record.hash);
  });
  refuseOthers(job.checkpoint, job.name, job.label, state);
  if (input.kind === "list") assertDistinct(input.items.map((item) => item.key));
  const items = input.kind === "list" ? await changedItems(state, input.items, hashes) : [];
  const changes = { ...jobChanges(state, job), items };
  const counts = input.kind === "list" ? countList(state, input.items) : countAll(state);
  const { toRun, inDoubt, ...rest } = counts;
  const { params, sources, stages } = changes;
  const itemIds = items.slice(0, maxListedItems).map(idValue);
  const plan: JobPlan = {
    ...{ job: job.name, label: job.label, checkpoint: job.checkpoint },
    ...{ held: holder !== null, damaged: scan.damageCount > 0 },
    ...rest,
    inDoubt: inDoubt.length,
    inDoubtItems: doubtfulItems(inDoubt),
    changed: { items: items.length, itemIds, params, sources, stages },
    toRun: toRun?.length ?? null,
    expected: toRun ? await expectation(job, state, toRun) : { ms: null, tokens: null, usd: null },
    saved: { items: rest.done, usd: state.doneUsage.usd, ms: state.doneMs },
    budget: budgetOf(job, state),
  };
  return { plan, changes };
}

interface Counts {
  total: number | null;
  done: number;
  new: number | null;
  failed: number;
  gone: number;
  inDoubt: OpenEntry[];
  toRun: InputItem[] | undefined;
}

/** Of a stream nobody knows what it will bring. */
function countAll(state: JobState): Counts {
  const open = [...state.open].map(([item, entry]): OpenEntry => ({ item, open: entry }));
  return {
    ...{ total: null, done: state.done.size, new: null, gone: 0, toRun: undefined },
    failed: open.filter((entry) => entry.open.phase === "failed").length,
    inDoubt: open.filter((entry) => isInDoubt(entry.open)),
  };
}

function countList(state: JobState, items: readonly InputItem[]): Counts {
  const counts = { done: 0, new: 0, failed: 0 };
  const inDoubt: OpenEntry[] = [];
  const toRun: InputItem[] = [];
  for (const item of items) {
    if (state.done.has(item.key)) {
      counts.done++;
      continue;
    }
    toRun.push(item);
    const open = state.open.get(item.key);
    if (open && isInDoubt(open)) inDoubt.push({ item: item.key, open });
    else counts[open?.phase === "failed" ? "failed" : "new"]++;
  }
  return { total: items.length, ...counts, gone: state.done.size - counts.done, inDoubt, toRun };
}

function budgetOf({ definition }: LoadedJobFile, { usage }: JobState): JobPlan["budget"] {
  const { usd, tokens } = definition.budget ?? {};
  if (usd === undefined && tokens === undefined) return null;
  const spent = (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
  return {
    ...(usd !== undefined && { usd: { limit: usd, spent: usage.usd ?? 0 } }),
    ...(tokens !== undefined && { tokens: { limit: tokens, spent } }),
  };
}

const isInDoubt = ({ phase, attempt }: OpenItem): boolean => phase === "started" && attempt > 0;

async function expectation(
  job: LoadedJobFile,
  state: JobState,
  items: readonly InputItem[],
): Promise<JobPlan["expected"]> {
  const durations = state.durations.newest().map((sample) => sample.ms);
  const mean = durations.reduce((sum, ms) => sum + ms, 0) / durations.length;
  const ms =
    durations.length === 0
      ? null
      : (mean * items.length) / Math.min(job.definition.concurrency ?? defaultConcurrency, items.length || 1);
  const perItem = (figure: number | null) =>
    figure === null || state.done.size === 0 ? null : (figure / state.done.size) * items.length;
  const { inputTokens, outputTokens, usd } = state.doneUsage;
  const known =
    inputTokens === null && outputTokens === null ? null : (inputTokens ?? 0) + (outputTokens ?? 0);
  const estimated = job.definition.estimate ? await estimateAll(job, state, items) : {};
  return { ms, tokens: estimated.tokens ?? perItem(known), usd: estimated.usd ?? perItem(usd) };
}

/** The sums of what `estimate` says; left out where it says nothing of one. */
async function estimateAll(
  { definition }: LoadedJobFile,
  state: JobState,
  items: readonly InputItem[],
): Promise<ExpectedCost> {
  const costs = new CostModel(definition, new PriceList(definition.prices ?? {}), state);
  const sums: ExpectedCost = {};
  for (const { item } of items) {
    const { usd, tokens } = await costs.estimateOf(item);
    if (usd !== undefined) sums.usd = (sums.usd ?? 0) + usd;
    if (tokens !== undefined) sums.tokens = (sums.tokens ?? 0) + tokens;
  }
  return sums;
}
