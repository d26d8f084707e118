import * as vscode from "vscode";
import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import { newestItemLines } from "../../runtime/runner/itemLogLines.js";
import { logLineTexts } from "../../view/itemLogText.js";
import { plural, safeText, shortText } from "../../view/text.js";
import { itemLogScheme } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { Pace } from "../watching/pace.js";

/** An editor shows no more of an item's lines than this; the newest. */
const maxLines = 5_000;
/** Each drawing reads the whole log. */
const drawIntervalMs = 1_000;

/** The address of a read-only document: what one item wrote to its job's log. */
export function itemLogUri(job: Job, item: ItemKey): vscode.Uri {
  const part = (text: string) => shortText(text, 60).replaceAll("/", "∕");
  const title = vscode.l10n.t("log of {0} in {1}", part(idText(item)), part(job.name));
  const query = JSON.stringify({ job: job.id, item });
  return vscode.Uri.from({ scheme: itemLogScheme, path: `/${title}.txt`, query });
}

/** Shows items' log lines as read-only documents that follow their job. */
export function registerItemLog(catalog: JobCatalog): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const stale = new Set<string>();
  const pace = new Pace(async () => {
    const ids = [...stale];
    stale.clear();
    for (const { uri } of vscode.workspace.textDocuments)
      if (uri.scheme === itemLogScheme && ids.includes(namedBy(uri).job)) changed.fire(uri);
  }, drawIntervalMs);
  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: changed.event,
    async provideTextDocumentContent(uri) {
      const { job: id, item } = namedBy(uri);
      const job = catalog.job(id);
      return job ? itemLogText(job, item) : vscode.l10n.t("The job is gone.");
    },
  };
  const follow = catalog.onDidChangeJob((job) => {
    if (!vscode.workspace.textDocuments.some(({ uri }) => uri.scheme === itemLogScheme)) return;
    stale.add(job.id);
    void pace.request();
  });
  const registration = vscode.workspace.registerTextDocumentContentProvider(itemLogScheme, provider);
  return vscode.Disposable.from(registration, follow, pace, changed);
}

const namedBy = (uri: vscode.Uri) => JSON.parse(uri.query) as { job: string; item: ItemKey };

async function itemLogText(job: Job, item: ItemKey): Promise<string> {
  const found = (await newestItemLines(job.checkpoint, [item], maxLines)).get(item);
  const id = safeText(idText(item));
  if (!found)
    return vscode.l10n.t(
      "{0} wrote nothing to the log, or it was rotated away. An item writes to it by ctx.log(…), a worker by its standard error.",
      id,
    );
  const left = found.left > 0 ? [vscode.l10n.t("… {0}", plural(found.left, "earlier line"))] : [];
  return `${[...left, ...logLineTexts(found.lines)].join("\n")}\n`;
}
