import * as vscode from "vscode";
import { commandIds, innerCommandIds } from "../ids.js";
import type { JobCatalog } from "../jobCatalog.js";
import { diagnosticSource, tornTailCode } from "./diagnostics.js";

/** Offers repairs at the faults of an open checkpoint. Reading works in Restricted Mode; this does not. */
export function registerQuickFixes(catalog: JobCatalog): vscode.Disposable {
  const provider: vscode.CodeActionProvider = {
    provideCodeActions(document, _range, { diagnostics }) {
      const job = catalog.jobOfCheckpoint(document.uri);
      if (!job || !vscode.workspace.isTrusted || job.holder !== null) return [];
      const ours = diagnostics.filter((diagnostic) => diagnostic.source === diagnosticSource);
      if (ours.length === 0) return [];
      const lines = ours
        .filter((diagnostic) => diagnostic.code !== tornTailCode)
        .map((diagnostic) => {
          const line = diagnostic.range.start.line + 1;
          const fix = new vscode.CodeAction(
            ours.length > 1 ? vscode.l10n.t("Repair line {0}", line) : vscode.l10n.t("Repair this line"),
            vscode.CodeActionKind.QuickFix,
          );
          fix.command = {
            command: innerCommandIds.repairLine,
            title: fix.title,
            arguments: [document.uri, line],
          };
          fix.diagnostics = [diagnostic];
          fix.isPreferred = true;
          return fix;
        });
      const whole = new vscode.CodeAction(vscode.l10n.t("Repair the file…"), vscode.CodeActionKind.QuickFix);
      whole.command = { command: commandIds.repair, title: whole.title, arguments: [document.uri] };
      whole.diagnostics = ours;
      return [...lines, whole];
    },
  };
  return vscode.languages.registerCodeActionsProvider({ scheme: "file" }, provider, {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
  });
}
