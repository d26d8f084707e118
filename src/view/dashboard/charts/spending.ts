import { t } from "../../l10n.js";
import type { ThroughputSpan } from "../../report/throughput.js";
import { counted, countText, usdText } from "../../text.js";
import { type Chart, emptyChart } from "../chart.js";
import { scaleOf } from "../scale.js";
import type { TimeBucket, Untimed } from "../timeBuckets.js";
import { extentOf, partsOf, segmentsOf } from "./overTime.js";

/** What a job may spend, as far as its records tell. */
export interface KnownBudget {
  usd: number | null;
  tokens: number | null;
}

interface Spent {
  usd: number;
  inputTokens: number;
  outputTokens: number;
}

const noSpent: Spent = { usd: 0, inputTokens: 0, outputTokens: 0 };

export function tokensChart(
  spans: readonly ThroughputSpan[],
  buckets: readonly TimeBucket[],
  budget: KnownBudget,
  untimed: Untimed,
): Chart {
  const title = t("Tokens so far");
  const grown = grownOver(spans, buckets);
  const drawn = grown.at(-1)?.spent ?? noSpent;
  const most = drawn.inputTokens + drawn.outputTokens;
  const leftOff = untimed.inputTokens + untimed.outputTokens;
  const inAll = [
    t("{0} in", countText(drawn.inputTokens + untimed.inputTokens)),
    t("{0} out", countText(drawn.outputTokens + untimed.outputTokens)),
  ].join(" · ");
  if (most === 0)
    return emptyChart(
      "tokens",
      title,
      leftOff > 0
        ? t("{0}. The file does not say when.", inAll)
        : t("No record says how many tokens were used."),
    );
  const limit =
    budget.tokens === null
      ? null
      : { value: budget.tokens, text: t("budget {0}", shortCount(budget.tokens)) };
  const scale = scaleOf(Math.max(most, shownLimit(limit, most)), true);
  return {
    ...{ id: "tokens", title, empty: null, kind: "area", marks: [], limit },
    summary: [
      inAll,
      ...(limit ? [t("of {0}", countText(limit.value))] : []),
      ...(leftOff > 0
        ? [
            counted(
              leftOff,
              "{0} token without a time is not shown here",
              "{0} tokens without a time are not shown here",
            ),
          ]
        : []),
    ].join(" · "),
    series: [{ name: t("Tokens in and out"), look: "main" }],
    segments: segmentsOf(spans),
    most: scale.most,
    ticks: scale.ticks.map((value) => ({ value, text: shortCount(value) })),
    points: grown.map(({ part, spent }) => ({
      ...extentOf(spans, part),
      values: [spent.inputTokens + spent.outputTokens],
      label: [
        part.when,
        t("{0} tokens in, {1} out", countText(spent.inputTokens), countText(spent.outputTokens)),
      ].join(" · "),
      cells: [part.when, countText(spent.inputTokens), countText(spent.outputTokens)],
    })),
    columns: [t("Time"), t("Tokens in"), t("Tokens out")],
  };
}

export function costChart(
  spans: readonly ThroughputSpan[],
  buckets: readonly TimeBucket[],
  budget: KnownBudget,
  untimed: Untimed,
): Chart {
  const title = t("Cost so far");
  const grown = grownOver(spans, buckets);
  const usd = grown.at(-1)?.spent.usd ?? 0;
  const usdInAll = usdText(usd + untimed.usd);
  if (usd === 0)
    return emptyChart(
      "cost",
      title,
      untimed.usd > 0
        ? t("{0}. The file does not say when.", usdInAll)
        : t("No record says what a call cost."),
    );
  const limit =
    budget.usd === null ? null : { value: budget.usd, text: t("budget {0}", usdText(budget.usd)) };
  const scale = scaleOf(Math.max(usd, shownLimit(limit, usd)));
  return {
    ...{ id: "cost", title, empty: null, kind: "area", marks: [], limit },
    summary: [
      limit
        ? t("{0} of {1}, failed attempts included", usdInAll, usdText(limit.value))
        : t("{0}, failed attempts included", usdInAll),
      ...(untimed.usd > 0 ? [t("{0} without a time is not shown here", usdText(untimed.usd))] : []),
    ].join(" · "),
    series: [{ name: t("Cost"), look: "money" }],
    segments: segmentsOf(spans),
    most: scale.most,
    ticks: scale.ticks.map((value) => ({ value, text: axisUsd(value, scale.most) })),
    points: grown.map(({ part, spent, before }) => ({
      ...extentOf(spans, part),
      values: [spent.usd],
      label: [
        part.when,
        t("{0} so far", usdText(spent.usd)),
        t("{0} in this time", usdText(spent.usd - before.usd)),
      ].join(" · "),
      cells: [part.when, usdText(spent.usd), usdText(spent.usd - before.usd)],
    })),
    columns: [t("Time"), t("Cost so far"), t("Spent in this time")],
  };
}

/** A budget far above what was spent would press the curve to the ground: then only its figure is told. */
const shownLimit = (limit: { value: number } | null, spent: number): number =>
  limit && limit.value <= 5 * spent ? limit.value : 0;

/** What was spent until the end of each part. What was spent outside of all of them counts from the next one on. */
function grownOver(spans: readonly ThroughputSpan[], buckets: readonly TimeBucket[]) {
  const sum: Spent = { ...noSpent };
  let next = 0;
  const parts = partsOf(spans);
  return parts.map((part, i) => {
    const before = { ...sum };
    const isLast = i === parts.length - 1;
    for (; next < buckets.length && (isLast || buckets[next]!.firstMs < part.toMs); next++) {
      const bucket = buckets[next]!;
      sum.usd += bucket.usd;
      sum.inputTokens += bucket.inputTokens;
      sum.outputTokens += bucket.outputTokens;
    }
    return { part, before, spent: { ...sum } };
  });
}

/** `1.5M`, as an axis has room for. */
function shortCount(count: number): string {
  const in3 = (unit: number) => Number((count / unit).toPrecision(3));
  if (count >= 1e9) return t("{0}B", in3(1e9));
  if (count >= 1e6) return t("{0}M", in3(1e6));
  return count >= 1e3 ? t("{0}k", in3(1e3)) : String(in3(1));
}

function axisUsd(value: number, most: number): string {
  const digits = most >= 20 ? 0 : most >= 0.4 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(most)));
  return value === 0 ? "$0" : `$${value.toFixed(digits)}`;
}
