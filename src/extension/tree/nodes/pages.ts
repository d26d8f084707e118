import * as vscode from "vscode";
import { countText } from "../../../view/text.js";
import { innerCommandIds } from "../../ids.js";
import type { Job } from "../../job.js";
import type { TreeNode } from "./node.js";

/** More rows than this below one node make VS Code slow: the rest comes on request. */
export const pageSize = 200;

/** How many pages of a node are shown. */
export class Pages {
  private readonly shown = new Map<string, number>();

  showMore(id: string): void {
    this.shown.set(id, (this.shown.get(id) ?? 1) + 1);
  }

  /** The children that are to be seen now, and a row that asks for more. */
  of<T>(parent: TreeNode, entries: readonly T[], create: (entry: T) => TreeNode): TreeNode[] {
    const limit = pageSize * (this.shown.get(parent.id) ?? 1);
    const nodes = entries.slice(0, limit).map(create);
    if (entries.length > limit) nodes.push(new MoreNode(parent, entries.length - limit));
    return nodes;
  }
}

class MoreNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(
    readonly parent: TreeNode,
    private readonly left: number,
  ) {
    this.id = `${parent.id}/more`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const item = new vscode.TreeItem(vscode.l10n.t("Load more"));
    item.description = vscode.l10n.t("{0} left", countText(this.left));
    item.iconPath = new vscode.ThemeIcon("ellipsis");
    item.accessibilityInformation = { label: vscode.l10n.t("Load more, {0} left", countText(this.left)) };
    item.command = {
      command: innerCommandIds.loadMore,
      title: vscode.l10n.t("Load more"),
      arguments: [this],
    };
    return item;
  }

  children(): TreeNode[] {
    return [];
  }
}
