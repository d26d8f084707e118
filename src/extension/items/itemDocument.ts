import { basename } from "node:path";
import * as vscode from "vscode";
import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import { findRows } from "../../runtime/store/findRows.js";
import { itemLines } from "../../view/rowText.js";
import { shortText } from "../../view/text.js";
import { itemScheme } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";

/** The address of a read-only document: all that another tool's file says of an item. */
export function itemUri(job: Job, item: ItemKey): vscode.Uri {
  const part = (text: string) => shortText(text, 60).replaceAll("/", "∕");
  const title = vscode.l10n.t("{0} of {1}", part(idText(item)), part(job.name));
  return vscode.Uri.from({
    scheme: itemScheme,
    path: `/${title}.txt`,
    query: JSON.stringify({ job: job.id, item }),
  });
}

/** Shows items of other tools' files as read-only documents that follow their job. */
export function registerItems(catalog: JobCatalog): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: changed.event,
    async provideTextDocumentContent(uri) {
      const { job: id, item } = JSON.parse(uri.query) as { job: string; item: ItemKey };
      const job = catalog.job(id);
      if (!job) return vscode.l10n.t("The job is gone.");
      const rows = await findRows(job.paths, item, job.source.watched ?? {});
      const shown = rows.map(({ path, ...row }) => ({ ...row, file: basename(path) }));
      return `${itemLines(idText(item), job.name, shown).join("\n")}\n`;
    },
  };
  const follow = catalog.onDidChangeJob((job) => {
    for (const { uri } of vscode.workspace.textDocuments)
      if (uri.scheme === itemScheme && uri.query.includes(JSON.stringify(job.id))) changed.fire(uri);
  });
  const registration = vscode.workspace.registerTextDocumentContentProvider(itemScheme, provider);
  return vscode.Disposable.from(registration, follow, changed);
}
