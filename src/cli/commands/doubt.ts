import type { Command } from "commander";
import { markDoneByPerson } from "../../runtime/doubt.js";
import type { ItemKey } from "../../runtime/format/itemId.js";
import { doubtfulItem } from "../../runtime/state/inDoubt.js";
import type { JobView } from "../../view/jobView.js";
import { plural, safeText } from "../../view/text.js";
import { chosenItems, doubtLines } from "../doubt.js";
import { CommandError, exit } from "../exitCodes.js";
import { assertNotHeld } from "../holder.js";
import { takesLabel } from "../runChoice.js";
import { shellWord } from "../shellWord.js";
import { readTarget, type Target, targetsOf } from "../targets.js";
import { confirm, leave, print, printJson, styled } from "../terminal.js";

interface DoubtFlags {
  as?: string;
  markDone?: string[];
  markDoneAll?: boolean;
  yes?: boolean;
  json?: boolean;
}

export function registerDoubt(program: Command): void {
  takesLabel(program.command("doubt"))
    .description("list the items that a run began and did not record before it ended; mark them as done")
    .argument("<path>", "a checkpoint, a job file or a folder")
    .option("--mark-done <id...>", "record these items as done, without a result")
    .option("--mark-done-all", "record all items in doubt as done, without a result")
    .option("--yes", "do not ask")
    .option("--json", "print one JSON object")
    .action(async (path: string, flags: DoubtFlags) => leave(await doubt(path, flags)));
}

interface Doubtful {
  target: Target;
  view: JobView;
}

async function doubt(path: string, flags: DoubtFlags): Promise<number> {
  if (flags.markDone && flags.markDoneAll)
    throw new CommandError(exit.usage, "Expected --mark-done with ids, or --mark-done-all, not both.");
  const found: Doubtful[] = [];
  for (const target of await targetsOf(path, { label: flags.as }))
    found.push({ target, view: await readTarget(target) });
  const broken = found.find(({ view }) => view.error !== null);
  if (broken) throw new CommandError(exit.usage, broken.view.error!);
  if (flags.markDone || flags.markDoneAll) return mark(path, found, flags);
  if (flags.json) printJson({ jobs: found.map(listJson) });
  else for (const line of found.flatMap((each) => listLines(each))) print(line);
  return exit.ok;
}

function listJson({ view }: Doubtful): Record<string, unknown> {
  const { inDoubt, inDoubtItems } = view.status;
  const { name: job, label, checkpoint } = view;
  return { job, label, checkpoint, inDoubt, items: inDoubtItems.map(doubtfulItem) };
}

function listLines({ view, target }: Doubtful): string[] {
  const { inDoubt, inDoubtItems } = view.status;
  const name = styled("bold", safeText(view.label ? `${view.name} @ ${view.label}` : view.name));
  if (inDoubt === 0) return [`${name}: nothing is in doubt.`];
  const path = shellWord(target.checkpoint);
  return [
    `${name}: ${plural(inDoubt, "item")} in doubt, begun by a run that ended before it recorded how they went. They may be done, and paid for.`,
    ...doubtLines(inDoubtItems.map(doubtfulItem), inDoubt, Number.POSITIVE_INFINITY).map(
      (line) => `  ${line}`,
    ),
    "The next run does them again; run --in-doubt skip leaves them.",
    `To record them as done, without a result: agent-jobs doubt ${path} --mark-done ID…`,
  ];
}

async function mark(path: string, found: Doubtful[], flags: DoubtFlags): Promise<number> {
  const [{ target, view } = noJob(path), ...others] = found;
  if (others.length > 0)
    throw new CommandError(
      exit.usage,
      `Expected one checkpoint to mark items in, got ${found.length}: ${found.map((each) => each.view.checkpoint).join(", ")}. Name one of them, or choose a run with --as LABEL.`,
    );
  const { inDoubtItems } = view.status;
  const items = flags.markDoneAll
    ? inDoubtItems.map(({ item }) => item)
    : [...new Set(chosenItems(inDoubtItems, flags.markDone!))];
  await assertNotHeld(`Cannot mark items in ${target.checkpoint}`, target.checkpoint);
  if (items.length > 0 && !(await agreed(view, items, flags))) {
    print("Nothing was changed.");
    return exit.ok;
  }
  const marked = items.length === 0 ? 0 : await markDoneByPerson(target.checkpoint, view.name, items);
  if (flags.json) printJson({ checkpoint: view.checkpoint, marked });
  else
    print(
      marked === 0 ? "Nothing is in doubt." : `Marked ${plural(marked, "item")} as done, without a result.`,
    );
  return exit.ok;
}

function noJob(path: string): never {
  throw new CommandError(exit.usage, `There are no jobs in ${path}. Name a checkpoint or a job file.`);
}

async function agreed(view: JobView, items: readonly ItemKey[], flags: DoubtFlags): Promise<boolean> {
  if (flags.yes) return true;
  const chosen = view.status.inDoubtItems.filter(({ item }) => items.includes(item));
  if (!flags.json) {
    print(`${plural(items.length, "item")} would count as done, without a result, and never be run again:`);
    for (const line of doubtLines(chosen.map(doubtfulItem), chosen.length)) print(`  ${line}`);
  }
  const answer = flags.json ? null : await confirm("Mark as done?");
  if (answer === null)
    throw new CommandError(exit.undecided, "Nobody can be asked here: run again with --yes.");
  return answer;
}
