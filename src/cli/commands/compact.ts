import type { Command } from "commander";
import { applyCompaction, type PlannedCompaction, planCompaction } from "../../runtime/compact.js";
import { bytesText, countText, plural } from "../../view/text.js";
import { eachTarget, failedJson, type Outcome } from "../eachTarget.js";
import { CommandError, exit } from "../exitCodes.js";
import { assertNoneHeld } from "../holder.js";
import { takesLabel } from "../runChoice.js";
import { shellWord } from "../shellWord.js";
import { allTargetsOf, type Target } from "../targets.js";
import { confirm, leave, print, printJson } from "../terminal.js";

interface CompactFlags {
  as?: string;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

export function registerCompact(program: Command): void {
  takesLabel(program.command("compact"))
    .description("rewrite a grown checkpoint with only what is needed; say what goes, ask, keep the original")
    .argument("<path...>", "checkpoints, job files or folders")
    .option("--dry-run", "only say it")
    .option("--yes", "do not ask")
    .option("--json", "print the plans as JSON; with --yes, compact as well")
    .action(async (paths: string[], flags: CompactFlags) => leave(await compact(paths, flags)));
}

async function compact(paths: string[], flags: CompactFlags): Promise<number> {
  const targets = await allTargetsOf(paths, { label: flags.as });
  await assertNoneHeld(
    (checkpoint) => `Cannot compact ${checkpoint}`,
    targets.map(({ checkpoint }) => checkpoint),
  );
  const { code, results, failed } = await eachTarget(targets, (target) => compactOne(target, flags));
  if (flags.json) printJson({ plans: results, ...failedJson(failed) });
  return code;
}

async function compactOne({ checkpoint }: Target, flags: CompactFlags): Promise<Outcome> {
  const planned = await planCompaction(checkpoint);
  if (!flags.json) for (const line of planLines(planned)) print(line);
  let backup: string | null = null;
  if (planned.changes && !flags.dryRun && (flags.yes || !flags.json)) {
    const agreed = flags.yes || (await confirm("Compact?"));
    if (agreed === null)
      throw new CommandError(
        exit.undecided,
        "Nobody can be asked here: run again with --yes, or with --dry-run to see the plan alone.",
      );
    if (agreed) backup = await applyCompaction(planned);
    if (!flags.json)
      print(
        agreed
          ? `Compacted. The original is kept as ${backup}; to undo: agent-jobs repair --undo ${shellWord(checkpoint)}`
          : "Nothing was changed.",
      );
  }
  const { changes, bytes, records, dropped, residueLines } = planned;
  return { json: { checkpoint, changes, bytes, records, dropped: { ...dropped, residueLines }, backup } };
}

function planLines({ path, changes, bytes, records, dropped, residueLines }: PlannedCompaction): string[] {
  if (!changes) return [path, `  Nothing to compact in its ${plural(records.before, "record")}.`];
  const { failures, starts, steps, inputs, repeats } = dropped;
  const parts: [number, string, string?][] = [
    [failures, "failure that was tried again since", "failures that were tried again since"],
    [starts, "start of an item that went on since", "starts of items that went on since"],
    [steps, "step of a done item", "steps of done items"],
    [inputs, "outdated word on the input", "outdated words on the input"],
    [repeats, "repeat"],
    [residueLines, "torn line of a survived crash", "torn lines of survived crashes"],
  ];
  const what = parts.filter(([count]) => count > 0).map(([count, one, many]) => plural(count, one, many));
  return [
    path,
    `  ${bytesText(bytes.before)} → ${bytesText(bytes.after)}, ${countText(records.before)} → ${plural(records.after, "record")}.`,
    `  Drops ${what.join(", ")}. Done items, their results and all totals stay as they are.`,
  ];
}
