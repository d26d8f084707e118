import * as vscode from "vscode";
import { shortText } from "../view/text.js";
import { documentUri } from "./documentUri.js";
import { planScheme } from "./ids.js";
import type { Job } from "./job.js";

/** Read-only documents that show what a run would do, as it was when it was asked for. */
export class PlanDocuments implements vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration: vscode.Disposable;

  constructor() {
    this.registration = vscode.workspace.registerTextDocumentContentProvider(planScheme, {
      onDidChange: this.changed.event,
      provideTextDocumentContent: (uri) => this.texts.get(uri.toString()) ?? "",
    });
  }

  async show(job: Job, lines: readonly string[]): Promise<void> {
    const title = vscode.l10n.t("plan of {0}", shortText(job.name, 60).replaceAll("/", "∕"));
    const uri = documentUri(planScheme, `/${title}.txt`, JSON.stringify({ job: job.id }));
    this.texts.set(uri.toString(), `${lines.join("\n")}\n`);
    this.changed.fire(uri);
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}
