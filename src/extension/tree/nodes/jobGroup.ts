import * as vscode from "vscode";
import { type JobFolder, withFolder } from "../../../view/folderText.js";
import { jobGroupRow } from "../../../view/jobGroup.js";
import { safeText } from "../../../view/text.js";
import type { Job } from "../../job.js";
import { type JobNode, lookIcons } from "./jobNode.js";
import type { TreeContext, TreeNode } from "./node.js";

/** A job file with several checkpoints, such as those of labelled runs: one row for it, and below it one for each. */
export class JobGroupNode implements TreeNode {
  readonly id: string;
  readonly parent = undefined;
  /** Where several folders are open. */
  folder: JobFolder | null = null;

  constructor(
    jobFile: string,
    readonly members: readonly JobNode[],
  ) {
    this.id = `jobs:${jobFile}`;
  }

  get job(): Job {
    return this.members[0]!.job;
  }

  item(): vscode.TreeItem {
    const row = jobGroupRow(
      this.job.source.name,
      this.members.map(({ job }) => job.view),
    );
    const item = new vscode.TreeItem(row.title, vscode.TreeItemCollapsibleState.Collapsed);
    item.description = withFolder(row.description, this.folder);
    item.iconPath = lookIcons[row.look]();
    // What can be done is done with one of them.
    item.contextValue = " jobGroup ";
    const label = this.folder
      ? vscode.l10n.t("{0}, in folder {1}", row.accessibleLabel, safeText(this.folder.name))
      : row.accessibleLabel;
    item.accessibilityInformation = { label, role: "treeitem" };
    return item;
  }

  children({ pages }: TreeContext): TreeNode[] {
    return pages.of(this, this.members, (member) => member);
  }

  details(): string[] {
    const { jobFile } = this.job;
    return [
      safeText(this.job.source.name),
      vscode.l10n.t("Each run with a label of its own (--as) has a checkpoint of its own."),
      ...(jobFile === null ? [] : [safeText(jobFile)]),
    ];
  }
}
