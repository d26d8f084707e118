import type { Command } from "commander";
import { clearCheckpoint, undoLast } from "../../runtime/repair.js";
import type { JobView } from "../../view/jobView.js";
import { durationText, plural, usdText } from "../../view/text.js";
import { CommandError, exit } from "../exitCodes.js";
import { assertNotHeld } from "../holder.js";
import { shellWord } from "../shellWord.js";
import { readTarget, targetsOf } from "../targets.js";
import { confirm, leave, print, printJson } from "../terminal.js";

interface ClearFlags {
  yes?: boolean;
  undo?: boolean;
  json?: boolean;
}

export function registerClear(program: Command): void {
  program
    .command("clear")
    .description("say what would be lost, ask, then move the checkpoint to a dated backup")
    .argument("<path...>", "checkpoints, job files or folders")
    .option("--yes", "do not ask")
    .option("--undo", "bring the newest backup back; what is there now becomes a backup itself")
    .option("--json", "print what was cleared as JSON")
    .action(async (paths: string[], flags: ClearFlags) => leave(await clear(paths, flags)));
}

async function clear(paths: string[], flags: ClearFlags): Promise<number> {
  if (flags.undo) return undo(paths, flags);
  const cleared: unknown[] = [];
  for (const target of (await Promise.all(paths.map(targetsOf))).flat()) {
    const view = await readTarget(target);
    if (view.error !== null) throw new CommandError(exit.usage, view.error);
    await assertNotHeld(`Cannot clear ${target.checkpoint}`, target.checkpoint);
    if (!flags.json) print(lossText(view));
    const agreed = flags.yes || (await confirm("Clear?"));
    if (agreed === null)
      throw new CommandError(
        exit.undecided,
        "Nobody can be asked here, and nothing was changed: run again with --yes.",
      );
    if (!agreed) {
      print("Nothing was changed.");
      continue;
    }
    const backup = await clearCheckpoint(target.checkpoint);
    cleared.push({ checkpoint: target.checkpoint, backup });
    if (!flags.json)
      print(
        backup === null
          ? "There was no checkpoint."
          : `Cleared. It is kept as ${backup}; to undo: agent-jobs clear --undo ${shellWord(target.checkpoint)}`,
      );
  }
  if (flags.json) printJson({ cleared });
  return exit.ok;
}

async function undo(paths: string[], flags: ClearFlags): Promise<number> {
  const undone: unknown[] = [];
  for (const { checkpoint } of (await Promise.all(paths.map(targetsOf))).flat()) {
    await assertNotHeld(`Cannot bring a backup of ${checkpoint} back`, checkpoint);
    const { restored, backup } = await undoLast(checkpoint);
    undone.push({ checkpoint, restored, backup });
    if (!flags.json)
      print(
        `Brought ${restored} back as ${checkpoint}.${backup ? ` What was there is kept as ${backup}.` : ""}`,
      );
  }
  if (flags.json) printJson({ undone });
  return exit.ok;
}

/** What starting over would do again. */
function lossText({ name, status, state }: JobView): string {
  const spent = [
    ...(state.doneUsage.usd === null ? [] : [usdText(state.doneUsage.usd)]),
    ...(state.doneMs === null ? [] : [`${durationText(state.doneMs)} of work`]),
  ];
  const cost = spent.length > 0 ? ` (${spent.join(", ")})` : "";
  return `${name}: the next run would do ${plural(status.done, "finished item")}${cost} again.`;
}
