import * as vscode from "vscode";
import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import { type FailedItem, failureGroups } from "../../view/failures.js";
import type { JobView } from "../../view/jobView.js";
import { plural, safeText, shortText, timeText } from "../../view/text.js";
import { failuresScheme } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";

/** The address of a read-only document: a job's failures, or one of them by its item's key. */
export function failuresUri(job: Job, item?: string): vscode.Uri {
  const name = slashless(job.name);
  const title =
    item === undefined
      ? vscode.l10n.t("{0} failures", name)
      : vscode.l10n.t("{0} of {1}", slashless(idText(item as ItemKey)), name);
  const query = JSON.stringify(item === undefined ? { job: job.id } : { job: job.id, item });
  return vscode.Uri.from({ scheme: failuresScheme, path: `/${title}.txt`, query });
}

/** A part of a document's name. */
const slashless = (text: string): string => shortText(text, 60).replaceAll("/", "∕");

/** Shows failures as read-only documents that follow their job. */
export function registerFailures(catalog: JobCatalog): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: changed.event,
    provideTextDocumentContent(uri) {
      const { job: id, item } = JSON.parse(uri.query) as { job: string; item?: string };
      const view = catalog.job(id)?.view;
      if (!view) return vscode.l10n.t("The job is gone.");
      return item === undefined ? failuresText(view) : failureText(view, item);
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

function failureText(view: JobView, item: string): string {
  const failed = failureGroups(view)
    .flatMap((group) => group.items)
    .find((candidate) => candidate.item === item);
  return failed
    ? oneFailureText(view, failed)
    : vscode.l10n.t("This item of {0} is not failed any more.", safeText(view.name));
}

/** A line each, the texts below each other. */
function labelled(rows: readonly [label: string, text: string][]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.map(([label, text]) => label.padEnd(width) + text);
}

function oneFailureText(view: JobView, { id, failure }: FailedItem): string {
  const { cause, message, detail, attempt, run, atMs } = failure;
  const lines = [
    ...labelled([
      [vscode.l10n.t("Item"), safeText(id)],
      [vscode.l10n.t("Job"), safeText(view.name)],
      [vscode.l10n.t("Cause"), safeText(cause)],
      [vscode.l10n.t("Attempt"), vscode.l10n.t("{0}, in run {1}, {2}", attempt, run, timeText(atMs))],
    ]),
    "",
    ...indented(message, ""),
  ];
  // A stack begins with the message, which is there already.
  const stack = detail?.slice(detail.indexOf(message) + message.length).replace(/^\s*\n/, "");
  if (stack?.trim()) lines.push("", ...indented(stack, ""));
  return `${lines.join("\n")}\n`;
}
