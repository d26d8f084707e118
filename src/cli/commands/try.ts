import type { Command } from "commander";
import { messageOf } from "../../runtime/errors.js";
import { type ItemKey, idText, idValue, keyOf } from "../../runtime/format/itemId.js";
import type { RunEvent } from "../../runtime/runner/events.js";
import { type Input, resolveItems } from "../../runtime/runner/items.js";
import { type LoadedJobFile, loadJob } from "../../runtime/runner/loadJob.js";
import { type RunOutcome, runJob } from "../../runtime/runner/run.js";
import { RunControl } from "../../runtime/runner/runControl.js";
import { debugpyWorker } from "../../runtime/runner/workerDebugger.js";
import type { JobState } from "../../runtime/state/jobState.js";
import { JsonlStore } from "../../runtime/store/jsonlStore.js";
import { refuseForeign } from "../../runtime/store/refuseForeign.js";
import { discardTrial, keepTrial, readTrial, type Trial, TrialStore } from "../../runtime/trial.js";
import { safeText, shortText, usdText } from "../../view/text.js";
import { CommandError, exit, exitCodeOfRun } from "../exitCodes.js";
import { assertNotHeld } from "../holder.js";
import { fromJobFolder } from "../jobFolder.js";
import { chosenTargets } from "../runChoice.js";
import { runtimePath } from "../runtimePath.js";
import { shellWord } from "../shellWord.js";
import { installSignals } from "../signals.js";
import { choose, leave, print, printError, printJson, printWarning } from "../terminal.js";

interface TryFlags {
  item?: string;
  keep?: boolean;
  discard?: boolean;
  items?: string;
  checkpoint?: string;
  as?: string;
  onDamage: "refuse" | "continue";
  timeLimit: boolean;
  debugpy?: string;
  json?: boolean;
}

const maxShownLines = 40;
const maxShownChars = 400;

export function registerTry(program: Command): void {
  program
    .command("try")
    .description(
      "do one item that is not done, and keep or discard its result afterwards; what it spends is recorded either way",
    )
    .argument("<job>", "the job file; with --keep or --discard also a checkpoint")
    .option("--item <id>", "the item to do, once, without retries")
    .option("--keep", "record the result that waits as its item's")
    .option("--discard", "forget the result that waits: its item stays as it was")
    .option("--items <source>", "items instead of the definition's: a data file or a glob")
    .option("--checkpoint <file>", "the checkpoint instead of the definition's")
    .option("--as <label>", "of a labelled run")
    .option("--on-damage <what>", "over damaged lines: refuse or continue", "refuse")
    .option(
      "--no-time-limit",
      "without the job's itemTimeoutMs and deadline: for a debugger, which holds it for as long as a person looks",
    )
    .option(
      "--debugpy <address>",
      "have a Python worker connect to the debugger that listens at HOST:PORT, by the debugpy that it has installed",
    )
    .option("--json", "print one JSON object a line")
    .action(async (path: string, flags: TryFlags) => leave(await tryCommand(path, flags)));
}

async function tryCommand(path: string, flags: TryFlags): Promise<number> {
  const asked = [flags.item !== undefined, flags.keep, flags.discard].filter(Boolean).length;
  if (asked !== 1)
    throw new CommandError(
      exit.usage,
      "Expected one of --item ID, --keep and --discard. Nothing was done: name the item to try, or say what becomes of the result that waits.",
    );
  return flags.item === undefined ? settle(path, flags) : tryItem(path, flags.item, flags);
}

