import type { Command } from "commander";
import { applyRepair, type PlannedRepair, planRepairOf, undoLast } from "../../runtime/repair.js";
import { changesFile } from "../../runtime/state/repairPlan.js";
import { liveHolder } from "../../runtime/store/jsonlStore.js";
import { faultText } from "../../view/faultText.js";
import { bytesText, plural } from "../../view/text.js";
import { CommandError, exit } from "../exitCodes.js";
import { targetsOf } from "../targets.js";
import { confirm, leave, print, printJson } from "../terminal.js";

interface RepairFlags {
  dryRun?: boolean;
  yes?: boolean;
  undo?: boolean;
  json?: boolean;
}

const maxListedFaults = 20;

export function registerRepair(program: Command): void {
  program
    .command("repair")
    .description(
      "say what is damaged and what a repair keeps and drops, ask, then repair; the original is kept",
    )
    .argument("<path...>", "checkpoints, job files or folders")
    .option("--dry-run", "only say it")
    .option("--yes", "do not ask")
    .option("--undo", "bring the newest backup back")
    .option("--json", "print the plans as JSON; with --yes, repair as well")
    .action(async (paths: string[], flags: RepairFlags) => leave(await repair(paths, flags)));
}

async function repair(paths: string[], flags: RepairFlags): Promise<number> {
  const targets = (await Promise.all(paths.map(targetsOf))).flat();
  let code: number = exit.ok;
  const plans: unknown[] = [];
  for (const { checkpoint } of targets) {
    if (flags.undo) {
      const { restored, backup } = await undoLast(checkpoint);
      print(
        `Brought ${restored} back as ${checkpoint}.${backup ? ` What was there is kept as ${backup}.` : ""}`,
      );
      continue;
    }
    const planned = await planRepairOf(checkpoint);
    if (flags.json) plans.push(planJson(planned));
    else printPlan(planned);
    if (!changesFile(planned.plan)) continue;
    if (flags.dryRun || (flags.json && !flags.yes)) {
      if (planned.summary.damageCount > 0) code = exit.damaged;
      continue;
    }
    await assertNotLive(checkpoint);
    const agreed = flags.yes || (await confirm("Repair?"));
    if (agreed === null)
      throw new CommandError(
        exit.undecided,
        "Nobody can be asked here: run again with --yes, or with --dry-run to see the plan alone.",
      );
    if (!agreed) {
      print("Nothing was changed.");
      if (planned.summary.damageCount > 0) code = exit.damaged;
      continue;
    }
    const { backup, dropped } = await applyRepair(planned);
    if (!flags.json)
      print(
        `Repaired. The original is kept as ${backup}${dropped ? `, the dropped bytes as ${dropped}` : ""}.`,
      );
  }
  if (flags.json) printJson({ plans });
  return code;
}

async function assertNotLive(checkpoint: string): Promise<void> {
  const holder = await liveHolder(checkpoint);
  if (holder)
    throw new CommandError(
      exit.held,
      `Cannot repair ${checkpoint}: pid ${holder.pid} on ${holder.host} is writing to it. Stop that run first.`,
    );
}

function printPlan({ path, plan, summary }: PlannedRepair): void {
  print(path);
  if (!changesFile(plan)) return print("  Nothing to repair.");
  if (plan.edits.length === 0)
    return print("  The last line was cut short. A newline is added; nothing else changes.");
  for (const { fault } of plan.edits.slice(0, maxListedFaults))
    print(`  line ${fault.line}: ${faultText(fault)}`);
  if (plan.edits.length > maxListedFaults)
    print(`  and ${plural(plan.edits.length - maxListedFaults, "more line")}`);
  print(
    `  Keeps ${bytesText(plan.keptBytes)} of ${bytesText(plan.sizeBytes)}, saves ${plural(plan.salvagedRecords, "record")} out of damaged lines, drops ${bytesText(plan.droppedBytes)}.`,
  );
  if (summary.tornTail) print("  The last line was cut short; it gets its newline.");
  print("  The original and the dropped bytes are kept beside it.");
}

function planJson({ path, plan, summary }: PlannedRepair): Record<string, unknown> {
  const { keptBytes, droppedBytes, salvagedRecords, addsNewline, edits } = plan;
  return {
    ...{
      checkpoint: path,
      format: summary.format,
      damaged: summary.damageCount > 0,
      changes: changesFile(plan),
    },
    ...{ keptBytes, droppedBytes, salvagedRecords, addsNewline },
    lines: edits.map(({ fault: { line, offsetBytes, lengthBytes, reason, residue, salvaged } }) => ({
      ...{ line, offsetBytes, lengthBytes, reason, residue, salvaged },
    })),
  };
}
