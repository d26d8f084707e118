import { t } from "../../l10n.js";
import { meanRate, rateText, untimedItemsText } from "../../report/charts.js";
import { countsIn, type ThroughputSpan } from "../../report/throughput.js";
import { counted, countText, plural } from "../../text.js";
import { type Chart, emptyChart } from "../chart.js";
import { scaleOf } from "../scale.js";
import type { TimeBucket, Untimed } from "../timeBuckets.js";
import { extentOf, partsOf, segmentsOf } from "./overTime.js";

const titleText = () => t("Items over time");

/** How many items were done, and how many attempts failed, in each part of the time in which something ran. */
export function throughputChart(
  spans: readonly ThroughputSpan[],
  buckets: readonly TimeBucket[],
  untimed: Untimed,
): Chart {
  const title = titleText();
  const failedOf = countsIn(
    spans,
    buckets.map(({ firstMs, failed }) => ({ atMs: firstMs, count: failed })),
  );
  const done = sum(spans.flatMap(({ counts }) => counts));
  const failed = sum(failedOf.flat());
  const leftOff = untimed.done + untimed.failed;
  if (done + failed === 0)
    return emptyChart(
      "throughput",
      title,
      leftOff > 0 ? t("The file does not say when its items ended.") : t("No item has ended yet."),
    );
  // Equal rates are equal heights, whatever the length of a part.
  const rateOf = (count: number, { fromMs, toMs }: { fromMs: number; toMs: number }) =>
    (count / (toMs - fromMs)) * 60_000;
  const parts = partsOf(spans).map((part) => {
    const counts = [spans[part.segment]!.counts[part.part]!, failedOf[part.segment]![part.part]!];
    return { ...part, counts, rates: counts.map((count) => rateOf(count, part)) };
  });
  const highest = Math.max(...parts.map(({ rates }) => sum(rates)));
  const isHourly = highest < 1;
  const scale = scaleOf(isHourly ? highest * 60 : highest);
  const unit = isHourly ? 60 : 1;
  const mean = meanRate(spans);
  const gaps = spans.length - 1;
  return {
    ...{ id: "throughput", title, empty: null, kind: "bars" },
    summary: [
      mean === null
        ? counted(done, "{0} item done", "{0} items done")
        : t("{0} on average while it ran", rateText(mean)),
      ...(failed > 0 ? [plural(failed, "failed attempt")] : []),
      ...(gaps > 0 ? [plural(gaps, "gap")] : []),
      ...(leftOff > 0 ? [untimedItemsText(leftOff)] : []),
    ].join(" · "),
    series: [
      { name: t("Done"), look: "main" },
      ...(failed > 0 ? [{ name: t("Failed attempts"), look: "bad" as const }] : []),
    ],
    segments: segmentsOf(spans),
    most: scale.most,
    ticks: scale.ticks.map((value) => ({
      value,
      text: value === 0 ? "0" : isHourly ? t("{0}/h", countText(value)) : t("{0}/min", countText(value)),
    })),
    points: parts.map((part) => ({
      ...extentOf(spans, part),
      values: part.rates.slice(0, failed > 0 ? 2 : 1).map((rate) => rate * unit),
      label: [
        part.when,
        t("{0} done ({1})", countText(part.counts[0]!), rateText(part.rates[0]!)),
        ...(part.counts[1]! > 0 ? [t("{0} failed", countText(part.counts[1]!))] : []),
      ].join(" · "),
      cells: [part.when, ...part.counts.map((count) => countText(count)), rateText(part.rates[0]!)],
    })),
    ...{ limit: null, marks: [], columns: [t("Time"), t("Done"), t("Failed attempts"), t("Rate")] },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
