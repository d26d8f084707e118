import * as vscode from "vscode";
import { liveHolder } from "../../runtime/store/lockHolder.js";
import { counted, labelText, plural, timeText } from "../../view/text.js";
import { commandIds, jobsViewId } from "../ids.js";
import { agreeTo } from "../items/agreedLoads.js";
import type { Job } from "../job.js";
import type { PlanSetting } from "../settings.js";
import { jobOfTask } from "../tasks/jobTask.js";
import { endOverdue } from "../tasks/overdueTasks.js";
import { askOverFormer } from "./former.js";
import { sayNotStarted, sayOfRun } from "./passing.js";
import { mayWrite } from "./place.js";
import { askOverPlan } from "./planBeforeRun.js";
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

/**
 * Launches a job's task, unless it is live or must not be run as it is.
 * @param retried how many failed items are to be tried again, and nothing else done
 * @param setting when it asks over the plan; by default the person's choice
 */
export async function start(
  services: Services,
  job: Job,
  extraArgs: readonly string[] = [],
  retried?: number,
  setting?: PlanSetting,
): Promise<void> {
  if (job.starting || job.jobFile === null) return;
  if (!(await mayWrite(job.checkpoint, job.name)) || (await refuseLive(job))) return;
  await services.catalog.refreshJob(job);
  const asked = standingOf(job);
  if (!(await askOverFormer(services, job))) return;
  const args = await askOverDamage(services, job);
  if (args === undefined) return;
  // A choice that was made already needs no further question.
  const planned = extraArgs.includes("--changed")
    ? []
    : await askOverPlan(services, job, extraArgs, retried, setting);
  if (planned === undefined) return;
  const outlives = await services.outliving.settle(job);
  if (outlives === undefined) return sayNotStarted(services, job);
  await services.catalog.refreshJob(job);
  // A question may wait behind the bell while the job is run or cleared by other ways: then it is of another state.
  if (standingOf(job) !== asked) return start(services, job, extraArgs, retried, setting);
  await agreeTo(job.jobFile);
  if (retried === undefined || planned.includes("redo")) {
    sayOfRun(
      services,
      job,
      planned.includes("redo") ? vscode.l10n.t("Redoing what the change affects.") : takenText(job),
    );
    const given = retried === undefined ? extraArgs : [];
    return launch(services, job, "run", [...args, ...planned, ...given], outlives);
  }
  sayOfRun(services, job, vscode.l10n.t("Retrying {0}.", plural(retried, "failed item")));
  await launch(services, job, "retry", [...args, ...planned, ...extraArgs], outlives);
}

/**
 * Launches a job's task. Whatever there is to ask was asked.
 * @param outlives whether the run goes on when the window is closed
 */
export async function launch(
  services: Services,
  job: Job,
  command: "run" | "retry",
  args: readonly string[],
  outlives: boolean,
): Promise<void> {
  if (job.starting || (await refuseLive(job))) return;
  await endOverdue((task) => jobOfTask(services.catalog, task) === job);
  if (job.starting) return;
  job.starting = true;
  services.plans.withdraw(job);
  services.catalog.announce(job);
  try {
    const task = await services.tasks.taskOf(job, args, outlives, command);
    await services.tasks.launches.launch(job, task);
  } catch (error) {
    job.starting = false;
    services.catalog.announce(job);
    throw error;
  }
}

/** What a question over a run told of its job, as far as another run, a repair or a clear would change it. */
function standingOf({ latestToken, view }: Job): string {
  const { done, failed, inDoubt, damaged } = view?.status ?? {};
  return JSON.stringify([latestToken, done, failed, inDoubt, damaged]);
}

/** How many items a run takes, as far as the checkpoint tells. */
function takenText(job: Job): string {
  const { done, total } = job.view?.status ?? { done: 0, total: null };
  if (done === 0) return vscode.l10n.t("Starting.");
  if (total === null) return vscode.l10n.t("Resuming after {0}.", plural(done, "done item"));
  return vscode.l10n.t("Resuming: {0} to do, {1} done.", plural(Math.max(0, total - done), "item"), done);
}

/** Says who holds a job; whether anybody does. */
async function refuseLive(job: Job): Promise<boolean> {
  const holder = await liveHolder(job.checkpoint);
  if (!holder) return false;
  const show = vscode.l10n.t("Show Jobs");
  const message = vscode.l10n.t(
    "{0} is running already: pid {1} on {2}, since {3}.",
    labelText(job.name),
    holder.pid,
    labelText(holder.host),
    timeText(holder.sinceMs),
  );
  void vscode.window.showWarningMessage(message, show).then((answer) => {
    if (answer === show) void vscode.commands.executeCommand(`${jobsViewId}.focus`);
  });
  return true;
}

/** The further arguments for a run; undefined where it is not to start. */
async function askOverDamage(services: Services, job: Job): Promise<string[] | undefined> {
  const view = job.view;
  if (!view?.status.damaged) return [];
  const repair = vscode.l10n.t("Repair…");
  const goOn = vscode.l10n.t("Run Anyway");
  const title = vscode.l10n.t("The checkpoint of {0} is damaged. Run it as it is?", labelText(job.name));
  const detail = counted(
    view.scan.damageCount,
    "It has {0} damaged line. What that may have held is done again, unless a repair can save it.",
    "It has {0} damaged lines. What they may have held is done again, unless a repair can save it.",
  );
  const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, repair, goOn);
  if (answer === repair) await vscode.commands.executeCommand(commandIds.repair, job.id);
  else if (answer !== goOn) sayNotStarted(services, job);
  return answer === goOn ? ["--on-damage", "continue"] : undefined;
}
