import type { JobPlan } from "../runtime/state/jobPlan.js";
import { changeLines } from "./changeText.js";
import { columnsOf } from "./columns.js";
import { t } from "./l10n.js";
import {
  bothText,
  counted,
  countText,
  durationText,
  isoSecondText,
  itemTimeText,
  plural,
  safeText,
  usdText,
} from "./text.js";

/** At least; longer names of rows make room for themselves. */
const rowColumns = 11;

/** Whether anything that results depend on is not what it was. */
export function planHasChanged({ changed }: JobPlan): boolean {
  return changed.items + changed.params.length + changed.sources.length > 0 || changed.stages;
}

/** Whether a run would spend something, or there is something to decide. */
export function planCosts(plan: JobPlan): boolean {
  const { expected, saved, budget, inDoubt } = plan;
  const isPaid = [expected.usd, expected.tokens, saved.usd].some((figure) => figure !== null && figure > 0);
  return isPaid || budget !== null || inDoubt > 0 || planHasChanged(plan);
}

/** `2 items in doubt are done again, although they may have been done, and paid for, already.` */
export const againText = ({ inDoubt }: JobPlan): string =>
  counted(
    inDoubt,
    "{0} item in doubt is done again, although it may have been done, and paid for, already.",
    "{0} items in doubt are done again, although they may have been done, and paid for, already.",
  );

/** `847 done ($3.10 and 39 min of item time not spent again), 155 to do (150 new, 3 failed, 2 in doubt); about 15 min, $1.20.` */
export function planSummary(plan: JobPlan): string {
  const { done, expected, saved, budget } = plan;
  const kept = done > 0 ? savedTexts(saved) : [];
  const doneText =
    kept.length > 0
      ? t("{0} done ({1} not spent again)", countText(done), bothText(kept))
      : t("{0} done", countText(done));
  const counts = [doneText, ...toDoTexts(plan)].join(", ");
  const figures = expectedTexts(expected).join(", ");
  return `${figures === "" ? counts : `${counts}; ${figures}`}.${budgetText(budget)}`;
}

/** What is to do, and what it is made up of where that is not all new. */
function toDoTexts({ failed, inDoubt, new: fresh, toRun }: JobPlan): string[] {
  const again = [
    ...(failed > 0 ? [t("{0} failed", countText(failed))] : []),
    ...(inDoubt > 0 ? [t("{0} in doubt", countText(inDoubt))] : []),
  ];
  if (toRun === null) return again;
  const toDo = t("{0} to do", countText(toRun));
  if (again.length === 0) return [toDo];
  const parts = [...(fresh ? [t("{0} new", countText(fresh))] : []), ...again];
  return [t("{0} ({1})", toDo, parts.join(", "))];
}

/** What some of the items that are left are expected to take: `About 2 min, $0.30.` */
export function retrySummary({ expected, toRun, budget }: JobPlan, items: number): string {
  const share = (figure: number | null) => (figure === null || !toRun ? null : (figure * items) / toRun);
  const figures = expectedTexts({
    ...{ ms: share(expected.ms), tokens: share(expected.tokens), usd: share(expected.usd) },
  });
  const text = figures.join(", ");
  return `${text === "" ? "" : `${text[0]!.toUpperCase()}${text.slice(1)}.`}${budgetText(budget)}`.trim();
}

/** `$3.10 of $20.00 spent`, `12,000 of 50,000 tokens spent` */
function budgetTexts(budget: JobPlan["budget"]): string[] {
  const { usd, tokens } = budget ?? {};
  return [
    ...(usd ? [t("{0} of {1} spent", usdText(usd.spent), usdText(usd.limit))] : []),
    ...(tokens ? [t("{0} of {1} tokens spent", countText(tokens.spent), countText(tokens.limit))] : []),
  ];
}

function budgetText(budget: JobPlan["budget"]): string {
  const texts = budgetTexts(budget);
  return texts.length > 0 ? ` ${t("Budget: {0}.", texts.join(", "))}` : "";
}

