import { basename } from "node:path";
import * as vscode from "vscode";
import { type FormerJob, formerJob } from "../../runtime/runner/formerJob.js";
import { labelText, plural } from "../../view/text.js";
import { commandIds } from "../ids.js";
import type { Job } from "../job.js";
import { unawaited } from "../log.js";
import { sayNotStarted } from "./passing.js";
import type { Services } from "./services.js";

/**
 * Asks before a job begins that was renamed, it seems: what it finished is kept by its former name, and would be done, and
 * paid for, once more.
 * @returns whether it is to begin; where not, that was said
 */
export async function askOverFormer(services: Services, job: Job): Promise<boolean> {
  if (job.view !== null || job.jobFile === null) return true;
  const former = await formerJob(job.jobFile);
  if (!former) return true;
  const [was, is] = [former.jobFile, job.jobFile].map((path) => labelText(basename(path)));
  const rename = vscode.l10n.t("Rename It Back");
  const goOn = vscode.l10n.t("Run All Anew");
  const title = vscode.l10n.t("Run {0} from its first item?", labelText(job.name));
  const detail = vscode.l10n.t(
    "It seems that {0} was called {1} before: the checkpoint of that name has {2}. Results belong to a job by its name. By its old name it goes on where it was.",
    is!,
    was!,
    plural(former.done, "done item"),
  );
  const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, rename, goOn);
  if (answer === goOn) return true;
  if (answer === rename) await renameBack(services, job.jobFile, former);
  else sayNotStarted(services, job);
  return false;
}

/** Gives a job file its former name, and offers to go on with it. */
async function renameBack(services: Services, jobFile: string, former: FormerJob): Promise<void> {
  const { catalog, jobsView, log } = services;
  const [was, is] = [former.jobFile, jobFile].map((path) => labelText(basename(path)));
  const edit = new vscode.WorkspaceEdit();
  edit.renameFile(vscode.Uri.file(jobFile), vscode.Uri.file(former.jobFile), { overwrite: false });
  if (!(await vscode.workspace.applyEdit(edit)))
    throw new Error(vscode.l10n.t("{0} could not be renamed to {1}: rename it by hand.", is!, was!));
  await catalog.refresh();
  const back = catalog.job(former.jobFile);
  if (!back) return;
  await jobsView.reveal(back);
  const resume = vscode.l10n.t("Resume");
  const message = vscode.l10n.t("{0} has its name back, with {1}.", was!, plural(former.done, "done item"));
  const asked = vscode.window.showInformationMessage(message, resume).then((answer) => {
    if (answer === resume) return vscode.commands.executeCommand(commandIds.resume, back.id);
  });
  // What asked for a run is not to wait for an answer that may never come.
  unawaited(log, "message", asked);
}
