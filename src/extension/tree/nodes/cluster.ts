import { createHash } from "node:crypto";
import * as vscode from "vscode";
import type { FailureCluster } from "../../../view/failureClusters.js";
import { countText, plural, safeLines, shortText } from "../../../view/text.js";
import type { Job } from "../../job.js";
import { FailedItemNode, retryable } from "./failedItem.js";
import { icon, type TreeContext, type TreeNode } from "./node.js";

const maxLabelChars = 120;
const maxTooltipChars = 2_000;
const idChars = 16;

/** Failed items of one cause whose messages say the same. */
export class ClusterNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(
    readonly parent: TreeNode,
    readonly cluster: FailureCluster,
  ) {
    const hash = createHash("sha256").update(cluster.pattern).digest("hex").slice(0, idChars);
    this.id = `${parent.id}/like/${hash}`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const { items } = this.cluster;
    const title = shortText(this.cluster.title, maxLabelChars) || vscode.l10n.t("(no message)");
    const item = new vscode.TreeItem(title, vscode.TreeItemCollapsibleState.Collapsed);
    item.description = countText(items.length);
    item.iconPath = icon("comment");
    item.contextValue = ` cluster ${retryable(this.job)}`;
    item.accessibilityInformation = {
      label: vscode.l10n.t("message {0}, {1}", title, plural(items.length, "failed item")),
    };
    return item;
  }

  children({ pages }: TreeContext): TreeNode[] {
    return pages.of(this, this.cluster.items, (failed) => new FailedItemNode(this, failed));
  }

  details(): string[] {
    const { items, title } = this.cluster;
    return [...safeLines(title.slice(0, maxTooltipChars)), plural(items.length, "failed item")];
  }
}
