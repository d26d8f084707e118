import { dirname } from "node:path";
import * as vscode from "vscode";
import { labelText } from "../../view/text.js";
import { unawaited } from "../log.js";
import { watch } from "../watched/watch.js";
import { forgetWatched } from "../watched/watchedFiles.js";
import type { Handler } from "./services.js";
import { jobOf, requireTrust } from "./target.js";

/** Watches checkpoints and files of other tools: those that it was called with or that were dropped, else one that a person chooses. */
export const watchFile: Handler = async ({ catalog, jobsView, log }, argument, selected) => {
  requireTrust();
  const given = Array.isArray(selected) && selected.length > 0 ? selected : [argument];
  const uris = given.filter((one) => one instanceof vscode.Uri);
  for (const uri of uris.length > 0 ? uris : await chosen()) {
    const job = await watch(catalog, uri.fsPath);
    // The row may be drawn a moment later, or the view be closed meanwhile.
    if (job) unawaited(log, "reveal", jobsView.reveal(job));
  }
};

async function chosen(): Promise<vscode.Uri[]> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const at = active?.scheme === "file" ? vscode.Uri.file(dirname(active.fsPath)) : folder;
  const picked = await vscode.window.showOpenDialog({
    ...(at && { defaultUri: at }),
    canSelectMany: true,
    openLabel: vscode.l10n.t("Watch"),
    title: vscode.l10n.t("Watch a checkpoint, a batch’s output, an evaluation’s results, or JSON Lines"),
  });
  return picked ?? [];
}

/** Takes a watched file off the list. The file stays as it is. */
export const stopWatching: Handler = async ({ catalog }, argument) => {
  requireTrust();
  const job = jobOf(catalog, argument) ?? (await pickWatched(catalog.jobs));
  if (!job) return;
  if (await forgetWatched(job.checkpoint)) return catalog.refresh();
  throw new Error(
    vscode.l10n.t(
      "{0} is watched by a pattern: change it in the setting agentJobs.watched.",
      labelText(job.name),
    ),
  );
};

async function pickWatched<J extends { name: string; checkpoint: string; source: { watched?: unknown } }>(
  jobs: readonly J[],
): Promise<J | undefined> {
  const picks = jobs
    .filter(({ source }) => source.watched)
    .map((job) => ({
      label: labelText(job.name),
      description: labelText(vscode.workspace.asRelativePath(job.checkpoint)),
      job,
    }));
  if (picks.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t("No file is watched."));
    return undefined;
  }
  return (
    await vscode.window.showQuickPick(picks, { placeHolder: vscode.l10n.t("Stop watching which file?") })
  )?.job;
}
