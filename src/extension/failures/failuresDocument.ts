import * as vscode from "vscode";
import { failureGroups } from "../../view/failures.js";
import type { JobView } from "../../view/jobView.js";
import { plural, safeText, shortText } from "../../view/text.js";
import { documentUri } from "../documentUri.js";
import { failuresScheme } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";

/** The address of a read-only document that lists a job's failures. */
export function failuresUri(job: Job): vscode.Uri {
  const title = vscode.l10n.t("{0} failures", slashless(job.name));
  const query = JSON.stringify({ job: job.id });
  return documentUri(failuresScheme, `/${title}.txt`, query);
}

/** A part of a document's name. */
const slashless = (text: string): string => shortText(text, 60).replaceAll("/", "∕");

/** Shows failures as read-only documents that follow their job. */
export function registerFailures(catalog: JobCatalog): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: changed.event,
    provideTextDocumentContent(uri) {
      const { job: id } = JSON.parse(uri.query) as { job: string };
      const view = catalog.job(id)?.view;
      if (!view) return vscode.l10n.t("The job is gone.");
      return failuresText(view);
    },
  };
  const follow = catalog.onDidChangeJob((job) => {
    for (const { uri } of vscode.workspace.textDocuments)
      if (uri.scheme === failuresScheme && uri.query.includes(JSON.stringify(job.id))) changed.fire(uri);
  });
  const registration = vscode.workspace.registerTextDocumentContentProvider(failuresScheme, provider);
  return vscode.Disposable.from(registration, follow, changed);
}

/** Text of several lines, each of them safe, set in. */
function indented(text: string, by: string): string[] {
  return text.split(/\r?\n/).map((line) => by + safeText(line));
}

function failuresText(view: JobView): string {
  const groups = failureGroups(view);
  if (groups.length === 0) return vscode.l10n.t("No item of {0} is failed now.", safeText(view.name));
  const lines = [`${safeText(view.name)}: ${plural(view.status.failed, "failed item")}`];
  for (const { cause, items } of groups) {
    lines.push("", `${safeText(cause)} (${items.length})`);
    for (const { id, failure } of items)
      lines.push(`  ${safeText(id)}`, ...indented(failure.message, "    "));
  }
  return `${lines.join("\n")}\n`;
}
