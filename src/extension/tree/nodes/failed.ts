import * as vscode from "vscode";
import { clustering, type FailureCluster } from "../../../view/failureClusters.js";
import { type FailureGroup, failureGroups } from "../../../view/failures.js";
import { countText, plural, safeText, shortText } from "../../../view/text.js";
import type { Job } from "../../job.js";
import { inSlices } from "../../slices.js";
import { ClusterNode } from "./cluster.js";
import { FailedItemNode, retryable } from "./failedItem.js";
import { icon, type TreeContext, type TreeNode } from "./node.js";

const maxLabelChars = 80;

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
    item.contextValue = ` failed searchable ${retryable(this.job)}`;
    item.accessibilityInformation = { label: vscode.l10n.t("{0} by cause", plural(failed, "failed item")) };
    return item;
  }

  children({ pages }: TreeContext): TreeNode[] {
    const { view } = this.job;
    return pages.of(this, view ? failureGroups(view) : [], (group) => new CauseNode(this, group));
  }
}

/** What failed by one cause: by what the messages say, or the items themselves where all say the same. */
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

  async children({ pages }: TreeContext): Promise<TreeNode[]> {
    const clusters = await clustersOf(this.group);
    return clusters.length > 1
      ? pages.of(this, clusters, (cluster) => this.rowOf(cluster))
      : pages.of(this, this.group.items, (failed) => new FailedItemNode(this, failed));
  }

  /** What only one says needs no row above it. */
  private rowOf(cluster: FailureCluster): TreeNode {
    const [first, ...others] = cluster.items;
    return first && others.length === 0 ? new FailedItemNode(this, first) : new ClusterNode(this, cluster);
  }
}

const known = new WeakMap<FailureGroup, Promise<FailureCluster[]>>();

/** Made once for a list of failures, however often its rows are asked for. */
function clustersOf(group: FailureGroup): Promise<FailureCluster[]> {
  let clusters = known.get(group);
  if (!clusters) {
    clusters = inSlices(clustering(group.items)).then((made) => made ?? []);
    known.set(group, clusters);
  }
  return clusters;
}
