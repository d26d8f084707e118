import * as vscode from "vscode";
import { type ItemKey, idText } from "../../../runtime/format/itemId.js";
import type { OpenEntry } from "../../../runtime/state/status.js";
import { countText, plural, safeText, shortText, timeText } from "../../../view/text.js";
import type { Job } from "../../job.js";
import { showItem } from "./foreignItems.js";
import { icon, type TreeContext, type TreeNode } from "./node.js";

const maxLabelChars = 80;

/** Named in a row's context where its items can be marked as done now. */
const markable = (job: Job): string =>
  job.capabilities(vscode.workspace.isTrusted).has("markable") ? "markable " : "";

/** Items that were begun by a run which ended without a word on them. */
export class InDoubtNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(readonly parent: TreeNode) {
    this.id = `${parent.id}/in-doubt`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const item = new vscode.TreeItem(vscode.l10n.t("In doubt"), vscode.TreeItemCollapsibleState.Collapsed);
    item.description = countText(this.job.view?.status.inDoubt ?? 0);
    item.iconPath = icon("question", "warn");
    item.accessibilityInformation = {
      label: vscode.l10n.t("{0} in doubt", plural(this.job.view?.status.inDoubt ?? 0, "item")),
    };
    item.contextValue = ` inDoubt ${markable(this.job)}`;
    return item;
  }

  children({ pages }: TreeContext): TreeNode[] {
    const items = this.job.view?.status.inDoubtItems ?? [];
    return pages.of(this, items, (entry) => new InDoubtItemNode(this, entry));
  }

  details(): string[] {
    const begun = this.job.view?.status.damaged
      ? vscode.l10n.t(
          "Begun, and no end of them can be read: the checkpoint is damaged, and a run may have ended first.",
        )
      : vscode.l10n.t("Begun by a run that has ended, without a record of how they went.");
    const meaning = vscode.l10n.t("They may have been done, and paid for; the next run does them again.");
    return [`${begun} ${meaning}`];
  }
}

export class InDoubtItemNode implements TreeNode {
  readonly id: string;
  readonly job: Job;
  readonly itemKey: ItemKey;

  constructor(
    readonly parent: TreeNode,
    readonly entry: OpenEntry,
  ) {
    this.itemKey = entry.item;
    this.id = `${parent.id}/${entry.item}`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const item = new vscode.TreeItem(shortText(idText(this.entry.item), maxLabelChars));
    item.description = vscode.l10n.t("attempt {0}", this.entry.open.attempt);
    item.iconPath = icon("circle-small-filled", "warn");
    item.accessibilityInformation = {
      label: vscode.l10n.t("{0}, in doubt, {1}", String(item.label), item.description),
    };
    item.command = showItem(this.job, this.itemKey);
    const debuggable = this.job.jobFile === null ? "" : "debuggable ";
    item.contextValue = ` inDoubtItem ${markable(this.job)}${debuggable}`;
    return item;
  }

  children(): TreeNode[] {
    return [];
  }

  details(): string[] {
    const { item, open } = this.entry;
    return [safeText(idText(item)), vscode.l10n.t("Begun in run {0}, {1}", open.run, timeText(open.atMs))];
  }
}
