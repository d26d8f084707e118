import * as vscode from "vscode";
import { shortText } from "../../view/text.js";
import { documentUri } from "../documentUri.js";
import { commandIds, resultsScheme } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { lensTitle } from "../lensTitle.js";
import { Pace } from "../watching/pace.js";
import type { ResultLines } from "./resultLines.js";

const drawIntervalMs = 1_000;

/** The address of a read-only document with a job's results, a line each. */
export function resultsUri(job: Job): vscode.Uri {
  const name = shortText(job.name, 60).replaceAll("/", "∕");
  const title = vscode.l10n.t("{0} results", name);
  return documentUri(resultsScheme, `/${title}.jsonl`, JSON.stringify({ job: job.id }));
}

/** Shows results as read-only documents that follow their job. What reads them is loaded with the first. */
export function registerResults(catalog: JobCatalog): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const lensesChanged = new vscode.EventEmitter<void>();
  const drawn = new Map<string, ResultLines>();
  /** Ends when what is being read was read. */
  let reading: Promise<unknown> = Promise.resolve();
  const pace = new Pace(async () => {
    for (const { uri } of shown())
      if (drawn.get(uri.toString())?.isOf(catalog.job(jobIdOf(uri))) === false) changed.fire(uri);
    await reading;
  }, drawIntervalMs);
  const wake = () => {
    if (shown().length > 0) void pace.request();
  };
  const read = async (uri: vscode.Uri) => {
    const { resultLines } = await import("./resultLines.js");
    const lines = await resultLines(catalog.job(jobIdOf(uri)), drawn.get(uri.toString()));
    drawn.set(uri.toString(), lines);
    lensesChanged.fire();
    return lines.text;
  };
  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: changed.event,
    provideTextDocumentContent(uri) {
      const text = read(uri);
      reading = Promise.allSettled([reading, text]);
      return text;
    },
  };
  const lenses: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: lensesChanged.event,
    provideCodeLenses({ uri }) {
      const lines = drawn.get(uri.toString());
      if (!lines) return [];
      const top = new vscode.Range(0, 0, 0, 0);
      const save = { title: lensTitle(vscode.l10n.t("$(save) Save…")), command: commandIds.saveResults };
      return [
        new vscode.CodeLens(top, { title: lines.told, command: "" }),
        ...(lines.count > 0 ? [new vscode.CodeLens(top, { ...save, arguments: [jobIdOf(uri)] })] : []),
      ];
    },
  };
  return vscode.Disposable.from(
    ...[changed, lensesChanged, pace],
    vscode.workspace.registerTextDocumentContentProvider(resultsScheme, provider),
    vscode.languages.registerCodeLensProvider({ scheme: resultsScheme }, lenses),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => drawn.delete(uri.toString())),
    vscode.window.onDidChangeVisibleTextEditors(wake),
    catalog.onDidChangeAny(wake),
  );
}

/** The documents of ours that somebody sees. */
const shown = (): vscode.TextDocument[] =>
  vscode.window.visibleTextEditors
    .map(({ document }) => document)
    .filter(({ uri }) => uri.scheme === resultsScheme);

const jobIdOf = ({ query }: vscode.Uri): string => (JSON.parse(query) as { job: string }).job;
