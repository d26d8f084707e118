import * as vscode from "vscode";
import type { Handler } from "./services.js";
import { requireTrust, targetOf } from "./target.js";

/** Follows a run in a terminal, wherever it was started; closing the terminal leaves it running. */
export const attach: Handler = async ({ catalog, tasks }, argument) => {
  requireTrust();
  const job = await targetOf(catalog, argument, "stoppable", vscode.l10n.t("Follow which job?"));
  if (job) await vscode.tasks.executeTask(await tasks.followerOf(job));
};
