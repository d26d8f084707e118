import * as vscode from "vscode";
import type { Handler } from "./services.js";
import { targetOf } from "./target.js";

/** Opens a job's checkpoint in an editor. */
export const openCheckpoint: Handler = async ({ catalog }, argument) => {
  const job = await targetOf(catalog, argument, "openable", vscode.l10n.t("Open which checkpoint?"));
  if (job) await vscode.window.showTextDocument(vscode.Uri.file(job.checkpoint), { preview: true });
};

/** Opens a line, counted from 1, of a job's checkpoint. */
export const openLine: Handler = async ({ catalog }, id, line) => {
  const job = catalog.job(id as string);
  if (!job) return;
  const at = new vscode.Position((line as number) - 1, 0);
  await vscode.window.showTextDocument(vscode.Uri.file(job.checkpoint), {
    preview: true,
    selection: new vscode.Range(at, at),
  });
};
