import * as vscode from "vscode";
import type { Capability } from "../../view/capabilities.js";
import { jobRow } from "../../view/jobRow.js";
import { labelText, plural } from "../../view/text.js";
import { commandIds, jobsViewId } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";

/** `Repair 3 damaged lines…`; a torn tail alone is no damage. */
function repairTitle({ view }: Job): string {
  const count = view?.scan.damageCount ?? 0;
  return count > 0 ? vscode.l10n.t("Repair {0}…", plural(count, "damaged line")) : vscode.l10n.t("Repair…");
}

/** Above a checkpoint: how its job stands, and what can be done with it. */
export function registerCodeLens(catalog: JobCatalog): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const actions: [Capability, string, string][] = [
    ["stoppable", vscode.l10n.t("Stop"), commandIds.stop],
    ["resumable", vscode.l10n.t("Resume"), commandIds.resume],
    ["repairable", "", commandIds.repair],
    ["hasFailures", vscode.l10n.t("Show Failures"), commandIds.showFailures],
    ["hasResults", vscode.l10n.t("Open Results"), commandIds.openResults],
    ["clearable", vscode.l10n.t("Clear…"), commandIds.clear],
  ];
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses(document) {
      const job = catalog.jobOfCheckpoint(document.uri);
      if (!job?.loaded) return [];
      const top = new vscode.Range(0, 0, 0, 0);
      const { title, description } = jobRow(job.name, job.view, job.cleared);
      const can = job.capabilities(vscode.workspace.isTrusted);
      return [
        new vscode.CodeLens(top, {
          title: labelText(`${title}: ${description}`),
          command: `${jobsViewId}.focus`,
        }),
        ...actions
          .filter(([capability]) => can.has(capability))
          .map(
            ([, text, command]) =>
              new vscode.CodeLens(top, { title: text || repairTitle(job), command, arguments: [job.id] }),
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
