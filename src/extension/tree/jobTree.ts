import { setImmediate as nextTurn, setTimeout as passed } from "node:timers/promises";
import * as vscode from "vscode";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { Pace } from "../watching/pace.js";
import type { NeedFilter } from "./filter.js";
import type { JobGroupNode } from "./nodes/jobGroup.js";
import type { JobNode } from "./nodes/jobNode.js";
import { plainTooltip, type TreeNode } from "./nodes/node.js";
import { Pages } from "./nodes/pages.js";
import type { JobRows } from "./rows.js";

/**
 * VS Code waits until 200 ms have passed without a further change before it draws anything again: of several jobs that
 * change in turn, each sooner than that after the last, it would draw none for as long as they run. Jobs are read less
 * often than this, so that a drawing that came late is not late for ever.
 */
const drawIntervalMs = 210;
/** Jobs are read together, and their rows drawn together; a long reading is not waited for. */
const patienceMs = 100;
/** To draw a row closes its tip: that of a job that runs, which changes all the time, is left so long to be read. */
const tipMs = 3_000;
/** So many rows are made between two turns of everybody else. */
const rowsAtOnce = 50;

/** Theia, told of a row, asks anew for what is below it and not for the row itself. Its own part of the API tells it apart. */
const drawsRows = !("getClientOperatingSystem" in vscode.env);

