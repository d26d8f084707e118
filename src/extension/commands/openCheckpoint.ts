import * as vscode from "vscode";
import type { Handler } from "./services.js";
import { targetOf } from "./target.js";

/** Opens a job's checkpoint in an editor. */
export const openCheckpoint: Handler = async ({ catalog }, argument) => {
  const job = await targetOf(catalog, argument, "openable", vscode.l10n.t("Open which checkpoint?"));
  if (job) await open(job.checkpoint);
};

/** Opens a line, counted from 1, of a job's checkpoint. */
export const openLine: Handler = async ({ catalog }, id, line) => {
  const job = catalog.job(id as string);
  if (!job) return;
  const at = new vscode.Position((line as number) - 1, 0);
  await open(job.checkpoint, new vscode.Range(at, at));
};

/** By its address alone: of a file above 50 MB extensions get no document, and no editor to show one in. */
async function open(checkpoint: string, selection?: vscode.Range): Promise<void> {
  const options: vscode.TextDocumentShowOptions = { preview: true, ...(selection && { selection }) };
  await vscode.commands.executeCommand("vscode.open", vscode.Uri.file(checkpoint), options);
}
