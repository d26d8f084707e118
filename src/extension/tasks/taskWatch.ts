import * as vscode from "vscode";
import { startedAgainVariable } from "../../runtime/startedAgain.js";
import { changeLines } from "../../view/changeText.js";
import { labelText } from "../../view/text.js";
import type { Services } from "../commands/services.js";
import type { Job } from "../job.js";
import { reportFailure, unawaited } from "../log.js";
import { endedByPerson, stoppedEarly, undecided } from "./exitCodes.js";
import { type JobTaskDefinition, jobFileOf, jobOfTask } from "./jobTask.js";
import { outlivingArgs } from "./outliving.js";
import { lives } from "./processes.js";
import { errorText, type TaskEnd } from "./taskErrors.js";

/** How long a launched task may take until it has a process. */
const launchPatienceMs = 30_000;
const lookMs = 1_000;
/** How long finding out what has changed may keep a person from being asked about it. */
const planPatienceMs = 10_000;

/** Why a run did not begin, by its exit code. */
function reasonOf(exitCode: number): string {
  switch (exitCode) {
    case 2:
      return vscode.l10n.t("its job file or its input cannot be used");
    case 3:
      return vscode.l10n.t("its checkpoint is damaged");
    case 4:
      return vscode.l10n.t("another run holds it");
    case 74:
      return vscode.l10n.t("its checkpoint cannot be written");
    default:
      return vscode.l10n.t("its process ended with exit code {0}", exitCode);
  }
}

interface Waiting {
  jobId: string;
  /** The lock's token of the latest run before this one. */
  tokenBefore: string;
}

/**
 * Follows tasks of our type, whoever started them, until their run holds its job. From there on the lock tells what
 * runs: a task's end and its exit code do not. What never got so far is told.
 */
export function registerTaskWatch(services: Services): vscode.Disposable {
  const { catalog, log, tasks } = services;
  const waiting = new Map<vscode.TaskExecution, Waiting>();
  /** What says that a job which is starting still is: its process, or, before there is one, the time. */
  const launches = new Map<Job, { pid: number | undefined; sinceMs: number }>();
  /** Runs that were live in this window, by their locks' tokens. */
  const seenRuns = new Set<string>();
  const setStarting = (job: Job, starting: boolean) => {
    if (!starting) launches.delete(job);
    if (job.starting === starting) return;
    job.starting = starting;
    catalog.announce(job);
  };
  // VS Code does not tell of every end: after a reload of the window it may begin with tasks that are over.
  const look = setInterval(() => {
    for (const [job, { pid, sinceMs }] of launches) {
      if (!job.starting) launches.delete(job);
      else if (pid === undefined ? performance.now() - sinceMs > launchPatienceMs : !lives(pid))
        setStarting(job, false);
    }
  }, lookMs);
  const takeEnd = async (execution: vscode.TaskExecution, job: Job, exitCode: number | undefined) => {
    const { task } = execution;
    const definition = task.definition as JobTaskDefinition;
    const jobFile = jobFileOf(definition, task.scope);
    const end = await tasks.errors.ended(job, task, jobFile, definition.args ?? []);
    const waits = waiting.get(execution);
    waiting.delete(execution);
    if (!waits || !exitCode || endedByPerson.has(exitCode)) return catalog.refreshJob(job);
    // Its run may have been over before it was seen, even at a place that nobody knew.
    await catalog.refresh();
    const now = jobOfTask(catalog, task) ?? job;
    if (now.latestToken !== waits.tokenBefore) return;
    if (exitCode === stoppedEarly) {
      // Whoever has resumed it meanwhile, or saw it end in this window, needs no offer.
      const isNews = !tasks.launches.isPending(now) && !seenRuns.has(now.latestToken);
      if (isNews && end.message !== undefined && wasStartedAgain(task))
        await offerResume(services, now, definition);
      return;
    }
    log.info(`${job.name}: the process ended with exit code ${exitCode} and did not begin a run.`);
    await (exitCode === undecided
      ? askOverChange(services, now, definition)
      : tellFailure(now, exitCode, end));
  };
  return vscode.Disposable.from(
    { dispose: () => clearInterval(look) },
    vscode.tasks.onDidStartTaskProcess(({ execution, processId }) => {
      const job = jobOfTask(catalog, execution.task);
      if (!job) return;
      tasks.errors.began(job);
      // After a reload of the window VS Code tells of tasks that have been running all along.
      if (job.holder !== null) return;
      waiting.set(execution, { jobId: job.id, tokenBefore: job.latestToken });
      // What VS Code starts again does nothing, and is not to be seen starting.
      if (!lives(processId) || wasStartedAgain(execution.task)) return;
      launches.set(job, { pid: processId, sinceMs: performance.now() });
      setStarting(job, true);
    }),
    catalog.onDidChangeJob((job) => {
      if (job.starting && !launches.has(job))
        launches.set(job, { pid: undefined, sinceMs: performance.now() });
      if (job.holder === null) return;
      seenRuns.add(job.holder.token);
      for (const [execution, { jobId }] of waiting) if (jobId === job.id) waiting.delete(execution);
    }),
    vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      const job = jobOfTask(catalog, execution.task);
      if (!job) return;
      setStarting(job, false);
      unawaited(log, "end of a task", takeEnd(execution, job, exitCode));
    }),
    vscode.tasks.onDidEndTask(({ execution }) => {
      const job = jobOfTask(catalog, execution.task);
      // A process that could not be created at all ends its task alone.
      if (job) setStarting(job, false);
    }),
  );
}

