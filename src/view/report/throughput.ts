import type { FinishedAt } from "./timeline.js";

/** A stretch of time in which something ran, in equal parts, with how many items were done in each. */
export interface ThroughputSpan {
  fromMs: number;
  toMs: number;
  counts: number[];
}

/** So many bars in all have room in a chart; of more stretches the newest are drawn. */
const maxBars = 96;
/** Of few items fewer bars are drawn, or they would be now one item and now none. */
const minBars = 12;
const itemsOfBar = 4;
export const maxSpans = 12;
/** Shorter parts would show the clock, not the work. */
const minPartMs = 1_000;
/** Where no run says when it worked: a longer silence than this, and than so many usual ones, parts two stretches. */
const minSilenceMs = 10 * 60_000;
const usualSilences = 20;

export interface Stretch {
  fromMs: number;
  toMs: number;
}

const newest = (all: readonly Stretch[]): readonly Stretch[] => all.slice(-maxSpans);

/**
 * When something ran, and how many items were done over that time, oldest first.
 * @param shorten makes at most `maxSpans` of more stretches, by default of the newest
 */
export function spansOf(
  finished: readonly FinishedAt[],
  runs: readonly Stretch[],
  shorten: (all: readonly Stretch[]) => readonly Stretch[] = newest,
): ThroughputSpan[] {
  const events = [...finished].sort((a, b) => a.atMs - b.atMs);
  const all = joined(runs.length > 0 ? [...runs, ...outside(events, runs)] : stretchesOf(events));
  const stretches = shorten(all).map(({ fromMs, toMs }) => ({
    fromMs,
    toMs: Math.max(toMs, fromMs + minPartMs),
  }));
  const totalMs = stretches.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const done = events.reduce((sum, { count }) => sum + count, 0);
  const bars = Math.min(maxBars, Math.max(minBars, Math.floor(done / itemsOfBar)));
  const spans = stretches.map(({ fromMs, toMs }) => {
    const share = Math.round(((toMs - fromMs) / totalMs) * bars);
    const parts = Math.max(1, Math.min(share, Math.floor((toMs - fromMs) / minPartMs)));
    return { fromMs, toMs, counts: new Array<number>(parts).fill(0) };
  });
  const counts = countsIn(spans, events);
  return spans.map((span, i) => ({ ...span, counts: counts[i]! }));
}

/** How much came to be in each part of each span. What comes to be outside them all is not counted. */
export function countsIn(spans: readonly ThroughputSpan[], events: readonly FinishedAt[]): number[][] {
  const all = spans.map(({ counts }) => new Array<number>(counts.length).fill(0));
  for (const { atMs, count } of events) {
    const place = placeIn(spans, atMs);
    if (place) all[place.span]![place.part]! += count;
  }
  return all;
}

/** Where a moment lies: in which span, in which of its parts, and how far in it from 0 to 1. */
export function placeIn(
  spans: readonly ThroughputSpan[],
  atMs: number,
): { span: number; part: number; at: number } | undefined {
  const span = spans.findIndex(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs);
  if (span === -1) return undefined;
  const { fromMs, toMs, counts } = spans[span]!;
  const at = (atMs - fromMs) / (toMs - fromMs);
  return { span, part: Math.min(counts.length - 1, Math.floor(at * counts.length)), at };
}

/** At most `maxSpans` stretches over all of the time: those that lie closest together become one. */
export function closestJoined(all: readonly Stretch[]): Stretch[] {
  const kept = all.map((stretch) => ({ ...stretch }));
  while (kept.length > maxSpans) {
    let closest = 1;
    const gap = (i: number) => kept[i]!.fromMs - kept[i - 1]!.toMs;
    for (let i = 2; i < kept.length; i++) if (gap(i) < gap(closest)) closest = i;
    kept[closest - 1]!.toMs = kept[closest]!.toMs;
    kept.splice(closest, 1);
  }
  return kept;
}

/** Overlapping ones as one, oldest first. */
function joined(stretches: readonly Stretch[]): Stretch[] {
  const sorted = [...stretches].sort((a, b) => a.fromMs - b.fromMs);
  const all: Stretch[] = [];
  for (const { fromMs, toMs } of sorted) {
    const last = all.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else all.push({ fromMs, toMs });
  }
  return all;
}

/** What was done while no run is known to have worked, as by the program that began a file before we did. */
function outside(events: readonly FinishedAt[], runs: readonly Stretch[]): Stretch[] {
  const known = joined(runs);
  let at = 0;
  const lone = events.filter(({ atMs }) => {
    while (at < known.length && known[at]!.toMs < atMs) at++;
    return at === known.length || atMs < known[at]!.fromMs;
  });
  return stretchesOf(lone);
}

function stretchesOf(events: readonly FinishedAt[]): Stretch[] {
  const pauses = events.slice(1).map(({ atMs }, i) => atMs - events[i]!.atMs);
  const usual = [...pauses].sort((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? 0;
  const limit = Math.max(minSilenceMs, usualSilences * usual);
  const stretches: Stretch[] = [];
  for (const { atMs } of events) {
    const last = stretches.at(-1);
    if (last && atMs - last.toMs <= limit) last.toMs = atMs;
    else stretches.push({ fromMs: atMs, toMs: atMs });
  }
  return stretches;
}

/** The value that a share of sorted ones does not pass; undefined of none. */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

export interface HistogramBin {
  fromMs: number;
  toMs: number;
  count: number;
}

const maxBins = 24;

/** Durations in bins that each reach as many times as far as they begin: quick and slow items have room alike. */
export function histogramOf(sorted: readonly number[]): HistogramBin[] {
  if (sorted.length === 0) return [];
  const least = Math.max(1, sorted[0]!);
  const most = Math.max(least, sorted.at(-1)!);
  if (most / least < 1.01) return [{ fromMs: least, toMs: most, count: sorted.length }];
  const bins = Math.min(maxBins, Math.max(4, Math.ceil(Math.sqrt(sorted.length))));
  const step = (most / least) ** (1 / bins);
  const found = Array.from({ length: bins }, (_, i) => ({
    fromMs: least * step ** i,
    toMs: least * step ** (i + 1),
    count: 0,
  }));
  for (const ms of sorted) {
    const bin = Math.floor(Math.log(Math.max(least, ms) / least) / Math.log(step));
    found[Math.min(bins - 1, bin)]!.count++;
  }
  return found;
}