/** The tree of the view: renders the catalog's jobs. */
export class JobTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode[] | undefined>();
  /** Tells of all rows that changed together: at once, and then at most every 210 ms. */
  readonly onDidChangeTreeData = this.changed.event;
  private readonly drawing = new Pace(() => this.draw(), 0);
  private drawnMs = Number.NEGATIVE_INFINITY;
  /** What changed since rows were drawn last. */
  private jobsToDraw = new Set<Job>();
  private rowsToDraw = new Set<TreeNode>();
  private isAllToDraw = false;
  /** The row whose tip was asked for last, for as long as it may still be read. */
  private tip: { node: TreeNode; timer: NodeJS.Timeout } | undefined;
  /** How often VS Code waits for all rows. */
  private asked = 0;
  private readonly pages = new Pages();
  private rows: JobRows | undefined;
  /** How the rows looked when they were drawn last, by their ids. */
  private readonly shown = new Map<string, string>();
  /** Rows that were made to see whether they look different, and that nobody has asked for since. */
  private readonly made = new WeakMap<TreeNode, vscode.TreeItem>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly catalog: JobCatalog,
    private readonly filter: NeedFilter,
    /** Whether the editor draws a row anew that it is told of; where not, all are drawn. */
    private readonly rowByRow = drawsRows,
  ) {
    const drawAll = () => {
      this.isAllToDraw = true;
      void this.drawing.request();
    };
    const drawAfresh = () => {
      this.rows?.forget();
      drawAll();
    };
    this.subscriptions = [
      catalog.onDidChangeJobs(drawAfresh),
      vscode.workspace.onDidChangeWorkspaceFolders(drawAfresh),
      catalog.onDidChangeJob((job) => {
        const node = this.rows?.of(job);
        for (const stale of [node, node?.parent]) if (stale) this.made.delete(stale);
        this.jobsToDraw.add(job);
        void this.drawing.request();
      }),
      filter.onDidChange(drawAll),
      this.drawing,
    ];
  }

  async getChildren(element?: TreeNode): Promise<TreeNode[]> {
    if (element) return (await element.children({ pages: this.pages })).filter((node) => this.shows(node));
    this.asked++;
    try {
      await this.catalog.begin();
      return await this.rootRows();
    } finally {
      this.asked--;
      if (this.isAllToDraw || this.jobsToDraw.size + this.rowsToDraw.size > 0) void this.drawing.request();
    }
  }

  getTreeItem(element: TreeNode): vscode.TreeItem {
    const item = this.made.get(element) ?? element.item();
    this.made.delete(element);
    item.id = element.id;
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, element: TreeNode): vscode.TreeItem {
    const details = element.details?.();
    if (details) item.tooltip = plainTooltip(details);
    clearTimeout(this.tip?.timer);
    const timer = setTimeout(() => {
      this.tip = undefined;
      void this.drawing.request();
    }, tipMs);
    this.tip = { node: element, timer };
    return item;
  }

  getParent(element: TreeNode): TreeNode | undefined {
    return element.parent;
  }

  /** The row of a job. */
  async nodeOf(job: Job): Promise<JobNode> {
    return (await this.load()).of(job);
  }

  showMore(more: TreeNode): void {
    if (!more.parent) return;
    this.pages.showMore(more.parent.id);
    this.rowsToDraw.add(more.parent);
    void this.drawing.request();
  }

  dispose(): void {
    clearTimeout(this.tip?.timer);
    this.changed.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** What makes rows of jobs; loaded with the first. */
  async load(): Promise<JobRows> {
    const { JobRows } = await import("./rows.js");
    this.rows ??= new JobRows(() => this.catalog.jobs, this.filter);
    return this.rows;
  }

  private async rootRows(): Promise<TreeNode[]> {
    const roots = (await this.load()).all();
    // What has changed until now is in the answer.
    this.isAllToDraw = false;
    this.jobsToDraw.clear();
    this.shown.clear();
    const rows = roots.flatMap((root) => [root, ...("members" in root ? root.members : [])]);
    for (const [i, node] of rows.entries()) {
      if (i > 0 && i % rowsAtOnce === 0) await nextTurn();
      this.remember(node);
    }
    return roots.filter((node) => this.shows(node));
  }

  private shows(node: TreeNode): boolean {
    // Only rows of jobs say which folder they are of.
    if (!("folder" in node)) return true;
    const rows = "members" in node ? (node as JobGroupNode).members : [node];
    return rows.some(({ job }) => this.filter.shows(job));
  }

  private async draw(): Promise<void> {
    await Promise.race([this.catalog.settled(), passed(patienceMs)]);
    // An estimate takes milliseconds: each has a turn of its own.
    for (const job of [...this.jobsToDraw]) {
      await nextTurn();
      void job.view;
    }
    const pauseMs = this.drawnMs + drawIntervalMs - performance.now();
    if (pauseMs > 0) await passed(pauseMs);
    this.drawnMs = performance.now();
    this.drawChanged();
  }

  private drawChanged(): void {
    // Told of a change meanwhile, VS Code would drop the answer that it waits for, which has the change, and ask again.
    if (this.asked > 0) return;
    const [jobs, rows] = [this.jobsToDraw, this.rowsToDraw];
    [this.jobsToDraw, this.rowsToDraw] = [new Set(), new Set()];
    for (const job of jobs) this.noteChange(job, rows);
    const isAll = this.isAllToDraw || (rows.size > 0 && !this.rowByRow);
    this.isAllToDraw = false;
    if (isAll) this.changed.fire(undefined);
    else if (rows.size > 0) this.changed.fire([...rows]);
  }

  /** Adds a job's row to those to draw only where it would look different: drawing closes hovers and costs time. */
  private noteChange(job: Job, rows: Set<TreeNode>): void {
    if (!this.rows || this.catalog.job(job.id) !== job) return;
    const node = this.rows.of(job);
    // What nobody has asked for yet is drawn when it is.
    if (!this.shown.has(node.id)) return;
    if (this.isRead(node)) {
      this.jobsToDraw.add(job);
      return;
    }
    const group = node.parent;
    const [changed, groupChanged] = [this.remember(node), group && this.remember(group)];
    // A row that comes or goes is its parent's concern.
    if (changed.visibility) this.isAllToDraw = true;
    else if (group && groupChanged?.look) rows.add(group);
    else if (changed.look) rows.add(node);
  }

  /** Whether the row's tip may still be read. How a run ends is more than its tip. */
  private isRead(node: JobNode): boolean {
    return this.tip?.node === node && node.job.holder !== null;
  }

  /** Notes how a row looks now, and says what of it is not as it was. */
  private remember(node: JobNode | JobGroupNode): { look: boolean; visibility: boolean } {
    const before = this.shown.get(node.id);
    const visible = this.shows(node) ? "shown" : "hidden";
    const item = node.item();
    this.made.set(node, item);
    const now = `${visible}|${"members" in node ? shownOfGroup(item) : shownOf(item, node)}`;
    this.shown.set(node.id, now);
    return { look: before !== now, visibility: !before?.startsWith(`${visible}|`) };
  }
}

function shownOfGroup({ description, iconPath }: vscode.TreeItem): string {
  return [description, (iconPath as vscode.ThemeIcon).id].join("|");
}

/** All that the row and the rows below it are made of, in short. */
function shownOf({ label, description, contextValue, iconPath }: vscode.TreeItem, node: JobNode): string {
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
