import * as vscode from "vscode";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { JobNode } from "./nodes/jobNode.js";
import { plainTooltip, type TreeNode } from "./nodes/node.js";
import { Pages } from "./nodes/pages.js";

/** The tree of the view: renders the catalog's jobs. */
export class JobTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly pages = new Pages();
  /** VS Code knows a row by the object it was given. */
  private readonly nodes = new Map<string, { node: JobNode; shown: string }>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly catalog: JobCatalog) {
    this.subscriptions = [
      catalog.onDidChangeJobs(() => this.changed.fire(undefined)),
      catalog.onDidChangeJob((job) => this.update(job)),
    ];
  }

  async getChildren(element?: TreeNode): Promise<TreeNode[]> {
    if (element) return element.children({ pages: this.pages });
    await this.catalog.start();
    const jobs = this.catalog.jobs;
    const current = new Set(jobs.map((job) => job.id));
    for (const id of this.nodes.keys()) if (!current.has(id)) this.nodes.delete(id);
    return jobs.map((job) => this.nodeOf(job));
  }

  getTreeItem(element: TreeNode): vscode.TreeItem {
    const item = element.item();
    item.id = element.id;
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, element: TreeNode): vscode.TreeItem {
    const details = element.details?.();
    if (details) item.tooltip = plainTooltip(details);
    return item;
  }

  getParent(element: TreeNode): TreeNode | undefined {
    return element.parent;
  }

  /** The row of a job. */
  nodeOf(job: Job): JobNode {
    let entry = this.nodes.get(job.id);
    if (entry?.node.job !== job) {
      entry = { node: new JobNode(job), shown: "" };
      this.nodes.set(job.id, entry);
    }
    entry.shown = shownOf(entry.node);
    return entry.node;
  }

  showMore(more: TreeNode): void {
    if (!more.parent) return;
    this.pages.showMore(more.parent.id);
    this.changed.fire(more.parent);
  }

  dispose(): void {
    this.changed.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Draws a row again only where it would look different: drawing closes hovers and costs time. */
  private update(job: Job): void {
    const entry = this.nodes.get(job.id);
    if (entry?.node.job !== job) return;
    const shown = shownOf(entry.node);
    if (shown === entry.shown) return;
    entry.shown = shown;
    this.changed.fire(entry.node);
  }
}

/** All that the row and the rows below it are made of, in short. */
function shownOf(node: JobNode): string {
  const { label, description, contextValue, iconPath } = node.item();
  const view = node.job.view;
  const below = view
    ? [
        view.status.failed,
        view.status.inDoubt,
        view.scan.faultCount,
        view.scan.damageCount,
        view.state.runs.size,
        // Counts of steps only grow: their sum changes with any of them.
        [...view.state.steps.values()].reduce((sum, count) => sum + count, view.state.steps.size),
      ]
    : [];
  return [
    label as string,
    description,
    contextValue,
    (iconPath as vscode.ThemeIcon).id,
    view?.status.lastRun?.ended,
    ...below,
  ].join("|");
}
