import {
  jobRow,
  lastRunLine,
  lookOf,
  lookText,
  paceTexts,
  type ShownLook,
  sentence,
  shownLook,
  stoppingText,
  strandedText,
} from "../jobRow.js";
import type { JobView } from "../jobView.js";
import { t } from "../l10n.js";
import { rateText } from "../report/charts.js";
import { countText, percentText, plural, safeText, shortText, spanText, timeText, usdText } from "../text.js";
import { budgetOf } from "./budget.js";
import type { TimeBucket } from "./timeBuckets.js";

export interface Figure {
  name: string;
  value: string;
  note: string;
  tone: "plain" | "bad" | "warn";
  /** What further down the page tells more of it. */
  leadsTo?: "failures";
}

/** What stands above the charts. */
export interface Head {
  title: string;
  look: ShownLook;
  /** One or two sentences on how the job stands. */
  lines: string[];
  /** Parts of a bar, in items; null without a total. */
  bar: { total: number; done: number; failed: number; inDoubt: number; label: string } | null;
  figures: Figure[];
}

export function headOf(name: string, view: JobView | null, buckets: readonly TimeBucket[]): Head {
  const look = shownLook(view);
  const { title } = jobRow(name, view);
  const standing = sentence(lookText(lookOf(view), view));
  if (!view) {
    const lines = [standing, t("Charts appear here once its items end.")];
    return { title, look, lines, bar: null, figures: [] };
  }
  if (view.error !== null)
    return { title, look, lines: [standing, shortText(view.error, 400)], bar: null, figures: [] };
  const { total, done, failed, inDoubt } = view.status;
  return {
    ...{ title, look, lines: linesOf(view, standing), figures: figuresOf(view, buckets) },
    bar:
      total === null || total === 0
        ? null
        : {
            ...{ total, done, failed, inDoubt },
            label: t(
              "{0} done: {1} of {2}",
              percentText(done, total),
              countText(done),
              plural(total, "item"),
            ),
          },
  };
}

function linesOf(view: JobView, standing: string): string[] {
  const { status, nowMs } = view;
  if (status.run) {
    const pace = view.stopping ? [stoppingText(view)] : paceTexts(status, nowMs).slice(status.eta ? 1 : 0);
    const since = t("since {0}, run {1}", timeText(status.run.startedAtMs), status.run.run);
    return [standing, since, ...pace.map((text) => safeText(text))];
  }
  return [standing, ...[lastRunLine(view) ?? [], strandedText(view) ?? []].flat()];
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
      t("Done"),
      countText(done),
      total === null ? "" : [t("of {0}", countText(total)), percentText(done, total)].join(" · "),
    ),
    {
      ...plain(
        t("Failed"),
        countText(failed),
        failed > 0 && total ? shareText(failed, total) : "",
        failed > 0 ? "bad" : "plain",
      ),
      ...(failed > 0 && { leadsTo: "failures" as const }),
    },
    ...(inDoubt > 0
      ? [
          plain(
            view.foreign ? t("Unfinished") : t("In doubt"),
            countText(inDoubt),
            t("begun, no end recorded"),
            "warn",
          ),
        ]
      : []),
    ...(eta ? [plain(t("Time left"), spanText(eta), t("from the likely to the late end"))] : []),
    ...(rate === null ? [] : [plain(t("Rate"), rateText(rate), t("over the last 2 min"))]),
    ...(tokens > 0
      ? [
          plain(
            t("Tokens"),
            countText(tokens),
            budget.tokens === null
              ? [t("{0} in", countText(inputTokens ?? 0)), t("{0} out", countText(outputTokens ?? 0))].join(
                  " · ",
                )
              : t("of {0}", countText(budget.tokens)),
          ),
        ]
      : []),
    ...(usd === null
      ? []
      : [
          plain(
            t("Cost"),
            usdText(usd),
            budget.usd !== null
              ? t("of {0}", usdText(budget.usd))
              : done > 0
                ? t("{0} an item done", usdText(usd / done))
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

/** Cut off, as the share of what is done is: the two are read side by side. */
function shareText(part: number, total: number): string {
  const percent = (part / total) * 100;
  const figure = percent < 0.1 ? "<0.1" : percent < 1 ? Math.floor(percent * 10) / 10 : Math.floor(percent);
  return t("{0} of all", `${figure}%`);
}
