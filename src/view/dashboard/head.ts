import { type JobLook, jobRow, lastRunText, lookOf, paceTexts, stoppingText } from "../jobRow.js";
import type { JobView } from "../jobView.js";
import { rateText } from "../report/charts.js";
import {
  countText,
  percentText,
  plural,
  rangeText,
  safeText,
  shortText,
  timeText,
  usdText,
} from "../text.js";
import { budgetOf } from "./budget.js";
import type { TimeBucket } from "./timeBuckets.js";

export interface Figure {
  name: string;
  value: string;
  note: string;
  tone: "plain" | "bad" | "warn";
}

/** What stands above the charts. */
export interface Head {
  title: string;
  look: JobLook;
  /** One or two sentences on how the job stands. */
  lines: string[];
  /** Parts of a bar, in items; null without a total. */
  bar: { total: number; done: number; failed: number; inDoubt: number; label: string } | null;
  figures: Figure[];
}

const looks: Record<JobLook, string> = {
  running: "Running",
  stalled: "Stalled",
  stopped: "Stopped",
  finished: "Finished",
  "finished-with-failures": "Finished with failures",
  damaged: "Damaged",
  unreadable: "Unreadable",
  new: "Not run yet",
};

export function headOf(name: string, view: JobView | null, buckets: readonly TimeBucket[]): Head {
  const look = lookOf(view);
  const { title } = jobRow(name, view);
  if (!view) return { title, look, lines: [looks[look]], bar: null, figures: [] };
  if (view.error !== null)
    return { title, look, lines: [looks[look], shortText(view.error, 400)], bar: null, figures: [] };
  const { total, done, failed, inDoubt } = view.status;
  const percent = total === null ? null : percentText(done, total);
  return {
    ...{ title, look, lines: linesOf(view, look), figures: figuresOf(view, buckets) },
    bar:
      total === null || total === 0
        ? null
        : {
            ...{ total, done, failed, inDoubt },
            label: `${percent} done: ${countText(done)} of ${plural(total, "item")}`,
          },
  };
}

function linesOf(view: JobView, look: JobLook): string[] {
  const { status, nowMs } = view;
  if (status.run) {
    const pace = view.stopping ? [stoppingText(view)] : paceTexts(status, nowMs).slice(status.eta ? 1 : 0);
    const since = `since ${timeText(status.run.startedAtMs)}, run ${status.run.run}`;
    return [`${looks[look]} ${since}`, ...pace.map((text) => safeText(text))];
  }
  const last = status.lastRun ? [lastRunText(status.lastRun)] : [];
  return [looks[look], ...last];
}

/** How fast it went lately is told of a live run. */
const lateMs = 120_000;

function figuresOf(view: JobView, buckets: readonly TimeBucket[]): Figure[] {
  const { status, state } = view;
  const { total, done, failed, inDoubt, eta } = status;
  const { usd, inputTokens, outputTokens } = state.usage;
  const budget = budgetOf(state);
  const rate = status.run ? lateRate(view, buckets) : null;
  const plain = (name: string, value: string, note = "", tone: Figure["tone"] = "plain"): Figure => ({
    ...{ name, value, note, tone },
  });
  const tokens = (inputTokens ?? 0) + (outputTokens ?? 0);
  return [
    plain(
      "Done",
      countText(done),
      total === null ? "" : `of ${countText(total)} · ${percentText(done, total)}`,
    ),
    plain(
      "Failed",
      countText(failed),
      failed > 0 && total ? shareText(failed, total) : "",
      failed > 0 ? "bad" : "plain",
    ),
    ...(inDoubt > 0
      ? [
          plain(
            view.foreign ? "Unfinished" : "In doubt",
            countText(inDoubt),
            "begun, no end recorded",
            "warn",
          ),
        ]
      : []),
    ...(eta ? [plain("Time left", rangeText(eta).replace(/ left$/, ""), "likely to late end")] : []),
    ...(rate === null ? [] : [plain("Rate", rateText(rate), "over the last 2 min")]),
    ...(tokens > 0
      ? [
          plain(
            "Tokens",
            countText(tokens),
            budget.tokens === null
              ? `${countText(inputTokens ?? 0)} in · ${countText(outputTokens ?? 0)} out`
              : `of ${countText(budget.tokens)}`,
          ),
        ]
      : []),
    ...(usd === null
      ? []
      : [
          plain(
            "Cost",
            usdText(usd),
            budget.usd !== null
              ? `of ${usdText(budget.usd)}`
              : done > 0
                ? `${usdText(usd / done)} an item done`
                : "",
          ),
        ]),
  ];
}

function lateRate({ status, nowMs }: JobView, buckets: readonly TimeBucket[]): number | null {
  const fromMs = Math.max(nowMs - lateMs, status.run!.startedAtMs);
  if (nowMs - fromMs < 5_000) return null;
  let done = 0;
  for (const bucket of buckets) if (bucket.firstMs >= fromMs) done += bucket.done;
  return (done / (nowMs - fromMs)) * 60_000;
}

function shareText(part: number, total: number): string {
  const percent = (part / total) * 100;
  return `${percent >= 10 ? Math.round(percent) : Number(percent.toPrecision(2))}% of all`;
}