async function tryItem(path: string, id: string, flags: TryFlags): Promise<number> {
  const loaded = await loadJob(path, {
    runtimePath,
    label: flags.as ?? null,
    ...(flags.checkpoint && { checkpoint: flags.checkpoint }),
  });
  if (loaded.definition.command)
    throw new CommandError(
      exit.usage,
      `${loaded.name} is done by a program that keeps its own checkpoint: single items of it cannot be tried.`,
    );
  const job = { ...loaded, definition: trialDefinition(loaded, flags) };
  const itemsFlag = flags.items && fromJobFolder(flags.items, job.folder);
  await refuseForeign(job.checkpoint, "try an item in");
  await assertNotHeld(`Cannot try an item of ${job.name}`, job.checkpoint);
  process.chdir(job.folder); // paths in a job file are relative to it
  const input = await resolveItems(itemsFlag || job.definition.items, job.definition.key, job.folder);
  const { state } = await new JsonlStore(job.checkpoint).load(job.name);
  const item = chosenItem(job, input, state, id);
  const control = new RunControl();
  installSignals(control, (message) => printError(message));
  const tell = (event: RunEvent) => {
    if (flags.json) printJson(event);
    else if (event.event === "notice") print(event.message);
    else if (event.event === "item-started") print(`Trying ${shownId(item)}, attempt ${event.attempt}.`);
  };
  const outcome = await runJob(job, input, {
    ...{ control, onEvent: tell, concurrency: 1, only: new Set([item]), onDamage: flags.onDamage },
    store: new TrialStore(new JsonlStore(job.checkpoint), item),
  });
  return tellOutcome(path, job, { item, outcome, flags });
}

/** The job as one item is tried: once, alone, and what would end a run of many does not end it. */
function trialDefinition({ definition }: LoadedJobFile, flags: TryFlags): LoadedJobFile["definition"] {
  const { itemTimeoutMs, deadlineMs, maxFailures: _, stopWhen: __, worker, ...rest } = definition;
  return {
    ...rest,
    ...(worker && { worker: flags.debugpy ? debugpyWorker(worker, flags.debugpy) : worker, workers: 1 }),
    retry: false,
    ...(flags.timeLimit && itemTimeoutMs !== undefined && { itemTimeoutMs }),
    ...(flags.timeLimit && deadlineMs !== undefined && { deadlineMs }),
  };
}

/** @throws CommandError exit 2 where the item is done, or not in the input, or two are called so */
function chosenItem(job: LoadedJobFile, input: Input, state: JobState, id: string): ItemKey {
  const isInInput = (key: ItemKey) =>
    input.kind === "stream"
      ? key === keyOf(id) || state.open.has(key)
      : input.items.some((i) => i.key === key);
  const candidates = [...new Set([keyOf(id), id as ItemKey])];
  const found = candidates.filter(isInInput);
  const name = safeText(job.name);
  const shown = shortText(id, 60);
  if (found.length > 1)
    throw new CommandError(
      exit.usage,
      `"${shown}" names two items of ${name}: write ${found.map((key) => `'${key}'`).join(" or ")}.`,
    );
  const [item] = found;
  if (item !== undefined && !state.done.has(item)) return item;
  const why =
    item !== undefined || candidates.some((key) => state.done.has(key))
      ? "is done already, and a done item stays done"
      : "is not in its input";
  throw new CommandError(exit.usage, `Cannot try ${shown} of ${name}: it ${why}. Nothing was begun.`);
}

const shownId = (item: ItemKey): string => shortText(idText(item), 60);

