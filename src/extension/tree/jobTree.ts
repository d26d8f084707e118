import * as vscode from "vscode";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import type { NeedFilter } from "./filter.js";
import type { JobGroupNode } from "./nodes/jobGroup.js";
import { JobNode } from "./nodes/jobNode.js";
import { plainTooltip, type TreeNode } from "./nodes/node.js";
import { Pages } from "./nodes/pages.js";
import { JobRows } from "./rows.js";

/** The tree of the view: renders the catalog's jobs. */
export class JobTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly pages = new Pages();
  private readonly rows: JobRows;
  /** How the rows looked when they were drawn last, by their ids. */
  private readonly shown = new Map<string, string>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly catalog: JobCatalog,
    private readonly filter: NeedFilter,
  ) {
    this.rows = new JobRows(() => catalog.jobs, filter);
    const drawAll = () => {
      this.rows.forget();
      this.changed.fire(undefined);
    };
    this.subscriptions = [
      catalog.onDidChangeJobs(drawAll),
      vscode.workspace.onDidChangeWorkspaceFolders(drawAll),
      catalog.onDidChangeJob((job) => this.update(job)),
      filter.onDidChange(() => this.changed.fire(undefined)),
    ];
  }

  async getChildren(element?: TreeNode): Promise<TreeNode[]> {
    if (element) return (await element.children({ pages: this.pages })).filter((node) => this.shows(node));
    await this.catalog.start();
    this.shown.clear();
    const roots = this.rows.all();
    for (const node of roots.flatMap((root) => [root, ...(root instanceof JobNode ? [] : root.members)]))
      this.remember(node);
    return roots.filter((node) => this.shows(node));
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
    return this.rows.of(job);
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

  private shows(node: TreeNode): boolean {
    if (node instanceof JobNode) return this.filter.shows(node.job);
    return "members" in node
      ? (node as JobGroupNode).members.some(({ job }) => this.filter.shows(job))
      : true;
  }

  /** Draws a row again only where it would look different: drawing closes hovers and costs time. */
  private update(job: Job): void {
    const node = this.rows.of(job);
    // What nobody has asked for yet is drawn when it is.
    if (!this.shown.has(node.id)) return;
    const group = node.parent;
    const [changed, groupChanged] = [this.remember(node), group && this.remember(group)];
    // A row that comes or goes is its parent's concern.
    if (changed.visibility) this.changed.fire(undefined);
    else if (groupChanged?.look) this.changed.fire(group);
    else if (changed.look) this.changed.fire(node);
  }

  /** Notes how a row looks now, and says what of it is not as it was. */
  private remember(node: JobNode | JobGroupNode): { look: boolean; visibility: boolean } {
    const before = this.shown.get(node.id);
    const visible = this.shows(node) ? "shown" : "hidden";
    const now = `${visible}|${node instanceof JobNode ? shownOf(node) : shownOfGroup(node)}`;
    this.shown.set(node.id, now);
    return { look: before !== now, visibility: !before?.startsWith(`${visible}|`) };
  }
}

function shownOfGroup(node: JobGroupNode): string {
  const { description, iconPath } = node.item();
  return [description, (iconPath as vscode.ThemeIcon).id].join("|");
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
