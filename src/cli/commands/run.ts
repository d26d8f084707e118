import { existsSync } from "node:fs";
import { basename } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { AgentJobsError, messageOf } from "../../runtime/errors.js";
import type { RunEvent } from "../../runtime/runner/events.js";
import { formerJob } from "../../runtime/runner/formerJob.js";
import { resolveItems } from "../../runtime/runner/items.js";
import { type LoadedJobFile, loadJob } from "../../runtime/runner/loadJob.js";
import { type RunOutcome, runJob } from "../../runtime/runner/run.js";
import { type CommandOutcome, runCommand } from "../../runtime/runner/runCommand.js";
import { RunControl } from "../../runtime/runner/runControl.js";
import type { DoubtChoice } from "../../runtime/runner/runOptions.js";
import { startedAgainVariable } from "../../runtime/startedAgain.js";
import { folderWarning } from "../../runtime/store/folderRisk.js";
import { refuseForeign } from "../../runtime/store/refuseForeign.js";
import { plural, safeText } from "../../view/text.js";
import { afterCommand, afterRun } from "../afterRun.js";
import { type ChangedChoice, settleChanges } from "../changes.js";
import { handedOver, runDetached } from "../detach.js";
import { settleDoubt } from "../doubt.js";
import { duration } from "../duration.js";
import { CommandError, exit, exitCodeOfError, exitCodeOfRun } from "../exitCodes.js";
import { reportExhaustedHeap } from "../heapReport.js";
import { settleHolder } from "../holder.js";
import { fromJobFolder } from "../jobFolder.js";
import { chooseFailed, type RetryFlags } from "../retryChoice.js";
import { RunReport } from "../runReport.js";
import { runtimePath } from "../runtimePath.js";
import { shellWord } from "../shellWord.js";
import { installSignals } from "../signals.js";
import type { Suggestions } from "../suggestions.js";
import { targetsOf } from "../targets.js";
import { leave, print, printError, printJson, printWarning } from "../terminal.js";

interface RunFlags extends RetryFlags {
  /** Of failed items alone. */
  isRetry?: boolean;
  deadline?: number;
  items?: string;
  checkpoint?: string;
  as?: string;
  concurrency?: number;
  limit?: number;
  json?: boolean;
  detach?: boolean;
  attach?: boolean;
  onDamage: "refuse" | "continue";
  takeOver?: boolean;
  yes?: boolean;
  changed?: ChangedChoice;
  inDoubt: DoubtChoice | "ask";
}

export function registerRun(program: Command): void {
  const command = program
    .command("run")
    .description("start a job, or resume it: only what is not done is done");
  takesRunFlags(command).action(async (path: string, flags: RunFlags) => leave(await run(path, flags)));
}

export function registerRetry(program: Command): void {
  const command = program
    .command("retry")
    .description("do failed items again, and no others")
    // Options that take several values would take the job as one more.
    .usage("<job> [options]")
    .option("--cause <cause...>", "those that failed by these causes, such as rate-limit")
    .option("--item <id...>", "these items")
    .option(
      "--like <id...>",
      "all that failed as these did: messages that differ in numbers, ids and quotes only",
    );
  takesRunFlags(command).action(async (path: string, flags: RunFlags) =>
    leave(await run(path, { ...flags, isRetry: true })),
  );
}

