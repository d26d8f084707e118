import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import type { Fault } from "../../runtime/format/scan.js";
import { redact } from "../../runtime/redact.js";
import { latestRun, type RunState, type UsageTotals } from "../../runtime/state/jobState.js";
import { endingOf } from "../../runtime/state/status.js";
import { failureGroups } from "../failures.js";
import { endingText, lookOf, lookText, shownLook } from "../jobRow.js";
import type { JobView } from "../jobView.js";
import { t } from "../l10n.js";
import { shareText } from "./shareText.js";
import { spansOf, type ThroughputSpan } from "./throughput.js";
import type { ReportTimeline } from "./timeline.js";

/** What a page is to hold besides figures. */
export interface ReportOptions {
  /** Items' ids, which may be addresses of people or paths of files. */
  ids: boolean;
  /** The first results, where they are asked for. */
  results?: { item: ItemKey; result: unknown }[];
}

export interface ReportRun {
  run: number;
  startedAtMs: number;
  /** Null while it runs, and where nothing tells. */
  endedAtMs: number | null;
  /** The end is its last record's time: it left no other. */
  isLastSign: boolean;
  isLive: boolean;
  /** How it ended, as the end of a sentence. */
  ending: string;
  done: number;
  failed: number;
  usage: UsageTotals;
  concurrency: number | null;
}

export interface ReportCause {
  cause: string;
  items: number;
  /** Messages with how many items failed so, the most frequent first. */
  messages: { text: string; items: number }[];
  moreMessages: number;
  /** Of the items, where they are asked for. */
  ids: string[];
}

/** All that a page shows: plain data, secrets taken out, nothing escaped yet. */
export interface ReportData {
  name: string;
  label: string | null;
  madeAtMs: number;
  /** Why there is nothing to show. */
  error: string | null;
  look: ReturnType<typeof shownLook>;
  /** The look in words, with what ended the latest run: `killed`. */
  standing: string;
  format: string;
  counts: {
    total: number | null;
    done: number;
    failed: number;
    inDoubt: number;
    inFlight: number;
    gone: number;
  };
  eta: JobView["status"]["eta"];
  usage: UsageTotals;
  /** Of the done items alone. */
  doneUsage: UsageTotals;
  doneMs: number | null;
  runs: ReportRun[];
  moreRuns: number;
  /** Of all runs; milliseconds while something ran, as far as is known. */
  activeMs: number;
  durations: number[];
  spans: ThroughputSpan[];
  /** Done items that are in none of them, as nothing tells when they were done. */
  untimed: number;
  causes: ReportCause[];
  moreCauses: number;
  stages: { name: string; done: number }[];
  models: { name: string; attempts: number }[];
  damage: { reason: Fault["reason"]; lines: number }[];
  /** More damaged lines than were looked at one by one. */
  moreDamage: number;
  residue: number;
  tornTail: boolean;
  ids: boolean;
  results: { id: string; result: string }[] | null;
}

const maxRuns = 100;
const maxCauses = 30;
const maxMessages = 10;
const maxIds = 50;
const maxModels = 20;
/** Results that a page takes at most; it says how many there are more. */
export const maxReportResults = 1_000;
const maxResultChars = 2_000;

export function reportData(view: JobView, timeline: ReportTimeline, options: ReportOptions): ReportData {
  const { status, state, scan } = view;
  const runs = [...state.runs.values()]
    .sort((a, b) => b.run - a.run)
    .map((run) => runOf(run, view, timeline));
  const groups = failureGroups(view);
  const [look, standing] = [shownLook(view), lookText(lookOf(view), view)];
  return {
    ...{ name: view.name, label: view.label, madeAtMs: view.nowMs, look, standing },
    format: scan.format,
    error: view.error === null ? null : shareText(view.error, options.ids ? null : view.checkpoint),
    counts: {
      ...{ total: status.total, done: status.done, failed: status.failed },
      ...{ inDoubt: status.inDoubt, inFlight: status.inFlight, gone: status.gone },
    },
    ...{ eta: status.eta, usage: state.usage, doneUsage: state.doneUsage, doneMs: state.doneMs },
    ...{ runs: runs.slice(0, maxRuns), moreRuns: Math.max(0, runs.length - maxRuns) },
    activeMs: runs.reduce((sum, run) => sum + lengthOf(run, view.nowMs), 0),
    durations: [...timeline.durationsMs].sort((a, b) => a - b),
    spans: spansOf(
      timeline.finished,
      runs.map((run) => stretchOf(run, view.nowMs)),
    ),
    untimed: timeline.untimed,
    causes: groups.slice(0, maxCauses).map((group) => causeOf(group, options.ids)),
    moreCauses: Math.max(0, groups.length - maxCauses),
    stages: stagesOf(view),
    models: modelsOf(view, timeline),
    ...damageOf(view),
    ids: options.ids,
    results: options.results ? resultsOf(options.results) : null,
  };
}

