import type { ThroughputSpan } from "../../report/throughput.js";
import { countText, usdText } from "../../text.js";
import { type Chart, emptyChart } from "../chart.js";
import { scaleOf } from "../scale.js";
import type { TimeBucket } from "../timeBuckets.js";
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

export function tokensChart(
  spans: readonly ThroughputSpan[],
  buckets: readonly TimeBucket[],
  budget: KnownBudget,
): Chart {
  const title = "Tokens so far";
  const grown = grownOver(spans, buckets);
  const all = grown.at(-1)?.spent;
  if (!all || all.inputTokens + all.outputTokens === 0)
    return emptyChart("tokens", title, "No record says how many tokens were used.");
  const limit =
    budget.tokens === null ? null : { value: budget.tokens, text: `budget ${shortCount(budget.tokens)}` };
  const scale = scaleOf(
    Math.max(all.inputTokens + all.outputTokens, shownLimit(limit, all.inputTokens + all.outputTokens)),
    true,
  );
  return {
    ...{ id: "tokens", title, empty: null, kind: "area", marks: [], limit },
    summary: `${countText(all.inputTokens)} in · ${countText(all.outputTokens)} out${limit ? ` · of ${countText(limit.value)}` : ""}`,
    series: [{ name: "Tokens in and out", look: "main" }],
    segments: segmentsOf(spans),
    most: scale.most,
    ticks: scale.ticks.map((value) => ({ value, text: shortCount(value) })),
    points: grown.map(({ part, spent }) => ({
      ...extentOf(spans, part),
      values: [spent.inputTokens + spent.outputTokens],
      label: `${part.when} · ${countText(spent.inputTokens)} tokens in, ${countText(spent.outputTokens)} out`,
      cells: [part.when, countText(spent.inputTokens), countText(spent.outputTokens)],
    })),
    columns: ["Until", "Tokens in", "Tokens out"],
  };
}

export function costChart(
  spans: readonly ThroughputSpan[],
  buckets: readonly TimeBucket[],
  budget: KnownBudget,
): Chart {
  const title = "Cost so far";
  const grown = grownOver(spans, buckets);
  const usd = grown.at(-1)?.spent.usd ?? 0;
  if (usd === 0) return emptyChart("cost", title, "No record says what a call cost.");
  const limit = budget.usd === null ? null : { value: budget.usd, text: `budget ${usdText(budget.usd)}` };
  const scale = scaleOf(Math.max(usd, shownLimit(limit, usd)));
  return {
    ...{ id: "cost", title, empty: null, kind: "area", marks: [], limit },
    summary: `${usdText(usd)}${limit ? ` of ${usdText(limit.value)}` : ""}, failed attempts included`,
    series: [{ name: "Cost", look: "money" }],
    segments: segmentsOf(spans),
    most: scale.most,
    ticks: scale.ticks.map((value) => ({ value, text: axisUsd(value, scale.most) })),
    points: grown.map(({ part, spent, before }) => ({
      ...extentOf(spans, part),
      values: [spent.usd],
      label: `${part.when} · ${usdText(spent.usd)} so far, ${usdText(spent.usd - before.usd)} here`,
      cells: [part.when, usdText(spent.usd), usdText(spent.usd - before.usd)],
    })),
    columns: ["Until", "Cost so far", "Spent in this time"],
  };
}

/** A budget far above what was spent would press the curve to the ground: then only its figure is told. */
const shownLimit = (limit: { value: number } | null, spent: number): number =>
  limit && limit.value <= 20 * spent ? limit.value : 0;

/** What was spent until the end of each part. What was spent outside of all of them counts from the next one on. */
function grownOver(spans: readonly ThroughputSpan[], buckets: readonly TimeBucket[]) {
  const sum: Spent = { usd: 0, inputTokens: 0, outputTokens: 0 };
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
  const units = [
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const;
  const [unit, name] = units.find(([size]) => count >= size) ?? [1, ""];
  return `${Number((count / unit).toPrecision(3))}${name}`;
}

function axisUsd(value: number, most: number): string {
  const digits = most >= 20 ? 0 : most >= 0.4 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(most)));
  return value === 0 ? "$0" : `$${value.toFixed(digits)}`;
}
