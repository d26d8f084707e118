import { access } from "node:fs/promises";
import * as vscode from "vscode";
import { logPathOf } from "../../runtime/runner/itemLog.js";
import { labelText } from "../../view/text.js";
import type { TreeNode } from "../tree/nodes/node.js";
import type { Handler } from "./services.js";
import { jobOf, targetOf } from "./target.js";

/** Opens what one item wrote to the log, from its row. */
export const showItemLog: Handler = async ({ catalog, itemLogs }, row) => {
  const job = jobOf(catalog, row);
  const { itemKey } = (row ?? {}) as Partial<TreeNode>;
  if (job && itemKey !== undefined) await itemLogs.show(job, itemKey);
};

/** Opens a job's whole log. */
export const openLog: Handler = async ({ catalog }, argument) => {
  const job = await targetOf(catalog, argument, "openable", vscode.l10n.t("Open the log of which job?"));
  if (!job) return;
  const path = logPathOf(job.checkpoint);
  try {
    await access(path);
  } catch {
    const message = vscode.l10n.t("{0} has no log: none of its items wrote to one.", labelText(job.name));
    void vscode.window.showInformationMessage(message);
    return;
  }
  await vscode.window.showTextDocument(vscode.Uri.file(path), { preview: true });
};