/** What starting a job and retrying its failures have in common. */
function takesRunFlags(command: Command): Command {
  return command
    .argument("<job>", "the job file, NAME.job.ts (.mts .js .mjs .json)")
    .option("--items <source>", "items instead of the definition's: a data file or a glob")
    .option("--limit <n>", "begin at most this many items", wholeNumber)
    .option("--checkpoint <file>", "the checkpoint instead of the definition's")
    .option("--as <label>", "a labelled run with a checkpoint of its own, such as 2026-W47")
    .option("--concurrency <n>", "how many items are worked on at a time", wholeNumber)
    .option("--deadline <duration>", "end in order after this long, such as 45m or 2h", duration)
    .addOption(
      new Option("--on-damage <what>", "over damaged lines")
        .choices(["refuse", "continue"])
        .default("refuse"),
    )
    .addOption(
      new Option(
        "--changed <what>",
        "where parameters, code or items are not what results were made of: keep these, or redo them",
      ).choices(["keep", "redo"]),
    )
    .addOption(
      new Option(
        "--in-doubt <what>",
        "items that an earlier run began and did not record: do them again, leave them, or ask",
      )
        .choices(["retry", "skip", "ask"])
        .default("retry"),
    )
    .option("--take-over", "break another run's lock, after showing whose it is and asking")
    .option("--yes", "with --take-over: do not ask")
    .option("--json", "print one JSON event a line")
    .option("--detach", "run on when this terminal is closed: attach follows it, stop ends it")
    .option("--attach", "with --detach: follow it at once");
}

async function run(path: string, given: RunFlags): Promise<number> {
  if (given.attach && !given.detach)
    throw new CommandError(exit.usage, "Expected --attach with --detach, got it alone. Nothing was begun.");
  if (process.env[startedAgainVariable] === "yes")
    throw new CommandError(
      exit.stoppedEarly,
      "VS Code started this task again as its window was reloaded, and its run had ended meanwhile. Nothing was run: resume it where you want it to go on.",
    );
  const handed = handedOver();
  const flags = handed ? { ...given, detach: false, takeOver: false, json: false } : given;
  const folder = process.cwd();
  const job = await loadJob(path, {
    runtimePath,
    label: flags.as ?? null,
    ...(flags.checkpoint && { checkpoint: flags.checkpoint }),
  });
  // Of a label that was mistyped nothing would be failed.
  if (flags.isRetry && flags.as !== undefined && flags.checkpoint === undefined)
    await targetsOf(path, { label: flags.as });
  await refuseForeign(job.checkpoint, "run over");
  reportExhaustedHeap(job.checkpoint);
  if (!handed && flags.as === undefined && !existsSync(job.checkpoint)) await warnOfFormer(job.path);
  const control = new RunControl();
  if (flags.isRetry && job.definition.command)
    throw new CommandError(
      exit.usage,
      `${job.name} is done by a program that keeps its own checkpoint, and which items it tries again is up to that. Run it instead: agent-jobs run ${shellWord(path)}.`,
    );
  if (job.definition.command) {
    const takeOver = handed?.takeOver ?? (await settleHolder(job.name, job.checkpoint, flags));
    const taking = takeOver === undefined ? {} : { takeOver };
    if (flags.detach) return runDetached(job, taking, { path, folder, flags });
    installSignals(control, (message) => printError(message), handed !== undefined);
    // Standard output is the program's.
    const risk = await folderWarning(job.checkpoint);
    if (risk !== null) printWarning(risk);
    return runProgram(job, control, { ...taking, ...(handed && { onBegun: handed.begun }) }, flags);
  }
  const itemsFlag = flags.items && fromJobFolder(flags.items, job.folder);
  process.chdir(job.folder); // paths in a job file are relative to it
  const takeOver = handed?.takeOver ?? (await settleHolder(job.name, job.checkpoint, flags));
  const taking = takeOver === undefined ? {} : { takeOver };
  const input = await resolveItems(itemsFlag || job.definition.items, job.definition.key, job.folder);
  const asRun = flags.isRetry ? `agent-jobs run ${suggestionsFor(path, flags).run}` : undefined;
  await settleChanges(job, input, flags.changed, asRun);
  const inDoubt = await settleDoubt(job, input, flags.inDoubt);
  const only = flags.isRetry ? await chooseFailed(job, input, flags, inDoubt) : undefined;
  if (only?.size === 0) {
    tellNotice(`Nothing to retry: no item of ${safeText(job.name)} is failed.`, flags);
    return exit.ok;
  }
  if (flags.detach) return runDetached(job, { ...taking, inDoubt }, { path, folder, flags });
  const report = new RunReport(job, suggestionsFor(path, flags), only?.size);
  const tell = flags.json ? (event: RunEvent) => printJson(event) : (event: RunEvent) => report.take(event);
  const note = (message: string) => (flags.json ? tellNotice(message, flags) : report.note(message));
  installSignals(control, note, handed !== undefined);
  let outcome: RunOutcome;
  try {
    outcome = await runJob(job, input, {
      ...runOptions(flags, control, tell),
      ...(only && { only }),
      inDoubt,
      ...taking,
      onOpen: (status) => {
        handed?.begun(status().holder!.token);
        report.open(status, !flags.json);
      },
    });
  } finally {
    report.end();
  }
  if (outcome.error !== undefined) printError(messageOf(outcome.error));
  const ended = { ...outcome, exitCode: exitCodeOfRun(outcome.reason, outcome.error) };
  const after = await afterRun(job, ended, flags.json === true);
  if (!flags.json)
    for (const line of [...report.summary(outcome, after.isCleared), ...after.lines]) print(line);
  return after.exitCode;
}

