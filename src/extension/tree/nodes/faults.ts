import * as vscode from "vscode";
import type { Fault } from "../../../runtime/format/scan.js";
import { faultText } from "../../../view/faultText.js";
import { countText } from "../../../view/text.js";
import { innerCommandIds } from "../../ids.js";
import type { Job } from "../../job.js";
import { icon, type TreeContext, type TreeNode } from "./node.js";

/** The bad lines of a checkpoint: damage, and residue of crashes that were survived. */
export class FaultsNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(readonly parent: TreeNode) {
    this.id = `${parent.id}/faults`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const scan = this.job.view?.scan;
    const damaged = scan?.damageCount ?? 0;
    const item = new vscode.TreeItem(
      this.job.view?.foreign
        ? vscode.l10n.t("Rows that cannot be read")
        : damaged > 0
          ? vscode.l10n.t("Damaged lines")
          : vscode.l10n.t("Survived crashes"),
      vscode.TreeItemCollapsibleState.Collapsed,
    );
    item.description = countText(scan?.faultCount ?? 0);
    item.iconPath = damaged > 0 ? icon("warning", "warn") : icon("history", "dim");
    item.accessibilityInformation = { label: `${item.label}, ${item.description}` };
    item.contextValue = damaged > 0 ? " faults damaged " : " faults ";
    return item;
  }

  children({ pages }: TreeContext): TreeNode[] {
    return pages.of(this, this.job.view?.scan.faults ?? [], (fault) => new FaultNode(this, fault));
  }
}

class FaultNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(
    readonly parent: TreeNode,
    private readonly fault: Fault,
  ) {
    this.id = `${parent.id}/${fault.line}`;
    this.job = parent.job;
  }

  private get isForeign(): boolean {
    return this.job.view?.foreign !== null;
  }

  item(): vscode.TreeItem {
    const { line, residue } = this.fault;
    const item = new vscode.TreeItem(vscode.l10n.t("Line {0}", countText(line)));
    item.description = faultText(this.fault, this.isForeign);
    item.iconPath = residue ? icon("info", "dim") : icon("circle-small-filled", "warn");
    item.accessibilityInformation = { label: `${item.label}: ${item.description}` };
    item.contextValue = residue ? " fault residue " : " fault ";
    item.command = {
      command: innerCommandIds.openLine,
      title: vscode.l10n.t("Open Line"),
      arguments: [this.job.id, line],
    };
    return item;
  }

  children(): TreeNode[] {
    return [];
  }

  details(): string[] {
    const at = vscode.l10n.t("At byte {0}", countText(this.fault.offsetBytes));
    return [faultText(this.fault, this.isForeign), at];
  }
}