/** What redoing may take beside that, where it is known: `Redoing does up to 847 items again: $3.10 and 39 min of item time more.` */
export function redoSummary({ done, saved }: JobPlan): string {
  const lost = savedTexts(saved);
  if (done === 0) return "";
  if (lost.length === 0)
    return counted(done, "Redoing does up to {0} item again.", "Redoing does up to {0} items again.");
  return counted(
    done,
    "Redoing does up to {0} item again: {1} more.",
    "Redoing does up to {0} items again: {1} more.",
    bothText(lost),
  );
}

/**
 * What becomes of items in doubt by either of two answers: `Resume does the 2 items in doubt again, …`
 * @param again the answer that does them again
 * @param skip the answer that leaves them
 */
export function doubtSummary({ inDoubt }: JobPlan, again: string, skip: string): string {
  return counted(
    inDoubt,
    "{1} does the {0} item in doubt again, although it may have been done, and paid for, already. {2} leaves it in doubt and does not run it.",
    "{1} does the {0} items in doubt again, although they may have been done, and paid for, already. {2} leaves them in doubt and does not run them.",
    again,
    skip,
  );
}

function savedTexts({ usd, ms }: JobPlan["saved"]): string[] {
  return [...(usd === null ? [] : [usdText(usd)]), ...(ms ? [itemTimeText(ms)] : [])];
}

/** `about 15 min`: nothing is known to a millisecond before it is done. */
export const aboutText = (ms: number): string => t("about {0}", durationText(Math.max(1_000, ms)));

function expectedTexts({ ms, tokens, usd }: JobPlan["expected"]): string[] {
  return [
    ...(ms ? [aboutText(ms)] : []),
    ...(tokens === null ? [] : [t("{0} tokens", countText(Math.round(tokens)))]),
    ...(usd === null ? [] : [usdText(usd)]),
  ];
}

/** `3  (done, and no longer in the input)`; null for none, which needs no row. */
const noted = (count: number, note: string): string | null =>
  count === 0 ? null : `${countText(count)}  (${note})`;

/** The whole plan as plain lines, a figure each, already safe to show. */
export function planDocument(plan: JobPlan): string[] {
  const { changed, done, expected, inDoubt, inDoubtItems, saved, toRun, total } = plan;
  const kept = done > 0 ? savedTexts(saved) : [];
  const rows: [string, string | null][] = [
    [t("total"), total === null ? t("as they come") : plural(total, "item")],
    [
      t("done"),
      kept.length > 0 ? t("{0} ({1} not spent again)", countText(done), bothText(kept)) : countText(done),
    ],
    [t("failed"), countText(plan.failed)],
    [t("in doubt"), countText(inDoubt)],
    [t("new"), plan.new === null ? t("unknown") : countText(plan.new)],
    [t("gone"), noted(plan.gone, t("done, and no longer in the input"))],
    [t("changed"), noted(changed.items, t("done, and other in the input now"))],
    [t("to do"), toRun === null ? t("unknown") : countText(toRun)],
    [t("time"), expected.ms ? aboutText(expected.ms) : null],
    [t("tokens"), expected.tokens === null ? null : t("about {0}", countText(Math.round(expected.tokens)))],
    [t("cost"), expected.usd === null ? null : t("about {0}", usdText(expected.usd))],
    [t("budget"), budgetTexts(plan.budget).join(", ") || null],
  ];
  const lines = [safeText(plan.label ? `${plan.job} @ ${plan.label}` : plan.job), ""];
  const columns = Math.max(rowColumns, ...rows.map(([name]) => columnsOf(name) + 1));
  const padded = (name: string) => name + " ".repeat(columns - columnsOf(name));
  for (const [name, figure] of rows) if (figure !== null) lines.push(padded(name) + figure);
  const changes = changeLines(changed);
  if (changes.length > 0)
    lines.push(
      ...["", t("Not as it was when results were made:"), ...changes.map((line) => `  ${line}`)],
      ...[redoSummary(plan)].filter(Boolean),
    );
  if (inDoubt > 0)
    lines.push(
      "",
      t("In doubt, begun without a record of how they went:"),
      ...inDoubtItems.map(
        ({ item, attempt, run, at }) =>
          `  ${safeText(String(item))}  ${t("attempt {0}, run {1}, {2}", attempt, run, isoSecondText(at))}`,
      ),
    );
  return lines;
}
