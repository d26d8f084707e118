import * as vscode from "vscode";
import type { ItemKey } from "../../../runtime/format/itemId.js";
import { type FailedItem, type FailureGroup, failureGroups } from "../../../view/failures.js";
import { countText, plural, safeText, shortText, timeText } from "../../../view/text.js";
import { innerCommandIds } from "../../ids.js";
import type { Job } from "../../job.js";
import { showItem } from "./foreignItems.js";
import { icon, type TreeContext, type TreeNode } from "./node.js";

const maxLabelChars = 80;
const maxMessageChars = 200;
const maxTooltipChars = 2_000;

/** What menus ask of a row whose items may be tried again now. */
const retryable = (job: Job): string =>
  job.capabilities(vscode.workspace.isTrusted).has("retryable") ? "retryable " : "";

/** All failed items of a job, by cause. */
export class FailedNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(readonly parent: TreeNode) {
    this.id = `${parent.id}/failed`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const failed = this.job.view?.status.failed ?? 0;
    const item = new vscode.TreeItem(vscode.l10n.t("Failed"), vscode.TreeItemCollapsibleState.Collapsed);
    item.description = countText(failed);
    item.iconPath = icon("error", "bad");
    item.contextValue = " failed ";
    item.accessibilityInformation = { label: vscode.l10n.t("{0} by cause", plural(failed, "failed item")) };
    return item;
  }

  children(): TreeNode[] {
    const { view } = this.job;
    return view ? failureGroups(view).map((group) => new CauseNode(this, group)) : [];
  }
}

export class CauseNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(
    readonly parent: TreeNode,
    readonly group: FailureGroup,
  ) {
    this.id = `${parent.id}/${group.cause}`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const { cause, items } = this.group;
    const item = new vscode.TreeItem(
      shortText(cause, maxLabelChars),
      vscode.TreeItemCollapsibleState.Collapsed,
    );
    item.description = countText(items.length);
    item.iconPath = icon("tag");
    item.contextValue = ` cause ${retryable(this.job)}`;
    item.accessibilityInformation = {
      label: vscode.l10n.t("cause {0}, {1}", safeText(cause), plural(items.length, "failed item")),
    };
    return item;
  }

  children({ pages }: TreeContext): TreeNode[] {
    return pages.of(this, this.group.items, (failed) => new FailedItemNode(this, failed));
  }
}

export class FailedItemNode implements TreeNode {
  readonly id: string;
  readonly job: Job;
  readonly itemKey: ItemKey;

  constructor(
    readonly parent: TreeNode,
    readonly failed: FailedItem,
  ) {
    this.itemKey = failed.item as ItemKey;
    this.id = `${parent.id}/${failed.item}`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const { id, failure } = this.failed;
    const item = new vscode.TreeItem(shortText(id, maxLabelChars));
    item.description = shortText(failure.message, maxMessageChars);
    item.iconPath = icon("circle-small-filled", "bad");
    const isForeign = this.job.view?.foreign ?? false;
    item.contextValue = isForeign ? " foreignItem " : ` failedItem ${retryable(this.job)}`;
    item.command = isForeign
      ? showItem(this.job, this.itemKey)
      : {
          command: innerCommandIds.showFailure,
          title: vscode.l10n.t("Show Failure"),
          arguments: [this.job.id, this.failed.item],
        };
    item.accessibilityInformation = {
      label: vscode.l10n.t("{0}, failed: {1}", shortText(id, maxLabelChars), item.description),
    };
    return item;
  }

  children(): TreeNode[] {
    return [];
  }

  details(): string[] {
    const { id, failure } = this.failed;
    const lines = [safeText(id), shortText(failure.message, maxTooltipChars)];
    // Files of other tools know of no runs.
    if (failure.run === 0) return lines;
    return [
      ...lines,
      vscode.l10n.t("Attempt {0}, run {1}, {2}", failure.attempt, failure.run, timeText(failure.atMs)),
    ];
  }
}
