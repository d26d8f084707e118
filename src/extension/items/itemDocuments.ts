import * as vscode from "vscode";
import type { ItemKey } from "../../runtime/format/itemId.js";
import type { ShownInput } from "../../view/item/itemPage.js";
import { itemScheme } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { Pace } from "../watching/pace.js";
import type { DrawnItem } from "./drawItem.js";
import { itemUri, namedBy } from "./itemUri.js";

const drawIntervalMs = 1_000;

/** Shows items as read-only documents that follow their job. What draws them is loaded with the first. */
export class ItemDocuments
  implements
    vscode.TextDocumentContentProvider,
    vscode.DocumentLinkProvider,
    vscode.CodeLensProvider,
    vscode.DocumentSymbolProvider,
    vscode.Disposable
{
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly lensesChanged = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.lensesChanged.event;
  private readonly drawn = new Map<string, DrawnItem>();
  private readonly inputs = new Map<string, ShownInput>();
  private readonly stale = new Set<string>();
  private readonly pace = new Pace(() => this.drawStale(), drawIntervalMs);
  private readonly parts: vscode.Disposable[];

  constructor(private readonly catalog: JobCatalog) {
    const selector = { scheme: itemScheme };
    this.parts = [
      vscode.workspace.registerTextDocumentContentProvider(itemScheme, this),
      vscode.languages.registerDocumentLinkProvider(selector, this),
      vscode.languages.registerCodeLensProvider(selector, this),
      vscode.languages.registerDocumentSymbolProvider(selector, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.forget(uri)),
      catalog.onDidChangeJob((job) => {
        if (openUris().length === 0) return;
        this.stale.add(job.id);
        void this.pace.request();
      }),
    ];
  }

  /** Opens an item's document, drawn anew. */
  async show(job: Job, item: ItemKey): Promise<void> {
    const uri = itemUri(job, item);
    // VS Code keeps a document for a while after its editor was closed.
    this.redraw(uri);
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  /** Shows an item's input, or why it cannot be had, in its document. */
  setInput(uri: vscode.Uri, input: ShownInput): void {
    this.inputs.set(uri.toString(), input);
    this.redraw(uri);
  }

  /** Draws what is open of a job anew: what lies beside its checkpoint has changed. */
  refresh(job: Job): void {
    for (const uri of openUris()) if (namedBy(uri).job === job.id) this.changed.fire(uri);
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const { job: id, item } = namedBy(uri);
    const job = this.catalog.job(id);
    if (!job) return vscode.l10n.t("The job is gone.");
    const key = uri.toString();
    const { DrawnItem } = await import("./drawItem.js");
    let drawn = this.drawn.get(key);
    if (drawn?.job !== job) {
      drawn = new DrawnItem(job, item);
      this.drawn.set(key, drawn);
    }
    const text = await drawn.draw(this.inputs.get(key));
    this.lensesChanged.fire();
    return text;
  }

  provideDocumentLinks({ uri }: vscode.TextDocument): vscode.DocumentLink[] {
    return this.drawn.get(uri.toString())?.links() ?? [];
  }

  provideCodeLenses({ uri }: vscode.TextDocument): vscode.CodeLens[] {
    return this.drawn.get(uri.toString())?.lenses() ?? [];
  }

  provideDocumentSymbols({ uri, lineCount }: vscode.TextDocument): vscode.DocumentSymbol[] {
    return this.drawn.get(uri.toString())?.symbols(lineCount) ?? [];
  }

  dispose(): void {
    this.pace.dispose();
    vscode.Disposable.from(...this.parts, this.changed, this.lensesChanged).dispose();
  }

  private redraw(uri: vscode.Uri): void {
    if (openUris().some((open) => open.toString() === uri.toString())) this.changed.fire(uri);
  }

  private forget(uri: vscode.Uri): void {
    this.drawn.delete(uri.toString());
    this.inputs.delete(uri.toString());
  }

  private async drawStale(): Promise<void> {
    const ids = new Set(this.stale);
    this.stale.clear();
    for (const uri of openUris()) if (ids.has(namedBy(uri).job)) this.changed.fire(uri);
  }
}

const openUris = (): vscode.Uri[] =>
  vscode.workspace.textDocuments.map(({ uri }) => uri).filter(({ scheme }) => scheme === itemScheme);
