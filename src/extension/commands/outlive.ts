import * as vscode from "vscode";
import type { Handler } from "./services.js";
import { requireTrust, targetOf } from "./target.js";

/** Lets a person say again whether a job's runs end with the window. */
export const chooseOutliving: Handler = async ({ catalog, outliving }, argument) => {
  requireTrust();
  const job = await targetOf(
    catalog,
    argument,
    ["runnable", "resumable"],
    vscode.l10n.t("Choose for which job?"),
  );
  if (job) await outliving.ask(job);
};
