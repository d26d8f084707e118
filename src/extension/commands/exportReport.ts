import * as vscode from "vscode";
import { CheckpointFollower } from "../../runtime/store/follow.js";
import { lookAtLock } from "../../runtime/store/lockHolder.js";
import { jobView } from "../../view/jobView.js";
import { reportPage } from "../../view/report/page.js";
import { reportData } from "../../view/report/reportData.js";
import { ReportTimeline } from "../../view/report/timeline.js";
import { labelText } from "../../view/text.js";
import type { Job } from "../job.js";
import { Turns } from "../watching/turns.js";
import { placeBeside } from "./placeBeside.js";
import type { Handler } from "./services.js";
import { targetOf } from "./target.js";

/** Saves a page with a job's figures where a person says, without results and ids, and offers to open it. */
export const exportReport: Handler = async ({ catalog }, argument) => {
  const job = await targetOf(catalog, argument, "openable", vscode.l10n.t("Export a report of which job?"));
  if (!job) return;
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Export a Report of {0}", labelText(job.name)),
    defaultUri: placeBeside(job, "report.html"),
    filters: { [vscode.l10n.t("Web page")]: ["html"] },
  });
  if (!uri) return;
  const page = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: vscode.l10n.t("Writing the report…") },
    () => pageOf(job, new Turns().next),
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

/** Reads the checkpoint once more: over time it tells more than is kept of it. */
async function pageOf({ checkpoint, source }: Job, turn: () => Promise<void>): Promise<string> {
  const timeline = new ReportTimeline();
  const follower = new CheckpointFollower(checkpoint, {
    readAs: source.watched ?? {},
    turn,
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
