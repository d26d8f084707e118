import * as vscode from "vscode";
import { failuresUri } from "../failures/failuresDocument.js";
import type { Handler } from "./services.js";
import { targetOf } from "./target.js";

/** Opens the list of a job's failed items by cause, with their messages. */
export const showFailures: Handler = async ({ catalog }, argument) => {
  const job = await targetOf(
    catalog,
    argument,
    "hasFailures",
    vscode.l10n.t("Show the failures of which job?"),
  );
  if (job) await vscode.window.showTextDocument(failuresUri(job), { preview: true });
};
