import { existsSync } from "node:fs";
import type { Command } from "commander";
import { clearCheckpoint, undoLast } from "../../runtime/repair.js";
import { refuseForeign } from "../../runtime/store/refuseForeign.js";
import type { JobView } from "../../view/jobView.js";
import { itemTimeText, plural, usdText } from "../../view/text.js";
import { eachTarget, failedJson, type Outcome } from "../eachTarget.js";
import { CommandError, exit } from "../exitCodes.js";
import { assertNoneHeld } from "../holder.js";
import { chosenTargets, type RunChoice, takesRunChoice } from "../runChoice.js";
import { shellWord } from "../shellWord.js";
import { readTarget, type Target } from "../targets.js";
import { confirm, leave, print, printJson } from "../terminal.js";

interface ClearFlags extends RunChoice {
  yes?: boolean;
  undo?: boolean;
  json?: boolean;
}

export function registerClear(program: Command): void {
  takesRunChoice(program.command("clear"))
    .description("say what would be lost, ask, then move the checkpoint to a dated backup")
    .argument("<path...>", "checkpoints, job files or folders")
    .option("--yes", "do not ask")
    .option("--undo", "bring the newest backup back; what is there now becomes a backup itself")
    .option("--json", "print what was cleared as JSON")
    .action(async (paths: string[], flags: ClearFlags) => leave(await clear(paths, flags)));
}

async function clear(paths: string[], flags: ClearFlags): Promise<number> {
  const targets = await chosenTargets(paths, flags, flags.undo);
  const what = (checkpoint: string) =>
    flags.undo ? `Cannot bring a backup of ${checkpoint} back` : `Cannot clear ${checkpoint}`;
  await assertNoneHeld(
    what,
    targets.map(({ checkpoint }) => checkpoint),
  );
  const { code, results, failed } = await eachTarget(targets, (target) =>
    flags.undo ? undoOne(target, flags) : clearOne(target, flags),
  );
  if (flags.json) printJson({ [flags.undo ? "undone" : "cleared"]: results, ...failedJson(failed) });
  return code;
}

async function clearOne(target: Target, flags: ClearFlags): Promise<Outcome> {
  const { checkpoint } = target;
  const view = await readTarget(target);
  if (view.error !== null) throw new CommandError(exit.usage, view.error);
  await refuseForeign(checkpoint, "clear");
  // Nobody is asked whether nothing is to be moved.
  if (!existsSync(checkpoint)) {
    if (!flags.json) print("There was no checkpoint.");
    return { json: { checkpoint, backup: null } };
  }
  if (!flags.json) print(lossText(view));
  const agreed = flags.yes || (await confirm("Clear?"));
  if (agreed === null)
    throw new CommandError(
      exit.undecided,
      "Nobody can be asked here, and nothing was changed: run again with --yes.",
    );
  if (!agreed) {
    print("Nothing was changed.");
    return { json: { checkpoint, backup: null } };
  }
  const backup = await clearCheckpoint(checkpoint);
  if (!flags.json)
    print(
      backup === null
        ? "There was no checkpoint any more."
        : `Cleared. It is kept as ${backup}; to undo: agent-jobs clear --undo ${shellWord(checkpoint)}`,
    );
  return { json: { checkpoint, backup } };
}

async function undoOne({ checkpoint }: Target, flags: ClearFlags): Promise<Outcome> {
  const { restored, backup } = await undoLast(checkpoint);
  if (!flags.json)
    print(
      `Brought ${restored} back as ${checkpoint}.${backup ? ` What was there is kept as ${backup}.` : ""}`,
    );
  return { json: { checkpoint, restored, backup } };
}

/** What starting over would do again. */
function lossText({ name, label, status, state }: JobView): string {
  const spent = [
    ...(state.doneUsage.usd === null ? [] : [usdText(state.doneUsage.usd)]),
    ...(state.doneMs === null ? [] : [itemTimeText(state.doneMs)]),
  ];
  const cost = spent.length > 0 ? ` (${spent.join(", ")})` : "";
  return `${label ? `${name} @ ${label}` : name}: the next run would do ${plural(status.done, "finished item")}${cost} again.`;
}
