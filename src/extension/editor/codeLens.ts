import * as vscode from "vscode";
import type { Capability } from "../../view/capabilities.js";
import { jobRow } from "../../view/jobRow.js";
import { commandIds, jobsViewId } from "../ids.js";
import type { JobCatalog } from "../jobCatalog.js";

/** Above a checkpoint: how its job stands, and what can be done with it. */
export function registerCodeLens(catalog: JobCatalog): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const actions: [Capability, string, string][] = [
    ["stoppable", vscode.l10n.t("Stop"), commandIds.stop],
    ["resumable", vscode.l10n.t("Resume"), commandIds.resume],
    ["repairable", vscode.l10n.t("Repair…"), commandIds.repair],
    ["hasFailures", vscode.l10n.t("Show Failures"), commandIds.showFailures],
    ["clearable", vscode.l10n.t("Clear…"), commandIds.clear],
  ];
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses(document) {
      const job = catalog.jobOfCheckpoint(document.uri);
      if (!job?.loaded) return [];
      const top = new vscode.Range(0, 0, 0, 0);
      const { title, description } = jobRow(job.name, job.view);
      const can = job.capabilities(vscode.workspace.isTrusted);
      return [
        new vscode.CodeLens(top, { title: `${title}: ${description}`, command: `${jobsViewId}.focus` }),
        ...actions
          .filter(([capability]) => can.has(capability))
          .map(
            ([, text, command]) => new vscode.CodeLens(top, { title: text, command, arguments: [job.id] }),
          ),
      ];
    },
  };
  return vscode.Disposable.from(
    changed,
    catalog.onDidChangeJob((job) => {
      if (vscode.window.visibleTextEditors.some(({ document }) => document.uri.fsPath === job.checkpoint))
        changed.fire();
    }),
    vscode.languages.registerCodeLensProvider({ scheme: "file" }, provider),
  );
}
