import * as vscode from "vscode";
import { saveResults as save } from "../../runtime/saveResults.js";
import { countText, labelText, plural } from "../../view/text.js";
import type { Job } from "../job.js";
import { resultsUri } from "../results/resultsDocument.js";
import { placeBeside } from "./placeBeside.js";
import type { Handler } from "./services.js";
import { targetOf } from "./target.js";

/** Shows a job's results so far in an editor that nobody can write in. */
export const openResults: Handler = async ({ catalog }, argument) => {
  const job = await targetOf(
    catalog,
    argument,
    "hasResults",
    vscode.l10n.t("Open the results of which job?"),
  );
  if (job) await vscode.window.showTextDocument(resultsUri(job), { preview: true });
};

/** Saves a job's results so far where a person says, as JSON Lines or as a table, and offers to open them. */
export const saveResults: Handler = async ({ catalog }, argument) => {
  const job = await targetOf(
    catalog,
    argument,
    "hasResults",
    vscode.l10n.t("Save the results of which job?"),
  );
  if (!job) return;
  const format = await vscode.window.showQuickPick(formats(), {
    title: vscode.l10n.t("Save the Results of {0}", labelText(job.name)),
    placeHolder: vscode.l10n.t("As what?"),
  });
  if (!format) return;
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Save the Results of {0}", labelText(job.name)),
    defaultUri: placeBeside(job, `results.${format.ending}`),
    filters: { [format.label]: [format.ending] },
  });
  if (!uri) return;
  const count = await saved(job, uri.fsPath);
  if (count === undefined) return;
  const open = vscode.l10n.t("Open");
  const done = vscode.l10n.t(
    "Saved {0} of {1} as {2}.",
    plural(count, "result"),
    labelText(job.name),
    labelText(vscode.workspace.asRelativePath(uri)),
  );
  const missing = job.view?.status.damaged
    ? ` ${vscode.l10n.t("The checkpoint is damaged: results in its damaged lines are missing. Repair it, then save them again.")}`
    : "";
  if ((await vscode.window.showInformationMessage(`${done}${missing}`, open)) === open)
    await vscode.commands.executeCommand("vscode.open", uri);
};

const formats = () => [
  {
    label: vscode.l10n.t("JSON Lines"),
    detail: vscode.l10n.t("A line for each item, with its id and its result as it was returned."),
    ending: "jsonl",
  },
  {
    label: vscode.l10n.t("Table (CSV)"),
    detail: vscode.l10n.t("A row for each item, with a column for each member of its result."),
    ending: "csv",
  },
];

/** How many were saved; undefined where a person cancelled it. */
async function saved(job: Job, path: string): Promise<number | undefined> {
  const options = {
    ...{ location: vscode.ProgressLocation.Notification, cancellable: true },
    title: vscode.l10n.t("Saving the results of {0}", labelText(job.name)),
  };
  return vscode.window.withProgress(options, async (progress, token) => {
    const controller = new AbortController();
    const subscription = token.onCancellationRequested(() => controller.abort());
    const onResult = (count: number) => {
      if (count % 10_000 === 0) progress.report({ message: countText(count) });
    };
    try {
      const { signal } = controller;
      return await save(job.checkpoint, path, { readAs: job.source.watched ?? {}, signal, onResult });
    } catch (error) {
      if (!controller.signal.aborted) throw error;
      void vscode.window.showInformationMessage(vscode.l10n.t("Cancelled: nothing was saved."));
      return undefined;
    } finally {
      subscription.dispose();
    }
  });
}