async function tellOutcome(
  path: string,
  job: LoadedJobFile,
  { item, outcome, flags }: { item: ItemKey; outcome: RunOutcome; flags: TryFlags },
): Promise<number> {
  const trial = await readTrial(job.checkpoint);
  const { state } = await new JsonlStore(job.checkpoint).load(job.name);
  const spent = spentText(state, trial);
  if (outcome.error !== undefined) printError(messageOf(outcome.error));
  if (!trial?.done) {
    await discardTrial(job.checkpoint);
    const failure = state.open.get(item)?.failure;
    const isFailed = outcome.failed > 0 && failure !== undefined;
    if (flags.json) printJson({ event: "tried", item: idValue(item), waits: false });
    else if (isFailed)
      print(
        `${shownId(item)} failed (${safeText(failure.cause)}): ${shortText(failure.message, 2_000)}${spent}`,
      );
    else print(`${shownId(item)} gave no result (${outcome.reason}).${spent}`);
    return isFailed ? exit.failedItems : exitCodeOfRun(outcome.reason, outcome.error);
  }
  if (flags.json) printJson({ event: "tried", item: idValue(item), waits: true, result: trial.done.result });
  else {
    for (const line of resultLines(trial.done.result)) print(line);
    print(`${shownId(item)} gave this result.${spent}`);
  }
  const answer = flags.json
    ? null
    : await choose("(k)eep it as the item's result, or (d)iscard it?", ["keep", "discard"]);
  if (answer === "keep") return keep(job.checkpoint, job.name, flags);
  if (answer === "discard") return discard(job.checkpoint, job.name, trial, flags);
  if (!flags.json)
    print(
      `It is not recorded yet: agent-jobs try ${shellWord(path)}${namedFlags(flags)} --keep records it, --discard forgets it.`,
    );
  return exit.ok;
}

function namedFlags({ checkpoint, as }: TryFlags): string {
  const flag = (name: string, value: string | undefined) =>
    value === undefined ? "" : ` ${name} ${shellWord(value)}`;
  return flag("--checkpoint", checkpoint) + flag("--as", as);
}

/** What the trial's run cost, as the end of a sentence; empty where no record says. */
function spentText(state: JobState, trial: Trial | null): string {
  const run = trial && state.runs.get(trial.run);
  if (!run || run.token !== trial.token || run.usage.usd === null) return "";
  return ` It spent ${usdText(run.usage.usd)}, which counts in any case.`;
}

function resultLines(result: unknown): string[] {
  if (result === undefined) return ["(no result)"];
  const lines = (JSON.stringify(result, null, 2) ?? "null").split("\n");
  const shown = lines.slice(0, maxShownLines).map((line) => shortText(line, maxShownChars));
  return lines.length > shown.length ? [...shown, `… and ${lines.length - shown.length} more lines`] : shown;
}

/** Keeps or discards what waits. */
async function settle(path: string, flags: TryFlags): Promise<number> {
  const targets = flags.checkpoint
    ? await chosenTargets([flags.checkpoint], {})
    : await chosenTargets([path], { ...(flags.as !== undefined && { as: flags.as }) });
  const [target, ...others] = targets;
  if (!target || others.length > 0)
    throw new CommandError(
      exit.usage,
      `Expected one checkpoint, got ${targets.length}. Name one of them, or choose a run with --as LABEL.`,
    );
  const { checkpoint, name } = target;
  if (flags.keep) return keep(checkpoint, name, flags);
  await assertNotHeld(`Cannot discard what was tried beside ${checkpoint}`, checkpoint);
  const trial = await readTrial(checkpoint);
  if (trial) return discard(checkpoint, name, trial, flags);
  await discardTrial(checkpoint);
  if (flags.json) printJson({ item: null, discarded: false });
  else print("No result of a trial waits. Nothing was changed.");
  return exit.ok;
}

async function keep(checkpoint: string, name: string, { json }: TryFlags): Promise<number> {
  const { item, isKept } = await keepTrial(checkpoint, name);
  if (json) printJson({ item: idValue(item), kept: isKept });
  else if (isKept) print(`Kept: ${shownId(item)} is done with this result.`);
  else printWarning(`${shownId(item)} was done meanwhile and keeps the result that it has.`);
  return exit.ok;
}

async function discard(checkpoint: string, name: string, trial: Trial, { json }: TryFlags): Promise<number> {
  const { state } = await new JsonlStore(checkpoint).load(name);
  await discardTrial(checkpoint);
  if (json) printJson({ item: idValue(trial.item), discarded: true });
  else {
    const what = trial.done ? "Discarded the result of" : "Nothing was recorded as a result of";
    print(`${what} ${shownId(trial.item)}.${spentText(state, trial)}`);
  }
  return exit.ok;
}
