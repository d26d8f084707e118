import * as vscode from "vscode";
import { liveHolder } from "../../runtime/store/jsonlStore.js";
import { plural, safeText, timeText } from "../../view/text.js";
import { commandIds, jobsViewId } from "../ids.js";
import type { Job } from "../job.js";
import { unawaited } from "../log.js";
import type { Handler, Services } from "./services.js";
import { requireTrust, targetOf } from "./target.js";

/** Starts a job that never ran, or that is finished. */
export const run: Handler = async (services, argument) => {
  requireTrust();
  const job = await targetOf(services.catalog, argument, "runnable", vscode.l10n.t("Run which job?"));
  if (job) await start(services, job);
};

/** Goes on with a job where it was. */
export const resume: Handler = async (services, argument) => {
  requireTrust();
  const job = await targetOf(services.catalog, argument, "resumable", vscode.l10n.t("Resume which job?"));
  if (job) await start(services, job);
};

/** Launches a job's task, unless it is live or must not be run as it is. */
async function start(services: Services, job: Job): Promise<void> {
  if (job.starting || job.jobFile === null) return;
  if (await refuseLive(job)) return;
  await services.catalog.refreshJob(job);
  const args = await askOverDamage(job);
  if (args === undefined) return;
  job.starting = true;
  services.catalog.announce(job);
  try {
    const task = await services.tasks.taskOf(job, args);
    const execution = await vscode.tasks.executeTask(task);
    watchStart(services, job, execution);
  } catch (error) {
    job.starting = false;
    services.catalog.announce(job);
    throw error;
  }
}

/** Says who holds a job; whether anybody does. */
async function refuseLive(job: Job): Promise<boolean> {
  const holder = await liveHolder(job.checkpoint);
  if (!holder) return false;
  const show = vscode.l10n.t("Show Jobs");
  const message = vscode.l10n.t(
    "{0} is running already: pid {1} on {2}, since {3}.",
    safeText(job.name),
    holder.pid,
    safeText(holder.host),
    timeText(holder.sinceMs),
  );
  void vscode.window.showWarningMessage(message, show).then((answer) => {
    if (answer === show) void vscode.commands.executeCommand(`${jobsViewId}.focus`);
  });
  return true;
}

/** The further arguments for a run; undefined where it is not to start. */
async function askOverDamage(job: Job): Promise<string[] | undefined> {
  const view = job.view;
  if (!view?.status.damaged) return [];
  const repair = vscode.l10n.t("Repair…");
  const goOn = vscode.l10n.t("Run Anyway");
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t(
      "The checkpoint of {0} has {1}. What they may have held is done again, unless a repair can save it.",
      safeText(job.name),
      plural(view.scan.damageCount, "damaged line"),
    ),
    repair,
    goOn,
  );
  if (answer === repair) await vscode.commands.executeCommand(commandIds.repair, job.id);
  return answer === goOn ? ["--on-damage", "continue"] : undefined;
}

/** Exit codes of a run that never began, by the command line's contract. */
const startFailures = new Set([2, 3, 4, 5, 74]);

/** Follows a task until the run holds its job or the process is gone: the lock tells the rest. */
function watchStart({ catalog, log }: Services, job: Job, execution: vscode.TaskExecution): void {
  let held = false;
  const seen = catalog.onDidChangeJob((changed) => {
    if (changed === job && job.holder !== null) held = true;
  });
  const ended = vscode.tasks.onDidEndTask((event) => {
    if (event.execution !== execution) return;
    finish();
    unawaited(log, "refresh", catalog.refreshJob(job));
  });
  const exited = vscode.tasks.onDidEndTaskProcess(({ execution: of, exitCode }) => {
    if (of !== execution || held || exitCode === undefined || !startFailures.has(exitCode)) return;
    log.warn(`${job.name}: the run ended with exit code ${exitCode} before it began.`);
    unawaited(log, "message", tellFailedStart(job, execution.task.name));
  });
  const finish = () => {
    if (job.starting) {
      job.starting = false;
      catalog.announce(job);
    }
    // The process's end is told after the task's, or before it.
    setImmediate(() => vscode.Disposable.from(seen, ended, exited).dispose());
  };
}

async function tellFailedStart(job: Job, taskName: string): Promise<void> {
  const show = vscode.l10n.t("Show Terminal");
  const message = vscode.l10n.t("{0} could not be started. The terminal says why.", safeText(job.name));
  const answer = await vscode.window.showErrorMessage(message, show);
  if (answer === show) vscode.window.terminals.find((terminal) => terminal.name.includes(taskName))?.show();
}
