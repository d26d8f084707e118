import * as vscode from "vscode";
import type { ItemKey } from "../../../runtime/format/itemId.js";
import type { FailedItem } from "../../../view/failures.js";
import { safeText, shortText, timeText } from "../../../view/text.js";
import { innerCommandIds } from "../../ids.js";
import type { Job } from "../../job.js";
import { showItem } from "./foreignItems.js";
import { icon, type TreeNode } from "./node.js";

const maxLabelChars = 80;
const maxMessageChars = 200;
const maxTooltipChars = 2_000;

/** What menus ask of a row whose items may be tried again now. */
export const retryable = (job: Job): string =>
  job.capabilities(vscode.workspace.isTrusted).has("retryable") ? "retryable " : "";

export class FailedItemNode implements TreeNode {
  readonly id: string;
  readonly job: Job;
  readonly itemKey: ItemKey;

  constructor(
    readonly parent: TreeNode,
    readonly failed: FailedItem,
  ) {
    this.itemKey = failed.item;
    this.job = parent.job;
    // Whatever it lies below: another failure beside it may part a cause into messages.
    this.id = `job:${this.job.id}/failed-item/${failed.item}`;
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