const wasStartedAgain = ({ execution }: vscode.Task): boolean =>
  execution instanceof vscode.ProcessExecution && execution.options?.env?.[startedAgainVariable] === "yes";

/** VS Code wanted to go on with a task whose run had ended: whether it goes on is for the person to say. */
async function offerResume(services: Services, job: Job, definition: JobTaskDefinition): Promise<void> {
  if (!job.capabilities(vscode.workspace.isTrusted).has("resumable")) return;
  const resume = vscode.l10n.t("Resume");
  const message = vscode.l10n.t(
    "The run of {0} ended while the window was reloaded. It was not started again.",
    labelText(job.name),
  );
  if ((await vscode.window.showInformationMessage(message, resume)) === resume)
    await startAgain(services, job, definition);
}

async function askOverChange(services: Services, job: Job, definition: JobTaskDefinition): Promise<void> {
  const keep = vscode.l10n.t("Keep Results");
  const redo = vscode.l10n.t("Redo");
  const message = vscode.l10n.t(
    "{0} has changed since its results were made. {1} Keep what is done, or do again what is affected? Nothing is deleted: the old checkpoint is kept.",
    labelText(job.name),
    await changesOf(services, job, definition.args),
  );
  const answer = await vscode.window.showWarningMessage(message, keep, redo);
  if (answer !== keep && answer !== redo) return;
  if (answer === keep) await startAgain(services, job, definition, ["--changed", "keep"]);
  // What failed is taken back with the results: a retry would find nothing to do.
  else
    await startAgain(services, job, { ...definition, command: "run", args: limitsOf(definition) }, redoing);
}

const redoing = ["--changed", "redo"];

/** Of a retry's arguments those that do not choose items; all of a run. */
function limitsOf({ command, args = [] }: JobTaskDefinition): string[] {
  if (command !== "retry") return args;
  const isLimit = (arg = "") => /^--(limit|deadline|concurrency)(=|$)/.test(arg);
  return args.filter((arg, i) => isLimit(arg) || (isLimit(args[i - 1]) && !args[i - 1]!.includes("=")));
}

/** Goes on with what a task was to do, and with no more: its limits and the items that it chose stay. */
async function startAgain(
  services: Services,
  job: Job,
  { command, args = [] }: JobTaskDefinition,
  more: readonly string[] = [],
): Promise<void> {
  try {
    const given = args.filter((arg) => !outlivingArgs.includes(arg));
    const retried = command === "retry" ? job.view?.status.failed : undefined;
    const { start } = await import("../commands/run.js");
    await start(services, job, [...given, ...more], retried);
  } catch (error) {
    reportFailure(services.log, "Run", error);
  }
}

/** What is not as it was, in sentences; in general terms where the plan does not come. */
async function changesOf({ tasks, log }: Services, job: Job, args: readonly string[] = []): Promise<string> {
  const outcome = await tasks.planOf(job, args, AbortSignal.timeout(planPatienceMs));
  const lines = "plan" in outcome ? changeLines(outcome.plan.changed) : [];
  if ("plan" in outcome && lines.length > 0) {
    const { redoSummary } = await import("../../view/planText.js");
    lines.push(redoSummary(outcome.plan));
  }
  if (lines.length > 0) return lines.filter(Boolean).map(labelText).join(" ");
  if ("error" in outcome) log.warn(`${job.name}: what has changed is not known: ${outcome.error}`);
  return vscode.l10n.t("Its parameters, its code or its items are others.");
}

async function tellFailure(job: Job, exitCode: number, { message, showOutput }: TaskEnd): Promise<void> {
  const reason = message === undefined ? `${reasonOf(exitCode)}.` : errorText(message);
  const text = vscode.l10n.t("{0} did not start: {1}", labelText(job.name), reason);
  const { tellJobFileError } = await import("./jobFileError.js");
  await tellJobFileError(text, message, job.jobFile, showOutput);
}
