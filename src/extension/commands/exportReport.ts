import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { fileStemOf } from "../../runtime/runner/jobPaths.js";
import { CheckpointFollower } from "../../runtime/store/follow.js";
import { lookAtLock } from "../../runtime/store/lockHolder.js";
import { jobView } from "../../view/jobView.js";
import { reportPage } from "../../view/report/page.js";
import { reportData } from "../../view/report/reportData.js";
import { ReportTimeline } from "../../view/report/timeline.js";
import { labelText } from "../../view/text.js";
import type { Job } from "../job.js";
import type { Handler } from "./services.js";
import { targetOf } from "./target.js";

/** Saves a page with a job's figures where a person says, without results and ids, and offers to open it. */
export const exportReport: Handler = async ({ catalog }, argument) => {
  const job = await targetOf(catalog, argument, "openable", vscode.l10n.t("Export a report of which job?"));
  if (!job) return;
  const { label } = job.source;
  const name = `${fileStemOf(label === null ? job.ownName : `${job.ownName}-${label}`)}-report.html`;
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Export a Report of {0}", labelText(job.name)),
    defaultUri: vscode.Uri.file(join(folderOf(job), name)),
    filters: { [vscode.l10n.t("Web page")]: ["html"] },
  });
  if (!uri) return;
  const page = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: vscode.l10n.t("Writing the report…") },
    () => pageOf(job),
  );
  await vscode.workspace.fs.writeFile(uri, Buffer.from(page));
  const open = vscode.l10n.t("Open");
  const done = vscode.l10n.t(
    "The report of {0} is saved: figures alone, no results, inputs or item ids. Look at it before you share it.",
    labelText(job.name),
  );
  if ((await vscode.window.showInformationMessage(done, open)) !== open) return;
  // A browser of this machine sees no file of another one.
  if (vscode.env.remoteName === undefined) await vscode.env.openExternal(uri);
  else await vscode.commands.executeCommand("vscode.open", uri);
};

/** Beside the job file; of a checkpoint alone, not among checkpoints. */
export function folderOf({ jobFile, checkpoint }: Job): string {
  if (jobFile !== null) return dirname(jobFile);
  return vscode.workspace.getWorkspaceFolder(vscode.Uri.file(checkpoint))?.uri.fsPath ?? dirname(checkpoint);
}

/** Reads the checkpoint once more: over time it tells more than is kept of it. */
async function pageOf({ checkpoint, source }: Job): Promise<string> {
  const timeline = new ReportTimeline();
  const follower = new CheckpointFollower(checkpoint, {
    onRecord: ({ record }) => timeline.take(record),
    onRestart: () => timeline.restart(),
  });
  const lock = await lookAtLock(checkpoint);
  await follower.refresh();
  const view = jobView({
    ...{ checkpoint, fallbackName: source.name, state: follower.state, scan: follower.summary() },
    ...{ ...lock, nowMs: Date.now() },
  });
  return reportPage(reportData(view, timeline, { ids: false }));
}
