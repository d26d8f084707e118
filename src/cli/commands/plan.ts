import type { Command } from "commander";
import { resolveItems } from "../../runtime/runner/items.js";
import { loadJob } from "../../runtime/runner/loadJob.js";
import { type JobPlan, planJob } from "../../runtime/runner/plan.js";
import { changeLines } from "../../view/changeText.js";
import { aboutText } from "../../view/planText.js";
import { countText, itemTimeText, plural, safeText, usdText } from "../../view/text.js";
import { doubtLines } from "../doubt.js";
import { CommandError, exit } from "../exitCodes.js";
import { fromJobFolder } from "../jobFolder.js";
import { runtimePath } from "../runtimePath.js";
import { shellWord } from "../shellWord.js";
import { leave, print, printJson, styled } from "../terminal.js";

interface PlanFlags {
  items?: string;
  checkpoint?: string;
  as?: string;
  json?: boolean;
}

export function registerPlan(program: Command): void {
  program
    .command("plan")
    .description("say what a run would do, without doing it")
    .argument("<job>", "the job file")
    .option("--items <source>", "items instead of the definition's: a data file or a glob")
    .option("--checkpoint <file>", "the checkpoint instead of the definition's")
    .option("--as <label>", "of a labelled run")
    .option("--json", "print one JSON object")
    .action(async (path: string, flags: PlanFlags) => leave(await plan(path, flags)));
}

async function plan(path: string, flags: PlanFlags): Promise<number> {
  const job = await loadJob(path, {
    runtimePath,
    label: flags.as ?? null,
    ...(flags.checkpoint && { checkpoint: flags.checkpoint }),
  });
  if (job.definition.command) {
    // For whoever reads it: an error like another, but nothing that a run would fail by.
    if (flags.json) printJson({ job: job.name, command: true });
    throw new CommandError(
      exit.usage,
      `${job.name} is done by a program that keeps its own checkpoint, so what a run would do is known to that program alone. See agent-jobs status ${shellWord(path)}.`,
    );
  }
  const items = flags.items && fromJobFolder(flags.items, job.folder);
  process.chdir(job.folder);
  const planned = await planJob(
    job,
    await resolveItems(items || job.definition.items, job.definition.key, job.folder),
  );
  if (flags.json) printJson(planned);
  else for (const line of planLines(planned)) print(line);
  return exit.ok;
}

function planLines(planned: JobPlan): string[] {
  const { done, failed, inDoubt, gone, changed, total, toRun, expected, saved, budget } = planned;
  const fresh = planned.new;
  const name = styled("bold", safeText(planned.label ? `${planned.job} @ ${planned.label}` : planned.job));
  const lines = [
    `${name}: ${total === null ? "items as they come" : plural(total, "item")}; a run would begin ${toRun === null ? "those not done" : countText(toRun)}.`,
    `  done       ${countText(done)}${savedText(saved)}`,
    `  new        ${fresh === null ? "unknown" : countText(fresh)}`,
    `  failed     ${countText(failed)}${failed > 0 ? "  (tried again)" : ""}`,
    `  in doubt   ${countText(inDoubt)}${inDoubt > 0 ? "  (begun, not recorded as finished; done again, although they may have been done, and paid for, already)" : ""}`,
    ...doubtLines(planned.inDoubtItems, inDoubt).map((line) => `    ${line}`),
    `  gone       ${countText(gone)}${gone > 0 ? "  (no longer in the input)" : ""}`,
    `  changed    ${countText(changed.items)}${changed.items > 0 ? "  (done, but with other content than now)" : ""}`,
  ];
  const changes = changeLines(changed);
  for (const line of changes) lines.push(styled("yellow", `  ${line}`));
  if (changes.length > 0 && done > 0)
    lines.push("  A run asks what to do about that: --changed keep, or --changed redo.");
  const figures = [
    ...(expected.ms ? [aboutText(expected.ms)] : []),
    ...(expected.tokens === null ? [] : [`${countText(Math.round(expected.tokens))} tokens`]),
    ...(expected.usd === null ? [] : [usdText(expected.usd)]),
  ];
  if (figures.length > 0) lines.push(`  Expected: ${figures.join(", ")}.`);
  if (budget?.usd)
    lines.push(`  Budget: ${usdText(budget.usd.spent)} of ${usdText(budget.usd.limit)} spent.`);
  if (budget?.tokens)
    lines.push(
      `  Budget: ${countText(budget.tokens.spent)} of ${countText(budget.tokens.limit)} tokens spent.`,
    );
  if (planned.held) lines.push(styled("yellow", "  A run holds the job now: agent-jobs status says who."));
  if (planned.damaged) lines.push(styled("red", "  Its checkpoint is damaged: agent-jobs repair says how."));
  return lines;
}

/** `  ($3.10 and 39 min of item time not spent again)` */
function savedText({ usd, ms }: JobPlan["saved"]): string {
  const parts = [...(usd === null ? [] : [usdText(usd)]), ...(ms === null ? [] : [itemTimeText(ms)])];
  return parts.length === 0 ? "" : `  (${parts.join(" and ")} not spent again)`;
}
