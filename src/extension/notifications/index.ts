import * as vscode from "vscode";
import { endingText } from "../../view/jobRow.js";
import type { JobView } from "../../view/jobView.js";
import { countText, labelText, plural } from "../../view/text.js";
import { commandIds } from "../ids.js";
import type { Job } from "../job.js";
import type { EndedRun, JobCatalog } from "../jobCatalog.js";
import { type Log, unawaited } from "../log.js";
import { notificationLevel } from "../settings.js";
import { errorText, type TaskErrors } from "../tasks/taskErrors.js";
import { openBudget } from "./openBudget.js";

interface Action {
  title: string;
  command: string | (() => PromiseLike<void> | void);
}

interface Notice {
  problem: boolean;
  text: string;
  actions: Action[];
}

/** Tells of runs that end while the window is open, each once, and not where the person is looking at the jobs. */
export function registerNotifications(
  catalog: JobCatalog,
  errors: TaskErrors,
  log: Log,
  isLooking: () => boolean,
): vscode.Disposable {
  const told = new Set<string>();
  return catalog.onDidEndRun(({ job, token }: EndedRun) => {
    if (told.has(token)) return;
    told.add(token);
    const level = notificationLevel();
    const notice = job.view ? noticeOf(job, job.view, token) : noticeOfCleared(job);
    if (!notice || level === "off" || (level === "problems" && !notice.problem)) return;
    if (isLooking() || job.isDebugged) return;
    const isError = job.view?.status.lastRun?.ended === "error";
    const telling = isError
      ? withReason(job, notice, errors).then((all) => tell(job, all))
      : tell(job, notice);
    unawaited(log, "notification", telling);
  });
}

/** What a run said of its error is on a terminal that nobody looks at. */
async function withReason(job: Job, notice: Notice, errors: TaskErrors): Promise<Notice> {
  const end = await errors.of(job);
  if (!end) return notice;
  const show = { title: vscode.l10n.t("Show Output"), command: () => end.showOutput() };
  const text = end.message === undefined ? notice.text : `${notice.text} ${errorText(end.message)}`;
  return { ...notice, text, actions: [...notice.actions, show] };
}

async function tell(job: Job, { problem, text, actions }: Notice): Promise<void> {
  const show = problem ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  const titles = actions.map((action) => action.title);
  const answer = await show(text, ...titles);
  const chosen = actions.find((action) => action.title === answer);
  if (typeof chosen?.command === "function") await chosen.command();
  else if (chosen) await vscode.commands.executeCommand(chosen.command, job.id);
}

/** What is to be said of the run that this token named; null where it ended as somebody wished. */
function noticeOf(job: Job, view: JobView, token: string): Notice | null {
  const { status } = view;
  const last = status.lastRun;
  if (!last || last.run.token !== token) return null;
  const name = labelText(job.name);
  const open = { title: vscode.l10n.t("Open"), command: commandIds.openCheckpoint };
  const results = { title: vscode.l10n.t("Open Results"), command: commandIds.openResults };
  const resume = { title: vscode.l10n.t("Resume"), command: commandIds.resume };
  const failures = { title: vscode.l10n.t("Show Failures"), command: commandIds.showFailures };
  switch (last.ended) {
    case "finished":
      return {
        problem: false,
        text: vscode.l10n.t("{0} is finished: {1} done.", name, plural(status.done, "item")),
        actions: status.done > 0 ? [results] : [open],
      };
    case "finished-with-failures":
      return {
        problem: true,
        text: vscode.l10n.t(
          "{0} ended with {1}; {2} are done.",
          name,
          plural(status.failed, "failed item"),
          countText(status.done),
        ),
        actions: resumable(job, [failures, resume]),
      };
    case "killed":
    case "out-of-memory":
    case "unknown":
    case "error":
    case "budget":
    case "deadline":
    case "stop-condition":
    case "max-failures":
    case "auth": {
      const detail = last.run.ended?.detail;
      return {
        problem: true,
        text: vscode.l10n.t(
          "{0} {1}. {2}; nothing finished is lost.",
          name,
          `${endingText(last.ended, last)}${detail === undefined ? "" : ` (${labelText(detail)})`}`,
          countsText(status),
        ),
        actions: actionsOf(last.ended, job, nextSteps(last.ended, status.failed, { resume, failures, open })),
      };
    }
    default:
      return null;
  }
}

/** `54 items done, 5 failed, 1 in doubt` */
function countsText({ done, failed, inDoubt }: JobView["status"]): string {
  return [
    vscode.l10n.t("{0} done", plural(done, "item")),
    ...(failed > 0 ? [vscode.l10n.t("{0} failed", countText(failed))] : []),
    ...(inDoubt > 0 ? [vscode.l10n.t("{0} in doubt", countText(inDoubt))] : []),
  ].join(", ");
}

/** A run that its failures ended would end so again: they come first there. */
function nextSteps(
  ended: string,
  failed: number,
  { resume, failures, open }: Record<"resume" | "failures" | "open", Action>,
): Action[] {
  if (failed === 0) return [resume, open];
  return ended === "max-failures" || ended === "auth" ? [failures, resume] : [resume, failures];
}

/** Of a job that was cleared as soon as all was done, before anybody looked at it. */
function noticeOfCleared({ cleared, name }: Job): Notice | null {
  if (!cleared?.finished) return null;
  const text = vscode.l10n.t("{0} is finished; its checkpoint was cleared to a backup.", labelText(name));
  return { problem: false, text, actions: [] };
}

/** A run that its budget ended would end at once again: the budget comes first. */
function actionsOf(ended: string, job: Job, actions: Action[]): Action[] {
  const { jobFile } = job;
  if (ended !== "budget" || jobFile === null) return resumable(job, actions);
  const raise = { title: vscode.l10n.t("Raise Budget"), command: () => openBudget(jobFile) };
  return [raise, ...actions.filter(({ command }) => command !== commandIds.openCheckpoint)];
}

/** A checkpoint without a job file is not for us to go on with. */
function resumable({ jobFile }: Job, actions: Action[]): Action[] {
  return jobFile === null ? actions.filter(({ command }) => command !== commandIds.resume) : actions;
}
