import type { JobStatus } from "../runtime/state/status.js";
import { columnsOf, cutToColumns } from "./columns.js";
import { pauseText } from "./jobRow.js";
import { t } from "./l10n.js";
import { countText, durationText, percentText, rangeText, safeText, usdText } from "./text.js";

export interface ProgressInput {
  name: string;
  status: JobStatus;
  /** Since whoever looks began to. */
  elapsedMs: number;
  /** How many items were done then. */
  doneBefore: number;
  nowMs: number;
  /** Columns; nothing is longer. */
  width: number;
  /** Of the whole job, where it has one and somebody knows it. */
  budget?: { usd?: number | undefined; tokens?: number | undefined } | undefined;
  /** The run begins nothing more, and waits for what is in flight. */
  isStopping?: boolean;
}

/** One fact: in full, and then shorter and shorter. A level is given up for the next where there is no room. */
interface Part {
  levels: { text: string; weight: number }[];
}

const maxBarColumns = 20;
/** It changes in steps, lest it twitch with every digit beside it. */
const barStepColumns = 5;
const maxNamedCauses = 3;
const maxNameColumns = 24;
const gap = "  ";

/** A run's progress in one line: `nightly  ███░░  847/1,000 · 84% · 2.4/s · 12–15 min left · 3 failed: 2 timeout, 1 auth`. */
export function progressText(input: ProgressInput): string {
  const { width, status } = input;
  const name = cutToColumns(safeText(input.name), Math.min(maxNameColumns, width));
  const head: Part = { levels: [{ text: name, weight: 50 }] };
  const parts = fitted([head, ...partsOf(input)], head, width);
  const [named, facts] = [parts.includes(head), parts.filter((part) => part !== head)];
  const rest = factsText(facts);
  const left = width - columnsOf(rest) - gap.length - (named ? columnsOf(name) + gap.length : 0);
  const texts = [named ? name : "", barText(status, left), rest].filter((text) => text !== "");
  return cutToColumns(texts.join(gap), width);
}

/** Gives up what weighs least until the rest has room; the last part is never given up. */
function fitted(all: readonly Part[], head: Part, width: number): Part[] {
  let parts = [...all];
  const columns = () => {
    const facts = columnsOf(factsText(parts.filter((part) => part !== head)));
    return parts.includes(head) ? columnsOf(head.levels[0]!.text) + gap.length + facts : facts;
  };
  while (columns() > width && parts.length > 1) {
    const lightest = parts.reduce((least, part) => (weightOf(part) < weightOf(least) ? part : least));
    lightest.levels.shift();
    parts = parts.filter(({ levels }) => levels.length > 0);
  }
  return parts;
}

const weightOf = ({ levels }: Part): number => levels[0]!.weight;

const factsText = (parts: readonly Part[]): string => parts.map(({ levels }) => levels[0]!.text).join(" · ");

/** In the order in which they are read; the weights say which go last: first counts, then what holds the run up. */
function partsOf(input: ProgressInput): Part[] {
  const { status, elapsedMs, doneBefore, nowMs, isStopping = false } = input;
  const { done, total, failed, inFlight, retrying, pause, eta, concurrency, run, stages } = status;
  const parts: Part[] = [];
  const add = (...levels: (readonly [number, string | null])[]) => {
    const known = levels.flatMap(([weight, text]) => (text === null ? [] : [{ weight, text }]));
    if (known.length > 0) parts.push({ levels: known });
  };
  add([100, total === null ? t("{0} done", countText(done)) : `${countText(done)}/${countText(total)}`]);
  add([60, total ? percentText(done, total) : null]);
  if (isStopping) add([75, t("stopping: {0} in flight", countText(inFlight))], [95, t("stopping")]);
  if (pause) add([90, pauseText(pause, nowMs)], [92, t("paused")]);
  if (status.progress === "stalled") add([90, t("stalled")]);
  add([30, rateText(((done - doneBefore) / Math.max(1, elapsedMs)) * 1000)]);
  // What is in flight ends at a time that nothing here knows.
  if (!isStopping)
    add(eta ? [80, rangeText(eta)] : [55, t("{0} so far", durationText(Math.max(1_000, elapsedMs)))]);
  const failures = t("{0} failed", countText(failed));
  if (failed > 0) add([40, t("{0} failed: {1}", countText(failed), causesText(status))], [70, failures]);
  if (retrying > 0)
    add([35, t("{0} to be tried again", countText(retrying))], [38, t("{0} again", countText(retrying))]);
  const most = run?.concurrency;
  if (concurrency !== null && most !== undefined && concurrency < most)
    add(
      [42, t("{0} of {1} at a time", countText(concurrency), countText(most))],
      [43, t("{0}/{1} at a time", countText(concurrency), countText(most))],
    );
  add(...spentLevels(input));
  if (stages.length > 0)
    add([20, stages.map((stage) => `${safeText(stage.name)} ${countText(stage.done)}`).join(" › ")]);
  if (total === null && inFlight > 0 && !isStopping) add([30, t("{0} in flight", countText(inFlight))]);
  return parts;
}

/** `$1.20 of $20.00`; tokens only where a budget counts them. */
function spentLevels({ status: { spent }, budget }: ProgressInput): (readonly [number, string])[] {
  if (budget?.tokens !== undefined && budget.usd === undefined) {
    const tokens = countText(spent.tokens ?? 0);
    return [[45, t("{0} of {1} tokens", tokens, countText(budget.tokens))]];
  }
  if (budget?.usd !== undefined) {
    const usd = usdText(spent.usd ?? 0);
    return [
      [45, t("{0} of {1}", usd, usdText(budget.usd))],
      [52, usd],
    ];
  }
  return spent.usd === null ? [] : [[52, usdText(spent.usd)]];
}

function rateText(perSecond: number): string | null {
  if (perSecond <= 0) return null;
  if (perSecond >= 100) return t("{0}/s", countText(Math.round(perSecond)));
  if (perSecond >= 1) return t("{0}/s", perSecond.toFixed(1));
  const perMinute = perSecond * 60;
  return perMinute >= 1 ? t("{0}/min", perMinute.toFixed(1)) : t("{0}/h", (perMinute * 60).toFixed(1));
}

/** How many items failed by each cause, most first. */
export function failedByCause({ failedItems }: JobStatus): [cause: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { open } of failedItems) {
    const cause = open.failure?.cause ?? "other";
    counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** `2 rate-limit, 1 timeout`; `timeout` where that is all. */
export function causesText(status: JobStatus): string {
  const causes = failedByCause(status);
  if (causes.length === 1) return safeText(causes[0]![0]);
  const named = causes
    .slice(0, maxNamedCauses)
    .map(([cause, count]) => `${countText(count)} ${safeText(cause)}`);
  return [...named, ...(causes.length > maxNamedCauses ? ["…"] : [])].join(", ");
}

/** As long as there is room for; empty where that is for none. */
function barText({ done, total }: JobStatus, roomColumns: number): string {
  const columns = Math.min(maxBarColumns, Math.floor(roomColumns / barStepColumns) * barStepColumns);
  if (!total || columns < barStepColumns) return "";
  const full = Math.min(columns, Math.floor((done / total) * columns));
  return "█".repeat(full) + "░".repeat(columns - full);
}
