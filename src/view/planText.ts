import type { JobPlan } from "../runtime/state/jobPlan.js";
import { changeLines } from "./changeText.js";
import { countText, durationText, plural, safeText, usdText } from "./text.js";

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

/** `847 done ($3.10 and 39 min saved), 3 failed, 150 left, 2 in doubt; about 15 min, $1.20.` */
export function planSummary(plan: JobPlan): string {
  const { done, failed, inDoubt, toRun, expected, saved, budget } = plan;
  const kept = savedTexts(saved);
  const counts = [
    `${countText(done)} done${done > 0 && kept.length > 0 ? ` (${kept.join(" and ")} not spent again)` : ""}`,
    ...(failed > 0 ? [`${countText(failed)} failed`] : []),
    ...(inDoubt > 0 ? [`${countText(inDoubt)} in doubt`] : []),
    ...(toRun === null ? [] : [`${countText(toRun)} to do`]),
  ];
  const figures = expectedTexts(expected);
  const limit = budgetText(budget);
  return `${counts.join(", ")}${figures.length > 0 ? `; ${figures.join(", ")}` : ""}.${limit}`;
}

/** What some of the items that are left are expected to take: `About 2 min, $0.30.` */
export function retrySummary({ expected, toRun, budget }: JobPlan, items: number): string {
  const share = (figure: number | null) => (figure === null || !toRun ? null : (figure * items) / toRun);
  const figures = expectedTexts({
    ...{ ms: share(expected.ms), tokens: share(expected.tokens), usd: share(expected.usd) },
  });
  const limit = budgetText(budget);
  return `${figures.length > 0 ? `${figures.join(", ").replace(/^a/, "A")}.` : ""}${limit}`.trim();
}

/** `$3.10 of $20.00 spent`, `12,000 of 50,000 tokens spent` */
function budgetTexts(budget: JobPlan["budget"]): string[] {
  const { usd, tokens } = budget ?? {};
  return [
    ...(usd ? [`${usdText(usd.spent)} of ${usdText(usd.limit)} spent`] : []),
    ...(tokens ? [`${countText(tokens.spent)} of ${countText(tokens.limit)} tokens spent`] : []),
  ];
}

function budgetText(budget: JobPlan["budget"]): string {
  const texts = budgetTexts(budget);
  return texts.length > 0 ? ` Budget: ${texts.join(", ")}.` : "";
}

/** What redoing may take beside that, where it is known: `Redoing does up to 847 items again: $3.10 and 39 min more.` */
export function redoSummary({ done, saved }: JobPlan): string {
  const lost = savedTexts(saved);
  if (done === 0) return "";
  return `Redoing does up to ${plural(done, "item")} again${lost.length > 0 ? `: ${lost.join(" and ")} more` : ""}.`;
}

function savedTexts({ usd, ms }: JobPlan["saved"]): string[] {
  return [...(usd === null ? [] : [usdText(usd)]), ...(ms === null ? [] : [durationText(ms)])];
}

function expectedTexts({ ms, tokens, usd }: JobPlan["expected"]): string[] {
  return [
    ...(ms === null ? [] : [`about ${durationText(ms)}`]),
    ...(tokens === null ? [] : [`${countText(Math.round(tokens))} tokens`]),
    ...(usd === null ? [] : [usdText(usd)]),
  ];
}

/** The whole plan as plain lines, a figure each, already safe to show. */
export function planDocument(plan: JobPlan): string[] {
  const { changed, done, expected, inDoubt, inDoubtItems, saved, toRun, total } = plan;
  const kept = savedTexts(saved);
  const rows: [string, string | null][] = [
    ["total", total === null ? "as they come" : plural(total, "item")],
    [
      "done",
      `${countText(done)}${done > 0 && kept.length > 0 ? ` (${kept.join(" and ")} not spent again)` : ""}`,
    ],
    ["failed", countText(plan.failed)],
    ["in doubt", countText(inDoubt)],
    ["new", plan.new === null ? "unknown" : countText(plan.new)],
    ["gone", countText(plan.gone)],
    ["changed", countText(changed.items)],
    ["to do", toRun === null ? "unknown" : countText(toRun)],
    ["time", expected.ms === null ? null : `about ${durationText(expected.ms)}`],
    ["tokens", expected.tokens === null ? null : `about ${countText(Math.round(expected.tokens))}`],
    ["cost", expected.usd === null ? null : `about ${usdText(expected.usd)}`],
    ["budget", budgetTexts(plan.budget).join(", ") || null],
  ];
  const lines = [safeText(plan.label ? `${plan.job} @ ${plan.label}` : plan.job), ""];
  for (const [name, figure] of rows) if (figure !== null) lines.push(`${name.padEnd(rowColumns)}${figure}`);
  const changes = changeLines(changed);
  if (changes.length > 0)
    lines.push(
      ...["", "Not as it was when results were made:", ...changes.map((line) => `  ${line}`)],
      ...[redoSummary(plan)].filter(Boolean),
    );
  if (inDoubt > 0)
    lines.push(
      "",
      "In doubt, begun by a run that ended before it recorded how they went:",
      ...inDoubtItems.map(
        ({ item, attempt, run, at }) => `  ${safeText(String(item))}  attempt ${attempt}, run ${run}, ${at}`,
      ),
    );
  return lines;
}
