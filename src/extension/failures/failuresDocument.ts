import * as vscode from "vscode";
import { shortText } from "../../view/text.js";
import { documentUri } from "../documentUri.js";
import { failuresScheme } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { inSlices } from "../slices.js";
import { Pace } from "../watching/pace.js";
import { failuresText, madeOf } from "./failuresText.js";

const drawIntervalMs = 1_000;

/** The address of a read-only document that lists a job's failures. */
export function failuresUri(job: Job): vscode.Uri {
  const title = vscode.l10n.t("{0} failures", slashless(job.name));
  const query = JSON.stringify({ job: job.id });
  return documentUri(failuresScheme, `/${title}.txt`, query);
}

/** A part of a document's name. */
const slashless = (text: string): string => shortText(text, 60).replaceAll("/", "∕");

/** Shows failures as read-only documents that follow their job, as long as somebody sees them. */
export function registerFailures(catalog: JobCatalog): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  /** Of what each document was made; of nothing yet while it is made for the first time. */
  const drawn = new Map<string, readonly unknown[]>();
  /** Ends when what is being drawn was drawn. */
  let drawing: Promise<unknown> = Promise.resolve();
  const pace = new Pace(async () => {
    for (const { uri } of shown()) {
      const now = madeOf(catalog.job(jobIdOf(uri))?.view);
      const before = drawn.get(uri.toString());
      // Of one that was opened again VS Code may tell only then that it was closed.
      if (!before || before.some((part, i) => part !== now[i])) changed.fire(uri);
    }
    await drawing;
  }, drawIntervalMs);
  const wake = () => {
    if (shown().length > 0) void pace.request();
  };
  const draw = async (uri: vscode.Uri): Promise<string> => {
    const job = catalog.job(jobIdOf(uri));
    await job?.unpack();
    const view = job?.view;
    drawn.set(uri.toString(), madeOf(view));
    if (!job) return vscode.l10n.t("The job is gone.");
    return view
      ? ((await inSlices(failuresText(view))) ?? "")
      : vscode.l10n.t("The job has no checkpoint now.");
  };
  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: changed.event,
    provideTextDocumentContent(uri) {
      if (!drawn.has(uri.toString())) drawn.set(uri.toString(), []);
      const text = draw(uri);
      drawing = Promise.allSettled([drawing, text]);
      return text;
    },
  };
  return vscode.Disposable.from(
    ...[changed, pace],
    vscode.workspace.registerTextDocumentContentProvider(failuresScheme, provider),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => drawn.delete(uri.toString())),
    vscode.window.onDidChangeVisibleTextEditors(wake),
    catalog.onDidChangeAny(wake),
  );
}

/** The documents of ours that somebody sees. */
const shown = (): vscode.TextDocument[] =>
  vscode.window.visibleTextEditors
    .map(({ document }) => document)
    .filter(({ uri }) => uri.scheme === failuresScheme);

const jobIdOf = ({ query }: vscode.Uri): string => (JSON.parse(query) as { job: string }).job;
