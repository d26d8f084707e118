/** What a person is told before a tool of a language model acts for them: a sentence a line, safe to show. */
import type { ScanSummary } from "../runtime/format/scan.js";
import type { JobPlan } from "../runtime/state/jobPlan.js";
import type { RepairPlan } from "../runtime/state/repairPlan.js";
import { changeLines } from "./changeText.js";
import type { FailureGroup } from "./failures.js";
import { t } from "./l10n.js";
import { againText, planSummary, redoSummary, retrySummary } from "./planText.js";
import { repairLines } from "./repairText.js";
import { counted, countText, plural, shortText } from "./text.js";

const maxListedCauses = 5;
const maxIdChars = 120;
const maxCauseChars = 60;

/** Of a run: what it would do and cost, and what was decided. */
export interface RunTold {
  plan: JobPlan;
  /** What becomes of results that were made of something else; undefined where there are none. */
  changed: "keep" | "redo" | undefined;
  inDoubt?: "retry" | "skip" | undefined;
}

export function resumeTexts({ plan, changed, inDoubt }: RunTold): string[] {
  const summary = planSummary(plan);
  return [
    `${summary[0]?.toUpperCase()}${summary.slice(1)}`,
    ...costTexts(plan),
    ...changedTexts(plan, changed),
    ...doubtTexts(plan, inDoubt ?? "retry"),
  ];
}

/** @param chosen the failed items that are tried again */
export function retryTexts({ plan, changed }: RunTold, chosen: readonly FailureGroup[]): string[] {
  const count = chosen.reduce((sum, group) => sum + group.items.length, 0);
  const summary = retrySummary(plan, count);
  return [
    counted(
      count,
      "{0} failed item is tried again: {1}. No other item is begun.",
      "{0} failed items are tried again: {1}. No other item is begun.",
      countsText(chosen),
    ),
    ...(summary === "" ? [] : [summary]),
    ...costTexts(plan),
    ...changedTexts(plan, changed),
  ];
}

/** Of a program that keeps its own checkpoint, and so has no plan. */
export const programTexts = (): string[] => [
  t("A program does this job by itself. What it will do and cost is known to it alone."),
];

/** What is run, and how much of it. */
export const runTexts = (id: string, limit: number | undefined): string[] => [
  ...(limit === undefined
    ? []
    : [counted(limit, "It begins at most {0} item.", "It begins at most {0} items.")]),
  t("It runs the code of {0}.", shortText(id, maxIdChars)),
];

export const repairTexts = (plan: RepairPlan, summary: Pick<ScanSummary, "tornTail">): string[] => [
  ...repairLines(plan, summary),
  t("The original stays beside it as a backup, and what is dropped is kept. It can be undone."),
];

function costTexts({ expected, budget }: JobPlan): string[] {
  return [
    ...(expected.usd === null && expected.tokens === null ? [t("What it will cost is not known.")] : []),
    ...(budget === null ? [t("No budget is set.")] : []),
  ];
}

function changedTexts(plan: JobPlan, changed: RunTold["changed"]): string[] {
  if (changed === undefined) return [];
  const lines = changeLines(plan.changed);
  if (changed === "keep") return [...lines, t("The results that were made before that are kept.")];
  const redone = t("What is affected is done again; the old results are kept as a backup.");
  return [...lines, redone, ...[redoSummary(plan)].filter(Boolean)];
}

function doubtTexts(plan: JobPlan, choice: "retry" | "skip"): string[] {
  const { inDoubt } = plan;
  if (inDoubt === 0) return [];
  return [
    choice === "skip"
      ? counted(inDoubt, "{0} item in doubt is left as it is.", "{0} items in doubt are left as they are.")
      : againText(plan),
  ];
}

/** `8 by rate-limit, 4 by refused and 2 more causes` */
function countsText(groups: readonly FailureGroup[]): string {
  const texts = groups
    .slice(0, maxListedCauses)
    .map(({ cause, items }) => t("{0} by {1}", countText(items.length), shortText(cause, maxCauseChars)));
  const more = groups.length - texts.length;
  const listed = texts.join(", ");
  return more > 0 ? t("{0} and {1}", listed, plural(more, "more cause")) : listed;
}
