import * as vscode from "vscode";
import { faultText } from "../../view/faultText.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { faultsOf } from "./faults.js";

/** Typing goes on for this long before a document is looked at again. */
const settleMs = 200;
export const diagnosticSource = "Agent Jobs";

/** Code of the diagnostic on a last record that was cut short. */
export const tornTailCode = "torn-tail";

/** Underlines the faults of checkpoints that are open in an editor, for as long as they are. */
export function registerDiagnostics(catalog: JobCatalog): vscode.Disposable {
  const shown = vscode.languages.createDiagnosticCollection("agentJobs");
  const waiting = new Map<string, NodeJS.Timeout>();
  const draw = (document: vscode.TextDocument) => {
    const job = catalog.jobOfCheckpoint(document.uri);
    if (!job || document.isClosed) return shown.delete(document.uri);
    shown.set(document.uri, diagnosticsOf(document, job));
  };
  const drawSoon = (document: vscode.TextDocument) => {
    if (!catalog.jobOfCheckpoint(document.uri)) return;
    const key = document.uri.toString();
    clearTimeout(waiting.get(key));
    waiting.set(
      key,
      setTimeout(() => {
        waiting.delete(key);
        draw(document);
      }, settleMs),
    );
  };
  const drawAll = () => {
    for (const document of vscode.workspace.textDocuments) draw(document);
  };
  const parts = [
    shown,
    vscode.workspace.onDidOpenTextDocument(draw),
    vscode.workspace.onDidChangeTextDocument(({ document }) => drawSoon(document)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => shown.delete(uri)),
    vscode.workspace.onDidDeleteFiles(({ files }) => {
      for (const uri of files) shown.delete(uri);
    }),
    catalog.onDidChangeJobs(drawAll),
    // A tail that a live run is writing is none that was cut short.
    catalog.onDidChangeJob((job) => {
      const document = vscode.workspace.textDocuments.find(
        ({ uri }) => uri.scheme === "file" && uri.fsPath === job.checkpoint,
      );
      if (document && job.view === null) shown.delete(document.uri);
      else if (document) drawSoon(document);
    }),
  ];
  drawAll();
  return new vscode.Disposable(() => {
    for (const timer of waiting.values()) clearTimeout(timer);
    vscode.Disposable.from(...parts).dispose();
  });
}

function diagnosticsOf(document: vscode.TextDocument, job: Job): vscode.Diagnostic[] {
  const { faults, tornTail } = faultsOf(document, job);
  const { Error: damage, Hint: residue } = vscode.DiagnosticSeverity;
  const diagnostics = faults.map(({ fault, range }) =>
    diagnostic(range, faultText(fault), fault.residue ? residue : damage, fault.reason),
  );
  const torn = vscode.l10n.t(
    "The last record was cut short while it was written. Nothing finished was lost: the next run goes on below it.",
  );
  if (tornTail && job.holder === null) diagnostics.push(diagnostic(tornTail, torn, residue, tornTailCode));
  return diagnostics;
}

function diagnostic(
  range: vscode.Range,
  message: string,
  severity: vscode.DiagnosticSeverity,
  code: string,
): vscode.Diagnostic {
  const made = new vscode.Diagnostic(range, message, severity);
  made.source = diagnosticSource;
  made.code = code;
  return made;
}
