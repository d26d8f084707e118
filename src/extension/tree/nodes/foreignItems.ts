import * as vscode from "vscode";
import { type ItemKey, idText } from "../../../runtime/format/itemId.js";
import { countText, shortText } from "../../../view/text.js";
import { innerCommandIds } from "../../ids.js";
import type { Job } from "../../job.js";
import { icon, type TreeContext, type TreeNode } from "./node.js";

const maxLabelChars = 80;

/**
 * Items of another tool's file that are done, or unfinished: it says neither that they are done nor that they failed.
 * What it says of each is shown from here.
 */
export class ForeignItemsNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(
    readonly parent: TreeNode,
    private readonly which: "done" | "open",
  ) {
    this.id = `${parent.id}/${which}`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const isDone = this.which === "done";
    const item = new vscode.TreeItem(
      isDone ? vscode.l10n.t("Done") : vscode.l10n.t("Unfinished"),
      vscode.TreeItemCollapsibleState.Collapsed,
    );
    const status = this.job.view?.status;
    item.description = countText((isDone ? status?.done : status?.inDoubt) ?? 0);
    item.iconPath = isDone ? icon("pass", "good") : icon("question", "warn");
    item.accessibilityInformation = { label: `${item.label}, ${item.description}` };
    item.contextValue = " foreignItems ";
    return item;
  }

  children({ pages }: TreeContext): TreeNode[] {
    const { view } = this.job;
    if (!view) return [];
    const isDone = this.which === "done";
    const items = isDone ? [...view.state.done] : view.status.inDoubtItems.map(({ item }) => item);
    return pages.of(this, items, (key) => new ForeignItemNode(this, key, isDone ? "good" : "warn"));
  }
}

class ForeignItemNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(
    readonly parent: TreeNode,
    readonly itemKey: ItemKey,
    private readonly colour: "good" | "warn",
  ) {
    this.id = `${parent.id}/${itemKey}`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const item = new vscode.TreeItem(shortText(idText(this.itemKey), maxLabelChars));
    item.iconPath = icon("circle-small-filled", this.colour);
    const isDone = this.colour === "good";
    item.accessibilityInformation = {
      label: isDone
        ? vscode.l10n.t("{0}, done", String(item.label))
        : vscode.l10n.t("{0}, unfinished", String(item.label)),
    };
    item.contextValue = " foreignItem ";
    item.command = showItem(this.job, this.itemKey);
    return item;
  }

  children(): TreeNode[] {
    return [];
  }
}

/** Opens what the file says of an item. */
export function showItem(job: Job, item: ItemKey): vscode.Command {
  return {
    command: innerCommandIds.showItem,
    title: vscode.l10n.t("Show Item"),
    arguments: [job.id, item],
  };
}
