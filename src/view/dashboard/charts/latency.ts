import { t } from "../../l10n.js";
import { tookText } from "../../report/charts.js";
import { countText, plural } from "../../text.js";
import { type Chart, emptyChart } from "../chart.js";
import type { LatencySketch } from "../latencySketch.js";
import { durationsIn, scaleOf } from "../scale.js";

/** How many items took how long, on a scale on which equal steps are equal factors. */
export function latencyChart(sketch: LatencySketch, isDone: boolean): Chart {
  const title = t("Time an item took");
  if (sketch.count === 0)
    return emptyChart(
      "latency",
      title,
      isDone ? t("The file does not say how long an item took.") : t("No item is done yet."),
    );
  const bins = sketch.histogram();
  const { from, to } = axisOf(bins[0]!.fromMs, bins.at(-1)!.toMs);
  const at = (ms: number) => Math.min(1, Math.max(0, Math.log(ms / from) / Math.log(to / from)));
  const scale = scaleOf(Math.max(...bins.map(({ count }) => count)), true);
  const [p50, p95] = [sketch.percentile(0.5), sketch.percentile(0.95)];
  let below = 0;
  return {
    ...{ id: "latency", title, empty: null, kind: "bars", limit: null },
    summary: [
      ...[t("half within {0}", tookText(p50)), t("95% within {0}", tookText(p95))],
      t("slowest {0}", tookText(sketch.mostMs)),
    ].join(" · "),
    series: [{ name: t("Items"), look: "calm" }],
    segments: [
      {
        ...{ weight: 1, gap: null, day: null },
        ticks: durationsIn(from, to).map((ms) => ({ at: at(ms), text: tookText(ms) })),
      },
    ],
    most: scale.most,
    ticks: scale.ticks.map((value) => ({ value, text: countText(value) })),
    points: bins.map(({ fromMs, toMs, count }) => {
      below += count;
      const range = `${tookText(fromMs)}–${tookText(toMs)}`;
      const share = `${((below / sketch.count) * 100).toFixed(1).replace(/\.0$/, "")}%`;
      return {
        ...{ segment: 0, from: at(fromMs), to: at(toMs), values: [count] },
        label: [range, plural(count, "item"), t("{0} took no longer", share)].join(" · "),
        cells: [range, countText(count), share],
      };
    }),
    marks: [
      { at: at(p50), text: "p50" },
      { at: at(p95), text: "p95" },
    ],
    columns: [t("Took"), t("Items"), t("Took no longer")],
  };
}

/** Items that all took about the same are a bar in the middle, and not the whole of the chart. */
const leastFactor = 4;

function axisOf(fromMs: number, toMs: number): { from: number; to: number } {
  const missing = Math.sqrt(Math.max(1, leastFactor / (toMs / fromMs)));
  return { from: fromMs / missing, to: toMs * missing };
}
