import * as vscode from "vscode";
import { labelText } from "../../view/text.js";
import { start } from "../commands/run.js";
import type { Services } from "../commands/services.js";
import { taskType } from "../ids.js";
import type { Job } from "../job.js";
import { reportFailure, unawaited } from "../log.js";
import { type JobTaskDefinition, jobFileOf, labelOf } from "./jobTask.js";

/** A run that wants to be told what to do about changed parameters: exit code 5 of the command line's contract. */
const undecided = 5;

/** Why a run did not begin, by its exit code. */
function reasonOf(exitCode: number): string | undefined {
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
      return undefined;
  }
}

/**
 * Follows tasks of our type, whoever started them, until their run holds its job. From there on the lock tells what
 * runs: a task's end and its exit code do not. What never got so far is told.
 */
export function registerTaskWatch(services: Services): vscode.Disposable {
  const { catalog, log } = services;
  const waiting = new Map<vscode.TaskExecution, Job>();
  const setStarting = (job: Job, starting: boolean) => {
    if (job.starting === starting) return;
    job.starting = starting;
    catalog.announce(job);
  };
  return vscode.Disposable.from(
    vscode.tasks.onDidStartTask(({ execution }) => {
      const job = jobOfTask(services, execution.task);
      // After a reload of the window VS Code tells of tasks that have been running all along.
      if (!job || job.holder !== null) return;
      waiting.set(execution, job);
      setStarting(job, true);
    }),
    catalog.onDidChangeJob((job) => {
      if (job.holder === null) return;
      for (const [execution, waits] of waiting) if (waits.id === job.id) waiting.delete(execution);
    }),
    vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      const job = jobOfTask(services, execution.task);
      if (!job) return;
      const neverHeld = waiting.delete(execution);
      setStarting(job, false);
      unawaited(log, "refresh", catalog.refreshJob(job));
      if (!neverHeld || exitCode === undefined) return;
      log.info(`${job.name}: the process ended with exit code ${exitCode} before its run was seen.`);
      if (exitCode === undecided) unawaited(log, "changed", askOverChange(services, job));
      else if (reasonOf(exitCode)) unawaited(log, "failed start", tellFailure(job, execution.task, exitCode));
    }),
    vscode.tasks.onDidEndTask(({ execution }) => {
      const job = waiting.get(execution);
      // A process that could not be created at all ends its task alone.
      if (job) setStarting(job, false);
    }),
  );
}

function jobOfTask({ catalog }: Services, task: vscode.Task): Job | undefined {
  if (task.definition.type !== taskType) return undefined;
  const definition = task.definition as JobTaskDefinition;
  const jobFile = jobFileOf(definition, task.scope);
  return catalog.jobs.find((job) => job.jobFile === jobFile && job.source.label === labelOf(definition));
}

async function askOverChange(services: Services, job: Job): Promise<void> {
  const keep = vscode.l10n.t("Keep Results");
  const redo = vscode.l10n.t("Redo All");
  const message = vscode.l10n.t(
    "The parameters of {0} are not those of its latest run. Keep what is done with the old ones, or do all items again? Nothing is deleted: to redo moves the checkpoint to a backup.",
    labelText(job.name),
  );
  const answer = await vscode.window.showWarningMessage(message, keep, redo);
  if (answer !== keep && answer !== redo) return;
  try {
    await start(services, job, ["--changed", answer === keep ? "keep" : "redo"]);
  } catch (error) {
    reportFailure(services.log, "Run", error);
  }
}

async function tellFailure(job: Job, task: vscode.Task, exitCode: number): Promise<void> {
  const show = vscode.l10n.t("Show Terminal");
  const message = vscode.l10n.t("{0} did not start: {1}.", labelText(job.name), reasonOf(exitCode) ?? "");
  const answer = await vscode.window.showErrorMessage(message, show);
  if (answer === show) vscode.window.terminals.find(({ name }) => name.includes(task.name))?.show();
}
