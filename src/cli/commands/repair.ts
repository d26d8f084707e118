import { relative } from "node:path";
import type { Command } from "commander";
import { planUndo, undoLast } from "../../runtime/backups.js";
import { idValue } from "../../runtime/format/itemId.js";
import { applyRepair, type PlannedRepair, planRepairOf, replanned } from "../../runtime/repair.js";
import { changesFile } from "../../runtime/state/repairPlan.js";
import { liveHolder } from "../../runtime/store/lockHolder.js";
import { editText, repairLines } from "../../view/repairText.js";
import { countText, plural, safeText } from "../../view/text.js";
import { eachTarget, failedJson, type Outcome } from "../eachTarget.js";
import { CommandError, exit } from "../exitCodes.js";
import { assertNoneHeld } from "../holder.js";
import { takesLabel } from "../runChoice.js";
import { allTargetsOf } from "../targets.js";
import { confirm, leave, print, printJson, styled } from "../terminal.js";

interface RepairFlags {
  as?: string;
  dryRun?: boolean;
  yes?: boolean;
  undo?: boolean;
  json?: boolean;
  salvageMerged?: boolean;
}

const maxListedLines = 20;
const nobodyToAsk =
  "Nobody can be asked here: run again with --yes, or with --dry-run to see the plan alone.";

export function registerRepair(program: Command): void {
  takesLabel(program.command("repair"))
    .description(
      "say what is damaged and what a repair keeps and drops, ask, then repair; the original is kept",
    )
    .argument("<path...>", "checkpoints, job files or folders")
    .option("--dry-run", "only say it")
    .option("--yes", "do not ask")
    .option("--salvage-merged", "also keep whole records without a checksum that damaged lines hold")
    .option("--undo", "bring the newest backup of a repair or clear back")
    .option("--json", "print the plans as JSON; with --yes, repair as well")
    .action(async (paths: string[], flags: RepairFlags) => leave(await repair(paths, flags)));
}

async function repair(paths: string[], flags: RepairFlags): Promise<number> {
  const targets = await allTargetsOf(paths, { label: flags.as, cleared: flags.undo });
  const checkpoints = targets.map(({ checkpoint }) => checkpoint);
  if (flags.undo && !flags.dryRun)
    await assertNoneHeld((checkpoint) => `Cannot bring a backup of ${shown(checkpoint)} back`, checkpoints);
  else if (!flags.dryRun && (flags.yes || !flags.json))
    await assertNoneHeld(
      (checkpoint) => `Cannot repair ${shown(checkpoint)}`,
      await heldAndBroken(checkpoints, flags),
      targets.length,
    );
  const { code, results, failed } = await eachTarget(targets, ({ checkpoint }) =>
    flags.undo ? undoOne(checkpoint, flags) : repairOne(checkpoint, flags),
  );
  if (flags.json) printJson({ [flags.undo ? "undone" : "plans"]: results, ...failedJson(failed) });
  return code;
}

/** A run on a whole checkpoint is in nobody's way. */
async function heldAndBroken(checkpoints: readonly string[], flags: RepairFlags): Promise<string[]> {
  const found: string[] = [];
  for (const checkpoint of checkpoints) {
    if ((await liveHolder(checkpoint)) === null) continue;
    const { plan } = await planRepairOf(checkpoint, { salvageMerged: flags.salvageMerged ?? false });
    if (changesFile(plan)) found.push(checkpoint);
  }
  return found;
}

async function repairOne(checkpoint: string, flags: RepairFlags): Promise<Outcome> {
  let planned = await planRepairOf(checkpoint, { salvageMerged: flags.salvageMerged ?? false });
  const unrepaired = (): Outcome => ({
    code: planned.summary.damageCount > 0 ? exit.damaged : exit.ok,
    json: planJson(planned),
  });
  if (!flags.json) printPlan(planned);
  if (!changesFile(planned.plan)) return unrepaired();
  if (flags.dryRun || (flags.json && !flags.yes)) return unrepaired();
  if (!flags.yes) {
    planned = await askForOffered(planned);
    const agreed = await confirm("Repair?");
    if (agreed === null) throw new CommandError(exit.undecided, nobodyToAsk);
    if (!agreed) {
      print("Nothing was changed.");
      return unrepaired();
    }
  }
  const { backup, dropped } = await applyRepair(planned);
  if (!flags.json) {
    print(`Repaired. The original is kept as ${shown(backup!)}.`);
    if (dropped) print(`What was dropped is kept as ${shown(dropped)}.`);
    print(styled("dim", `To undo: agent-jobs repair --undo ${shown(checkpoint)}`));
  }
  return { code: exit.ok, json: { ...planJson(planned), backup, dropped } };
}

