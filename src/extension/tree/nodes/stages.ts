import * as vscode from "vscode";
import { countText, plural, safeText, shortText, spokenPercent } from "../../../view/text.js";
import type { Job } from "../../job.js";
import { icon, type TreeContext, type TreeNode } from "./node.js";

const maxLabelChars = 80;

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
    const share = total === null ? countText(done) : spokenPercent(done, total);
    item.accessibilityInformation = { label: vscode.l10n.t("stage {0}, {1}", safeText(name), share) };
    return item;
  }

  children(): TreeNode[] {
    return [];
  }
}

/** What a job without stages has done by `ctx.step`: how many items finished each step. */
export class StepsNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(readonly parent: TreeNode) {
    this.id = `${parent.id}/steps`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const item = new vscode.TreeItem(vscode.l10n.t("Steps"), vscode.TreeItemCollapsibleState.Collapsed);
    item.description = countText(this.job.view?.state.steps.size ?? 0);
    item.iconPath = icon("list-ordered");
    item.accessibilityInformation = { label: plural(this.job.view?.state.steps.size ?? 0, "step") };
    item.contextValue = " steps ";
    return item;
  }

  children({ pages }: TreeContext): TreeNode[] {
    const steps = [...(this.job.view?.state.steps ?? [])];
    return pages.of(this, steps, ([name, done]) => new StepNode(this, name, done));
  }
}

/** One step. Not every item need have it, so that there is no total to hold it against. */
class StepNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(
    readonly parent: TreeNode,
    private readonly name: string,
    private readonly done: number,
  ) {
    this.id = `${parent.id}/${name}`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const item = new vscode.TreeItem(shortText(this.name, maxLabelChars));
    item.description = countText(this.done);
    item.iconPath = icon("circle-small-filled");
    item.contextValue = " step ";
    item.accessibilityInformation = {
      label: vscode.l10n.t(
        "step {0}, finished by {1}",
        shortText(this.name, maxLabelChars),
        plural(this.done, "item"),
      ),
    };
    return item;
  }

  children(): TreeNode[] {
    return [];
  }
}
