import { basename } from "node:path";
import * as vscode from "vscode";
import { clearCheckpoint } from "../../runtime/repair.js";
import { lossText } from "../../view/lossText.js";
import { labelText } from "../../view/text.js";
import type { Job } from "../job.js";
import { mayWrite } from "./place.js";
import type { Handler } from "./services.js";
import { requireTrust, targetOf } from "./target.js";
import { offerUndo } from "./undo.js";

/** Says what would be lost, asks, and moves the checkpoint to a dated backup. */
export const clear: Handler = async (services, argument) => {
  requireTrust();
  const { catalog } = services;
  const job = await targetOf(catalog, argument, "clearable", vscode.l10n.t("Clear which job?"));
  if (!job?.view || !(await mayWrite(job.checkpoint, job.name))) return;
  await catalog.refreshJob(job);
  // Another window may have cleared it since its row was drawn.
  const { view } = job;
  if (!view) return tellGone(job);
  const yes = vscode.l10n.t("Clear");
  const detail = [
    lossText(view),
    "",
    vscode.l10n.t("The checkpoint is moved to a backup beside it, so that this can be undone."),
  ].join("\n");
  const title = vscode.l10n.t("Clear the checkpoint of {0}?", labelText(job.name));
  if ((await vscode.window.showWarningMessage(title, { modal: true, detail }, yes)) !== yes) return;
  const backup = await clearCheckpoint(job.checkpoint);
  await catalog.refresh();
  if (backup === null) return tellGone(job);
  const done = vscode.l10n.t(
    "Cleared {0}. The checkpoint is kept as {1}.",
    labelText(job.name),
    labelText(basename(backup)),
  );
  offerUndo(services, job, done);
};

function tellGone(job: Job): void {
  const said = vscode.l10n.t("{0} has no checkpoint now: there is nothing to clear.", labelText(job.name));
  void vscode.window.showInformationMessage(said);
}
