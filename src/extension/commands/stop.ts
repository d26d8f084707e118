import * as vscode from "vscode";
import { requestStop } from "../../runtime/store/stopRequest.js";
import { labelText } from "../../view/text.js";
import { mayWrite } from "./place.js";
import type { Handler } from "./services.js";
import { requireTrust, targetOf } from "./target.js";

/** Asks a job's run, wherever it was started, to finish what is in flight and end. */
export const stop: Handler = async ({ catalog }, argument) => {
  requireTrust();
  const job = await targetOf(catalog, argument, "stoppable", vscode.l10n.t("Stop which job?"));
  if (!job || !(await mayWrite(job.checkpoint, job.name))) return;
  const token = await requestStop(job.checkpoint);
  await catalog.refreshJob(job);
  if (token === null)
    void vscode.window.showInformationMessage(vscode.l10n.t("{0} is not running.", labelText(job.name)));
};
