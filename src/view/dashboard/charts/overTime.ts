import { language, t } from "../../l10n.js";
import { placeIn, type ThroughputSpan } from "../../report/throughput.js";
import { durationText } from "../../text.js";
import type { ChartPoint, Segment } from "../chart.js";
import { timesIn } from "../scale.js";

/** So many times of the day have room below a chart in all. */
const maxTicks = 8;

/** `04:05`, with seconds where they tell moments apart. */
export function clockText(ms: number, withSeconds = false): string {
  const date = new Date(ms);
  const two = (n: number) => String(n).padStart(2, "0");
  const seconds = withSeconds ? `:${two(date.getSeconds())}` : "";
  return `${two(date.getHours())}:${two(date.getMinutes())}${seconds}`;
}

let days: Intl.DateTimeFormat | undefined;

/** `21 Nov`, as the person's language has it. */
export function dayText(ms: number): string {
  days ??= new Intl.DateTimeFormat(language() === "en" ? "en-GB" : language(), {
    day: "numeric",
    month: "short",
  });
  return days.format(ms);
}

/** Whether times that close together need their seconds to be told apart. */
const isShort = (spans: readonly ThroughputSpan[]): boolean =>
  lengthOf(spans) /
    Math.max(
      1,
      spans.reduce((sum, { counts }) => sum + counts.length, 0),
    ) <
  60_000;

const lengthOf = (spans: readonly ThroughputSpan[]): number =>
  spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);

/** The axis that all charts over time share. */
export function segmentsOf(spans: readonly ThroughputSpan[]): Segment[] {
  const parts = spans.reduce((sum, { counts }) => sum + counts.length, 0);
  return spans.map(({ fromMs, toMs, counts }, i) => {
    const before = spans[i - 1];
    const ticks = timesIn(fromMs, toMs, Math.max(1, Math.round((counts.length / parts) * maxTicks)));
    const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : toMs - fromMs;
    const isDaily = step >= 24 * 3_600_000;
    const text = (ms: number) => (isDaily ? dayText(ms) : clockText(ms, step < 60_000));
    const starts = ticks.length === 0 ? [fromMs] : ticks;
    return {
      weight: counts.length,
      gap: before ? t("{0} idle", durationText(fromMs - before.toMs)) : null,
      day: isDaily || (before && dayText(before.toMs) === dayText(fromMs)) ? null : dayText(fromMs),
      ticks: starts.map((ms) => ({ at: (ms - fromMs) / (toMs - fromMs), text: text(ms) })),
    };
  });
}

export interface Part {
  segment: number;
  part: number;
  fromMs: number;
  toMs: number;
  /** `04:00–04:05`, with the day where there are several. */
  when: string;
}

/** All parts of all spans, oldest first. */
export function partsOf(spans: readonly ThroughputSpan[]): Part[] {
  const tell = teller(spans);
  return spans.flatMap(({ fromMs, toMs, counts }, segment) => {
    const length = (toMs - fromMs) / counts.length;
    return counts.map((_, part) => {
      const [from, to] = [fromMs + part * length, fromMs + (part + 1) * length];
      return { segment, part, fromMs: from, toMs: to, when: tell.range(from, to) };
    });
  });
}

/** Says moments as finely as spans need, with the day where they are of several. */
export function teller(spans: readonly ThroughputSpan[]) {
  const seconds = isShort(spans);
  const first = spans[0]?.fromMs ?? 0;
  const hasDays = dayText(first) !== dayText(spans.at(-1)?.toMs ?? 0);
  const moment = (ms: number) => `${hasDays ? `${dayText(ms)} ` : ""}${clockText(ms, seconds)}`;
  return { moment, range: (from: number, to: number) => `${moment(from)}–${clockText(to, seconds)}` };
}

/** Where a part lies, for a point. */
export function extentOf(
  spans: readonly ThroughputSpan[],
  { segment, part }: Pick<Part, "segment" | "part">,
): Pick<ChartPoint, "segment" | "from" | "to"> {
  const parts = spans[segment]!.counts.length;
  return { segment, from: part / parts, to: (part + 1) / parts };
}

/** Where a moment lies, for a point; undefined outside of all spans. */
export function momentIn(
  spans: readonly ThroughputSpan[],
  atMs: number,
): Pick<ChartPoint, "segment" | "from" | "to"> | undefined {
  const place = placeIn(spans, atMs);
  return place && { segment: place.span, from: place.at, to: place.at };
}
