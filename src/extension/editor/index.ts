import * as vscode from "vscode";
import type { JobCatalog } from "../jobCatalog.js";
import { registerCodeLens } from "./codeLens.js";
import { registerDiagnostics } from "./diagnostics.js";
import { registerJobFileLens } from "./jobFileLens.js";
import { registerQuickFixes } from "./quickFixes.js";

/** What a checkpoint, or a job file, shows when it is open in a text editor. */
export function registerEditor(catalog: JobCatalog): vscode.Disposable {
  return vscode.Disposable.from(
    registerDiagnostics(catalog),
    registerQuickFixes(catalog),
    registerCodeLens(catalog),
    registerJobFileLens(catalog),
  );
}