/** Merged records without a checksum are never kept unasked. */
async function askForOffered(planned: PlannedRepair): Promise<PlannedRepair> {
  const { plan } = planned;
  if (plan.offeredRecords === 0 || plan.keepsOffered) return planned;
  const question = `Keep the ${plural(plan.offeredRecords, "record")} without a checksum, too?`;
  if ((await confirm(question)) !== true) return planned;
  const kept = replanned(planned, { salvageMerged: true });
  for (const line of repairLines(kept.plan, kept.summary)) print(`  ${line}`);
  return kept;
}

async function undoOne(checkpoint: string, flags: RepairFlags): Promise<Outcome> {
  const planned = await planUndo(checkpoint);
  const { restored, doneNow, doneThen, again } = planned;
  if (!flags.json) {
    print(`${shown(checkpoint)}: brings back ${shown(restored)}, with ${plural(doneThen, "done item")}.`);
    if (doneNow !== null)
      print(
        `  Now ${countText(doneNow)} ${doneNow === 1 ? "is" : "are"} done; what is there now becomes a backup.`,
      );
    if (again > 0)
      print(`  ${plural(again, "item")} finished since would no longer count, and be done again.`);
  }
  if (flags.dryRun || (flags.json && !flags.yes && again > 0))
    return { code: exit.ok, json: { checkpoint, ...planned } };
  if (again > 0 && !flags.yes) {
    const agreed = await confirm("Bring it back?");
    if (agreed === null) throw new CommandError(exit.undecided, nobodyToAsk);
    if (!agreed) {
      print("Nothing was changed.");
      return { code: exit.ok, json: { checkpoint, ...planned } };
    }
  }
  const { backup } = await undoLast(checkpoint);
  if (!flags.json) print(`Brought back.${backup ? ` What was there is kept as ${shown(backup)}.` : ""}`);
  return { code: exit.ok, json: { checkpoint, ...planned, backup } };
}

/** A path as it is typed here. */
function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return safeText(near === "" || near.startsWith("..") ? path : near);
}

function printPlan({ path, plan, summary }: PlannedRepair): void {
  print(styled("bold", shown(path)));
  if (!changesFile(plan)) {
    print("  Nothing to repair.");
    for (const line of plan.otherJobs.length > 0 ? repairLines(plan, summary).slice(2) : [])
      print(`  ${line}`);
    return;
  }
  const listed = plan.edits.slice(0, maxListedLines);
  const width = Math.max(...listed.map(({ fault }) => countText(fault.line).length));
  for (const edit of listed) print(`  line ${countText(edit.fault.line).padStart(width)}  ${editText(edit)}`);
  const more = plan.edits.length - listed.length;
  if (more > 0) print(`  and ${plural(more, "more line")}`);
  if (listed.length > 0) print();
  const howToKeepOffered = "add --salvage-merged, or say so when asked";
  for (const line of repairLines(plan, summary, { howToKeepOffered })) print(`  ${line}`);
  print("  The original is kept beside it, and so is what is dropped.");
}

function planJson({ path, plan, summary }: PlannedRepair): Record<string, unknown> {
  const { sizeBytes, keptBytes, salvagedBytes, droppedBytes, addsNewline } = plan;
  const { salvagedRecords, offeredRecords, unreadableLines, redo, otherJobs } = plan;
  return {
    ...{ checkpoint: path, format: summary.format, damaged: summary.damageCount > 0 },
    ...{ changes: changesFile(plan), sizeBytes, keptBytes, salvagedBytes, droppedBytes, addsNewline },
    ...{ salvagedRecords, offeredRecords, unreadableLines, otherJobs },
    gained: plan.gained.map(idValue),
    lost: plan.lost.map(idValue),
    offered: plan.offeredItems.map(idValue),
    mayHaveHeld: plan.mayHaveHeld.map(idValue),
    redo,
    lines: plan.edits.map(({ fault, kept, mayHaveHeld, readsAs }) => ({
      line: fault.line,
      offsetBytes: fault.offsetBytes,
      lengthBytes: fault.lengthBytes,
      reason: fault.reason,
      residue: fault.residue,
      salvaged: kept.length,
      mayHaveHeld: mayHaveHeld.map(idValue),
      readsAs: readsAs.map(idValue),
    })),
  };
}
