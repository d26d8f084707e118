/** Charts as inline SVG, drawn of data alone; each says in words what it shows. */
import { t } from "../l10n.js";
import { counted, countText, durationText, secondsText, timeText } from "../text.js";
import { type Html, html } from "./html.js";
import { type HistogramBin, percentile, type ThroughputSpan } from "./throughput.js";

const width = 720;
const height = 190;
const left = 72;
const top = 14;
const bottom = 150;
const gapWidth = 26;

const fixed = (n: number): string => n.toFixed(1).replace(/\.0$/, "");

/** Items a minute where that is one or more, else an hour. */
export function rateText(perMinute: number): string {
  const figure = (rate: number) => (rate >= 100 ? countText(Math.round(rate)) : fixed(rate));
  return perMinute >= 1 || perMinute === 0
    ? t("{0}/min", figure(perMinute))
    : t("{0}/h", figure(perMinute * 60));
}

/** As `durationText`, with tenths of a second where they tell something. */
export function tookText(ms: number): string {
  return ms >= 1_000 && ms < 20_000 ? secondsText(fixed(ms / 1_000)) : durationText(ms);
}

/** Below a chart over time, of what has no place in it. */
export const untimedItemsText = (count: number): string =>
  counted(count, "{0} item without a time is not shown here", "{0} items without a time are not shown here");

/** Of a shorter time a rate would be made up: programs write down whole seconds. */
const minRatedMs = 5_000;

/** How many items a minute were done while something ran; null where that cannot be told. */
export function meanRate(spans: readonly ThroughputSpan[]): number | null {
  const done = doneIn(spans);
  const ms = spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return done === 0 || ms < minRatedMs ? null : (done / ms) * 60_000;
}

const doneIn = (spans: readonly ThroughputSpan[]): number =>
  spans.reduce((sum, { counts }) => sum + counts.reduce((a, b) => a + b, 0), 0);

/** Items done over time: a bar for each part of a stretch, and a band with its length where nothing ran. */
export function throughputChart(spans: readonly ThroughputSpan[], untimed: number): Html | null {
  if (meanRate(spans) === null) return null;
  const done = doneIn(spans);
  const ratesOf = ({ fromMs, toMs, counts }: ThroughputSpan) =>
    counts.map((count) => (count / (toMs - fromMs)) * counts.length * 60_000);
  const most = Math.max(...spans.flatMap(ratesOf));
  const room = width - left - gapWidth * (spans.length - 1);
  const parts = spans.reduce((sum, { counts }) => sum + counts.length, 0);
  const step = room / parts;
  let x = left;
  const marks = spans.flatMap((span, i) => {
    const bars = ratesOf(span).map((rate, part) => bar(x + part * step, step - 0.8, rate / most));
    x += span.counts.length * step;
    const next = spans[i + 1];
    if (!next) return bars;
    const at = x;
    x += gapWidth;
    const middle = at + gapWidth / 2;
    return [
      ...bars,
      html`<rect class="gap" x="${fixed(at + 3)}" y="${top}" width="${gapWidth - 6}" height="${bottom - top}"/>`,
      html`<text class="gaptext" x="${fixed(middle)}" y="${(top + bottom) / 2}" transform="rotate(-90 ${fixed(middle)} ${(top + bottom) / 2})" text-anchor="middle" dominant-baseline="central">${t("{0} idle", durationText(next.fromMs - span.toMs))}</text>`,
    ];
  });
  const first = spans[0]!;
  const last = spans.at(-1)!;
  const pauses = spans.length - 1;
  const from = timeText(first.fromMs, "UTC");
  const to = timeText(last.toMs, "UTC");
  const shown = [countText(done), from, to, rateText(most)] as const;
  const words =
    pauses === 0
      ? t("{0} items done from {1} to {2} UTC, at most {3}.", ...shown)
      : counted(
          pauses,
          "{1} items done from {2} to {3} UTC, at most {4}; nothing ran in {0} gap between.",
          "{1} items done from {2} to {3} UTC, at most {4}; nothing ran in {0} gaps between.",
          ...shown,
        );
  const told = untimed > 0 ? `${words} ${untimedItemsText(untimed)}.` : words;
  return figure(t("Items done over time"), told, [
    ...axis(rateText(most)),
    ...marks,
    html`<text x="${left}" y="${bottom + 18}">${from}</text>`,
    html`<text x="${width}" y="${bottom + 18}" text-anchor="end">${t("{0} UTC", to)}</text>`,
  ]);
}

/** How many items took how long, on a scale on which each bar reaches as many times as far as it begins. */
export function durationChart(bins: readonly HistogramBin[], sorted: readonly number[]): Html | null {
  if (bins.length < 2) return null;
  const most = Math.max(...bins.map(({ count }) => count));
  const step = (width - left) / bins.length;
  const bars = bins.map(({ count }, i) => bar(left + i * step, step - 1.6, count / most));
  const from = bins[0]!.fromMs;
  const to = bins.at(-1)!.toMs;
  const at = (ms: number) =>
    left + (Math.log(Math.max(from, ms) / from) / Math.log(to / from)) * (width - left);
  const marks = (
    [
      ["p50", 0.5],
      ["p95", 0.95],
    ] as const
  ).map(([name, share]) => {
    const x = at(percentile(sorted, share)!);
    return html`<line class="mark" x1="${fixed(x)}" x2="${fixed(x)}" y1="${top - 4}" y2="${bottom}"/><text class="marktext" x="${fixed(x)}" y="${top - 6}" text-anchor="${x > width - 20 ? "end" : "middle"}">${name}</text>`;
  });
  const words = t(
    "Half of {0} items took at most {1}, 95% at most {2}, the slowest {3}.",
    countText(sorted.length),
    tookText(percentile(sorted, 0.5)!),
    tookText(percentile(sorted, 0.95)!),
    tookText(sorted.at(-1)!),
  );
  return figure(t("Time an item took"), words, [
    ...axis(countText(most)),
    ...bars,
    ...marks,
    html`<text x="${left}" y="${bottom + 18}">${tookText(from)}</text>`,
    html`<text x="${fixed((left + width) / 2)}" y="${bottom + 18}" text-anchor="middle">${tookText(Math.sqrt(from * to))}</text>`,
    html`<text x="${width}" y="${bottom + 18}" text-anchor="end">${tookText(to)}</text>`,
  ]);
}

/** What is there at all is seen. */
const minBarHeight = 1.5;

function bar(x: number, wide: number, share: number): Html | null {
  if (share === 0) return null;
  const high = Math.max(minBarHeight, share * (bottom - top));
  return html`<rect class="bar" x="${fixed(x + 0.4)}" y="${fixed(bottom - high)}" width="${fixed(Math.max(1, wide))}" height="${fixed(high)}"/>`;
}

function axis(most: string): Html[] {
  return [
    html`<line class="axis" x1="${left}" x2="${width}" y1="${bottom}" y2="${bottom}"/>`,
    html`<line class="grid" x1="${left}" x2="${width}" y1="${top}" y2="${top}"/>`,
    html`<text x="${left - 8}" y="${top + 4}" text-anchor="end">${most}</text>`,
    html`<text x="${left - 8}" y="${bottom + 4}" text-anchor="end">0</text>`,
  ];
}

/** A reader that draws nothing reads the words. */
function figure(title: string, words: string, marks: readonly (Html | null)[]): Html {
  return html`<figure><div class="scroll" tabindex="0"><svg role="img" viewBox="0 0 ${width} ${height - 16}" aria-label="${title}: ${words}">${marks}</svg></div><figcaption>${words}</figcaption></figure>`;
}
