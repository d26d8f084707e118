import * as vscode from "vscode";
import type { JobCatalog } from "../jobCatalog.js";
import { diagnosticSource } from "./diagnostics.js";

/** Offers repairs at the faults of an open checkpoint. Reading works in Restricted Mode; this does not. */
export function registerQuickFixes(catalog: JobCatalog): vscode.Disposable {
  const provider: vscode.CodeActionProvider = {
    async provideCodeActions(document, _range, { diagnostics }) {
      const job = catalog.jobOfCheckpoint(document.uri);
      if (!job || !vscode.workspace.isTrusted || job.holder !== null) return [];
      const ours = diagnostics.filter((diagnostic) => diagnostic.source === diagnosticSource);
      if (ours.length === 0) return [];
      // Few editors ever have a damaged checkpoint open.
      const { faultFixes } = await import("./faultFixes.js");
      return faultFixes(job, document, ours);
    },
  };
  return vscode.languages.registerCodeActionsProvider({ scheme: "file" }, provider, {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
  });
}
