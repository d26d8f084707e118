import type { Command } from "commander";
import { resolveItems } from "../../runtime/runner/items.js";
import { loadJob } from "../../runtime/runner/loadJob.js";
import { type JobPlan, planJob } from "../../runtime/runner/plan.js";
import { countText, durationText, plural, safeText, usdText } from "../../view/text.js";
import { changeText } from "../changes.js";
import { doubtLines } from "../doubt.js";
import { exit } from "../exitCodes.js";
import { runtimePath } from "../runtimePath.js";
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
  process.chdir(job.folder);
  const planned = await planJob(
    job,
    await resolveItems(job.definition.items, job.definition.key, job.folder),
  );
  if (flags.json) printJson(planned);
  else for (const line of planLines(planned)) print(line);
  return exit.ok;
}

function planLines(planned: JobPlan): string[] {
  const { done, failed, inDoubt, gone, changed, total, toRun, expected } = planned;
  const fresh = planned.new;
  const lines = [
    `${styled("bold", safeText(planned.job))}: ${total === null ? "items as they come" : plural(total, "item")}; a run would begin ${toRun === null ? "those not done" : countText(toRun)}.`,
    `  done       ${countText(done)}`,
    `  new        ${fresh === null ? "unknown" : countText(fresh)}`,
    `  failed     ${countText(failed)}${failed > 0 ? "  (tried again)" : ""}`,
    `  in doubt   ${countText(inDoubt)}${inDoubt > 0 ? "  (begun, not recorded as finished; done again although they may have been paid for)" : ""}`,
    ...doubtLines(planned.inDoubtItems, inDoubt).map((line) => `    ${line}`),
    `  gone       ${countText(gone)}${gone > 0 ? "  (no longer in the input)" : ""}`,
    `  changed    ${countText(changed.items)}${changed.items > 0 ? "  (done, but with other content than now)" : ""}`,
  ];
  for (const change of changed.params) lines.push(styled("yellow", `  ${changeText(change)}`));
  const figures = [
    ...(expected.ms === null ? [] : [`about ${durationText(expected.ms)}`]),
    ...(expected.tokens === null ? [] : [`${countText(Math.round(expected.tokens))} tokens`]),
    ...(expected.usd === null ? [] : [usdText(expected.usd)]),
  ];
  if (figures.length > 0) lines.push(`  Expected: ${figures.join(", ")}.`);
  return lines;
}