/** A job that was renamed begins anew: its results are kept by its former name. */
async function warnOfFormer(jobFile: string): Promise<void> {
  const former = await formerJob(jobFile);
  if (!former) return;
  const [was, is] = [former.jobFile, jobFile].map((path) => safeText(basename(path)));
  printWarning(
    `${is} begins with no item done, and was called ${was} before, it seems: ${safeText(former.checkpoint)} has ${plural(former.done, "done item")} of the same job. To go on with those, stop this run and give the file its old name.`,
  );
}

/** Of a job whose program keeps its own checkpoint. */
async function runProgram(
  job: LoadedJobFile,
  control: RunControl,
  options: Parameters<typeof runCommand>[2],
  { json = false }: RunFlags,
): Promise<number> {
  let outcome: CommandOutcome;
  try {
    outcome = await runCommand(job, control, options);
  } catch (error) {
    // The run had begun; before that nobody is told.
    if (error instanceof AgentJobsError && error.code === "AJ_WORKER")
      await afterCommand(job, { reason: "error", exitCode: exitCodeOfError(error) }, json);
    throw error;
  }
  const { reason, exitCode, programSignal } = outcome;
  if (reason === "error")
    printError(
      `The command of ${job.name} ${programSignal ? `was ended by ${programSignal}` : `ended with exit code ${exitCode}`}. What it has recorded is kept. Look at its output, then run again.`,
    );
  const code = reason === "error" ? (exitCode ?? 2) : exitCodeOfRun(reason);
  const after = await afterCommand(job, { reason, exitCode: code }, json);
  for (const line of after.lines) printWarning(line);
  return after.exitCode;
}

function tellNotice(message: string, { json }: RunFlags): void {
  if (json) printJson({ event: "notice", message });
  else print(message);
}

function runOptions(flags: RunFlags, control: RunControl, onEvent: (event: RunEvent) => void) {
  const { concurrency, limit, onDamage, deadline } = flags;
  return {
    ...{ control, onEvent, onDamage },
    ...(concurrency !== undefined && { concurrency }),
    ...(limit !== undefined && { limit }),
    ...(deadline !== undefined && { deadlineMs: deadline }),
  };
}

/** The commands that are suggested name the same checkpoint and input as this one: another would start over. */
function suggestionsFor(path: string, { checkpoint, as, items }: RunFlags): Suggestions {
  const word = shellWord(path);
  const flag = (name: string, value: string | undefined) =>
    value === undefined ? "" : ` ${name} ${shellWord(value)}`;
  const read = checkpoint === undefined ? word + flag("--as", as) : shellWord(checkpoint);
  return { run: word + flag("--checkpoint", checkpoint) + flag("--as", as) + flag("--items", items), read };
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError("Expected an integer of at least 1.");
  return number;
}
