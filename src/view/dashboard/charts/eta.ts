import { t } from "../../l10n.js";
import type { ThroughputSpan } from "../../report/throughput.js";
import { durationText, rangeText } from "../../text.js";
import { type Chart, type ChartPoint, emptyChart } from "../chart.js";
import { durationScale } from "../scale.js";
import type { EtaSample } from "../timeline.js";
import { momentIn, segmentsOf, teller } from "./overTime.js";

/** What was to be expected at each moment: between the middle of the forecasts and the end that 9 of 10 do not pass. */
export function etaChart(
  spans: readonly ThroughputSpan[],
  samples: readonly EtaSample[],
  why: { hasRuns: boolean; hasTotal: boolean; isLive: boolean },
): Chart {
  const title = t("Time left, as estimated");
  const tell = teller(spans);
  const points = samples.flatMap((sample, i): ChartPoint[] => {
    const place = momentIn(spans, sample.atMs);
    if (!place) return [];
    const range = rangeText(sample);
    return [
      {
        ...place,
        values: [sample.p50Ms, sample.p90Ms],
        breaks: samples[i - 1]?.run !== sample.run,
        label: [tell.moment(sample.atMs), range, t("run {0}", sample.run)].join(" · "),
        cells: [
          ...[tell.moment(sample.atMs), String(sample.run)],
          ...[durationText(sample.p50Ms), durationText(sample.p90Ms)],
        ],
      },
    ];
  });
  if (points.length < 2) return emptyChart("eta", title, reasonFor(why));
  const scale = durationScale(Math.max(...points.map(({ values }) => values[1]!)));
  const last = samples.at(-1)!;
  return {
    ...{ id: "eta", title, empty: null, kind: "band", limit: null, marks: [] },
    summary: why.isLive
      ? t("{0} now", rangeText(last))
      : t("last estimate: {0} at {1}", rangeText(last), tell.moment(last.atMs)),
    series: [{ name: t("From the likely to the late end"), look: "calm" }],
    segments: segmentsOf(spans),
    most: scale.most,
    ticks: scale.ticks.map((value) => ({ value, text: value === 0 ? "0" : durationText(value) })),
    points,
    columns: [t("Time"), t("Run"), t("Half of the forecasts"), t("9 of 10 forecasts")],
  };
}

function reasonFor({ hasRuns, hasTotal }: { hasRuns: boolean; hasTotal: boolean }): string {
  if (!hasRuns) return t("An estimate needs runs, and this file tells of none.");
  if (!hasTotal) return t("An estimate needs the number of items, which this job does not know.");
  return t("An estimate needs a few finished items and the time that they took.");
}
