import * as vscode from "vscode";
import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import { logLineTexts } from "../../view/itemLogText.js";
import { plural, safeText, shortText } from "../../view/text.js";
import { documentUri } from "../documentUri.js";
import { itemLogScheme } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { Pace } from "../watching/pace.js";

/** An editor shows no more of an item's lines than this; the newest. */
const maxLines = 5_000;
/** Each drawing reads the whole log. */
const drawIntervalMs = 1_000;

/** Shows items' log lines as read-only documents that follow their job. */
export class ItemLogDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly stale = new Set<string>();
  private readonly pace = new Pace(() => this.drawStale(), drawIntervalMs);
  private readonly parts: vscode.Disposable[];

  constructor(private readonly catalog: JobCatalog) {
    this.parts = [
      vscode.workspace.registerTextDocumentContentProvider(itemLogScheme, this),
      catalog.onDidChangeJob((job) => {
        if (openUris().length === 0) return;
        this.stale.add(job.id);
        void this.pace.request();
      }),
    ];
  }

  /** Opens what one item wrote to its job's log. */
  async show(job: Job, item: ItemKey): Promise<void> {
    const uri = uriOf(job, item);
    // VS Code keeps a document for a while after its editor was closed; an item may write without a record.
    if (openUris().some((open) => open.toString() === uri.toString())) this.changed.fire(uri);
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const { job: id, item } = namedBy(uri);
    const job = this.catalog.job(id);
    return job ? itemLogText(job, item) : vscode.l10n.t("The job is gone.");
  }

  dispose(): void {
    this.pace.dispose();
    vscode.Disposable.from(...this.parts, this.changed).dispose();
  }

  private async drawStale(): Promise<void> {
    const ids = new Set(this.stale);
    this.stale.clear();
    for (const uri of openUris()) if (ids.has(namedBy(uri).job)) this.changed.fire(uri);
  }
}

const openUris = (): vscode.Uri[] =>
  vscode.workspace.textDocuments.map(({ uri }) => uri).filter(({ scheme }) => scheme === itemLogScheme);

function uriOf(job: Job, item: ItemKey): vscode.Uri {
  const part = (text: string) => shortText(text, 60).replaceAll("/", "∕");
  const title = vscode.l10n.t("log of {0} in {1}", part(idText(item)), part(job.name));
  const query = JSON.stringify({ job: job.id, item });
  return documentUri(itemLogScheme, `/${title}.txt`, query);
}

const namedBy = (uri: vscode.Uri) => JSON.parse(uri.query) as { job: string; item: ItemKey };

async function itemLogText(job: Job, item: ItemKey): Promise<string> {
  const { newestItemLines } = await import("../../runtime/runner/itemLogLines.js");
  const found = (await newestItemLines(job.checkpoint, [item], maxLines)).get(item);
  const id = safeText(idText(item));
  if (!found)
    return vscode.l10n.t(
      "{0} wrote nothing to the log, or it was rotated away. An item of a job file writes to it by ctx.log(…), a worker by its standard error; a loop of one’s own writes none.",
      id,
    );
  const left = found.left > 0 ? [vscode.l10n.t("… {0}", plural(found.left, "earlier line"))] : [];
  return `${[...left, ...logLineTexts(found.lines, job.view?.state ?? { runs: new Map() })].join("\n")}\n`;
}
