import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import * as vscode from "vscode";
import type { PlannedRepair } from "../../runtime/repair.js";
import { labelText } from "../../view/text.js";
import { repairedScheme } from "../ids.js";
import type { Job } from "../job.js";

/** A repair that a person looks at and has not decided on. */
export interface PendingRepair {
  job: Job;
  planned: PlannedRepair;
}

/** Marks the side of a diff that is the file as it is. VS Code itself shows no file with NUL bytes in it. */
const originalQuery = "original";

/** Bytes as text, with NULs made visible. */
function shownText(bytes: Buffer): string {
  return bytes.toString("utf8").replaceAll("\0", "␀");
}

/** Shows checkpoints beside what their repairs would make of them, in diff editors that nobody can write in. */
export class RepairPreviews implements vscode.Disposable {
  private readonly pending = new Map<string, PendingRepair>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly parts: vscode.Disposable[];

  constructor() {
    const provider: vscode.TextDocumentContentProvider = {
      onDidChange: this.changed.event,
      provideTextDocumentContent: async (uri) => {
        const pending = this.get(uri.with({ query: "" }));
        if (!pending)
          return vscode.l10n.t("This repair is no longer planned. Close this, and plan it again.");
        const original = await readFile(pending.planned.path);
        if (uri.query === originalQuery) return shownText(original);
        const { repairedBytes } = await import("../../runtime/state/repairPlan.js");
        return shownText(repairedBytes(original, pending.planned.plan));
      },
    };
    this.parts = [
      this.changed,
      vscode.workspace.registerTextDocumentContentProvider(repairedScheme, provider),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.pending.delete(uri.toString())),
    ];
  }

  get(uri: vscode.Uri): PendingRepair | undefined {
    return this.pending.get(uri.toString());
  }

  /** Opens the diff, or draws the one that is open again; gives the address of its repaired side. */
  async show(pending: PendingRepair): Promise<vscode.Uri> {
    const { path } = pending.planned;
    const repaired = vscode.Uri.file(path).with({ scheme: repairedScheme });
    const original = repaired.with({ query: originalQuery });
    this.pending.set(repaired.toString(), pending);
    this.changed.fire(original);
    this.changed.fire(repaired);
    const title = vscode.l10n.t("{0}: as it is ↔ repaired", labelText(basename(path)));
    // A diff that is open again would stand where it stood before: at its beginning.
    // Without a damaged line it is the last one that changes, which gets its newline.
    const { plan, summary } = pending.planned;
    const line = Math.max(0, (plan.edits[0]?.fault.line ?? summary.lines) - 1);
    const selection = new vscode.Range(line, 0, line, 0);
    await vscode.commands.executeCommand("vscode.diff", original, repaired, title, {
      ...{ preview: false, selection },
    });
    return repaired;
  }

  /** The repaired side of the diff that is in front. */
  inFront(): vscode.Uri | undefined {
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    return input instanceof vscode.TabInputTextDiff && input.modified.scheme === repairedScheme
      ? input.modified
      : undefined;
  }

  async close(uri: vscode.Uri): Promise<void> {
    this.pending.delete(uri.toString());
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const shown = tabs.filter(
      ({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.toString() === uri.toString(),
    );
    await vscode.window.tabGroups.close(shown);
  }

  dispose(): void {
    for (const part of this.parts) part.dispose();
  }
}