/** What is told of a run; only of one that left no end its last sign is asked for. */
export function runOf(
  run: RunState,
  { status }: Pick<JobView, "status">,
  { lastSignMs }: Pick<ReportTimeline, "lastSignMs">,
): ReportRun {
  const isLive = status.run?.run === run.run;
  const last = status.lastRun?.run.run === run.run ? status.lastRun : undefined;
  const { signal, detail } = run.ended ?? {};
  const lost = last?.detail ?? run.lost?.detail;
  const words = endingText(last?.ended ?? endingOf(run), {
    ...(signal !== undefined && { signal }),
    ...(lost !== undefined && { detail: lost }),
  });
  const sign = lastSignMs.get(run.run);
  return {
    ...{ run: run.run, startedAtMs: run.startedAtMs, isLive },
    endedAtMs: isLive ? null : (run.ended?.atMs ?? sign ?? null),
    isLastSign: !isLive && run.ended === undefined && sign !== undefined,
    ending: isLive ? t("is running") : detail === undefined ? words : `${words} (${redact(detail)})`,
    ...{ done: run.done, failed: run.failed, usage: run.usage, concurrency: run.concurrency ?? null },
  };
}

const lengthOf = ({ startedAtMs, endedAtMs, isLive }: ReportRun, nowMs: number): number =>
  Math.max(0, (endedAtMs ?? (isLive ? nowMs : startedAtMs)) - startedAtMs);

/** When a run worked. By whole seconds: other programs write no finer times. */
export function stretchOf(run: ReportRun, nowMs: number): { fromMs: number; toMs: number } {
  const endMs = run.startedAtMs + lengthOf(run, nowMs);
  return { fromMs: Math.floor(run.startedAtMs / 1_000) * 1_000, toMs: Math.ceil(endMs / 1_000) * 1_000 };
}

function causeOf({ cause, items }: ReturnType<typeof failureGroups>[number], withIds: boolean): ReportCause {
  const counts = new Map<string, number>();
  for (const { id, failure } of items) {
    const text = shareText(failure.message, withIds ? null : id);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const messages = [...counts].sort((a, b) => b[1] - a[1]).map(([text, count]) => ({ text, items: count }));
  return {
    ...{ cause, items: items.length, messages: messages.slice(0, maxMessages) },
    moreMessages: Math.max(0, messages.length - maxMessages),
    ids: withIds ? items.slice(0, maxIds).map(({ id }) => redact(id)) : [],
  };
}

function stagesOf({ status, state }: JobView): ReportData["stages"] {
  if (status.stages.length > 0) return status.stages;
  return [...state.steps].map(([name, done]) => ({ name, done })).slice(0, maxCauses);
}

/** As replies named them; where none did, as the job's parameters do. */
function modelsOf({ state }: JobView, { models }: ReportTimeline): ReportData["models"] {
  const named = [...models].sort((a, b) => b[1] - a[1]).slice(0, maxModels);
  if (named.length > 0) return named.map(([name, attempts]) => ({ name: redact(name), attempts }));
  const { model } = (latestRun(state)?.params ?? {}) as { model?: unknown };
  return typeof model === "string" ? [{ name: redact(model), attempts: 0 }] : [];
}

function damageOf({ scan }: JobView): Pick<ReportData, "damage" | "moreDamage" | "residue" | "tornTail"> {
  const lines = new Map<Fault["reason"], number>();
  let listed = 0;
  for (const { reason, residue } of scan.faults) {
    if (residue) continue;
    listed++;
    lines.set(reason, (lines.get(reason) ?? 0) + 1);
  }
  return {
    damage: [...lines].map(([reason, count]) => ({ reason, lines: count })),
    moreDamage: Math.max(0, scan.damageCount - listed),
    residue: Math.max(0, scan.faultCount - scan.damageCount),
    tornTail: scan.tornTail,
  };
}

function resultsOf(results: NonNullable<ReportOptions["results"]>): ReportData["results"] {
  return results.slice(0, maxReportResults).map(({ item, result }) => {
    const text = typeof result === "string" ? result : (JSON.stringify(result, null, 1) ?? "null");
    const cut = text.length > maxResultChars ? `${text.slice(0, maxResultChars)}…` : text;
    return { id: redact(idText(item)), result: redact(cut) };
  });
}
