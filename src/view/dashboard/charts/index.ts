import { latestRun, type UsageTotals } from "../../../runtime/state/jobState.js";
import type { JobView } from "../../jobView.js";
import { t } from "../../l10n.js";
import { runOf, stretchOf } from "../../report/reportData.js";
import { closestJoined, spansOf } from "../../report/throughput.js";
import { budgetOf } from "../budget.js";
import { type Chart, emptyChart } from "../chart.js";
import type { DashboardTimeline } from "../timeline.js";
import { etaChart } from "./eta.js";
import { latencyChart } from "./latency.js";
import { costChart, tokensChart } from "./spending.js";
import { throughputChart } from "./throughput.js";

/** All charts of a job, in their order on the page. Those over time share their axis. */
export function chartsOf(view: JobView, timeline: DashboardTimeline): Chart[] {
  const { state, status } = view;
  const buckets = timeline.buckets.sorted();
  const runs = [...state.runs.values()].map((run) => stretchOf(runOf(run, view, timeline), view.nowMs));
  // Where items only failed something ran, too.
  const done = buckets.map(({ firstMs, done: count }) => ({ atMs: firstMs, count }));
  const spans = spansOf(done, runs, closestJoined);
  const budget = budgetOf(state);
  const live = status.run && status.eta ? [{ atMs: view.nowMs, run: status.run.run, ...status.eta }] : [];
  return [
    throughputChart(spans, buckets, timeline.untimed),
    latencyChart(timeline.latency, state.done.size > 0),
    etaChart(spans, [...timeline.etas, ...live], {
      hasRuns: latestRun(state) !== undefined && view.foreign === null,
      hasTotal: state.total !== null,
      isLive: live.length > 0,
    }),
    ...withoutTwins(
      costChart(spans, buckets, budget, timeline.untimed),
      tokensChart(spans, buckets, budget, timeline.untimed),
      state.usage,
    ),
  ];
}

/** Where neither is known, that is said once. */
function withoutTwins(cost: Chart, tokens: Chart, { usd, inputTokens, outputTokens }: UsageTotals): Chart[] {
  const isKnown = [usd, inputTokens, outputTokens].some((amount) => (amount ?? 0) > 0);
  if (isKnown || cost.empty === null || tokens.empty === null) return [cost, tokens];
  const why = t("No record says what a call cost, or how many tokens it used.");
  return [emptyChart("cost", t("Cost and tokens"), why), emptyChart("tokens", tokens.title, "")];
}
