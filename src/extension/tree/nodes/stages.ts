import * as vscode from "vscode";
import { countText, percentText, safeText } from "../../../view/text.js";
import type { Job } from "../../job.js";
import { icon, type TreeNode } from "./node.js";

/** One stage of a job: how many items have finished it. */
export class StageNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(
    readonly parent: TreeNode,
    private readonly stage: { name: string; done: number },
  ) {
    this.id = `${parent.id}/stage/${stage.name}`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const { name, done } = this.stage;
    const total = this.job.view?.status.total ?? null;
    const item = new vscode.TreeItem(safeText(name));
    item.description = total === null ? countText(done) : `${countText(done)}/${countText(total)}`;
    item.iconPath = total !== null && done >= total ? icon("pass") : icon("circle-outline");
    item.contextValue = " stage ";
    const share = total === null ? countText(done) : percentText(done, total).replace("%", " percent");
    item.accessibilityInformation = { label: vscode.l10n.t("stage {0}, {1}", safeText(name), share) };
    return item;
  }

  children(): TreeNode[] {
    return [];
  }
}
