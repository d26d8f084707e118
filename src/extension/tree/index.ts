import { setTimeout } from "node:timers/promises";
import * as vscode from "vscode";
import { needsPerson } from "../../view/attention.js";
import { plural } from "../../view/text.js";
import { contextKeys, innerCommandIds, jobsViewId, settingIds, settingsSection } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { type Log, unawaited } from "../log.js";
import { showsBadge } from "../settings.js";
import { fileDrops } from "../watched/drops.js";
import { NeedFilter } from "./filter.js";
import { JobTree } from "./jobTree.js";
import type { TreeNode } from "./nodes/node.js";

/** How often, and after how long each, a row is tried to be shown that is still being drawn. */
const maxTries = 20;
const drawingMs = 100;

export interface JobsView extends vscode.Disposable {
  readonly tree: JobTree;
  readonly view: vscode.TreeView<TreeNode>;
  /** Shows a job's row, and what is below it. */
  reveal(job: Job): Thenable<void>;
  /** Leaves out the jobs that need nobody, or shows all again. */
  showOnlyNeedy(isOn: boolean): Promise<void>;
}

/** The view "Jobs": the tree, its badge, its message, its filter, and what it says when it is empty. */
export function registerTree(catalog: JobCatalog, memory: vscode.Memento, log: Log): JobsView {
  const filter = new NeedFilter(memory);
  const tree = new JobTree(catalog, filter);
  const view = vscode.window.createTreeView(jobsViewId, {
    treeDataProvider: tree,
    showCollapseAll: true,
    canSelectMany: true,
    dragAndDropController: fileDrops,
  });
  const keys = new Map<string, boolean>();
  const setKey = (key: string, value: boolean) => {
    if (keys.get(key) === value) return;
    keys.set(key, value);
    unawaited(log, "context", vscode.commands.executeCommand("setContext", key, value));
  };
  const drawBadge = () => {
    const count = showsBadge() ? needyOf(catalog).length : 0;
    if (count === (view.badge?.value ?? 0)) return;
    const tooltip = vscode.l10n.t("{0} in need of a look", plural(count, "job"));
    view.badge = count > 0 ? { value: count, tooltip } : undefined;
  };
  const drawMessage = () => {
    const all = catalog.jobs;
    const shown = all.filter((job) => filter.shows(job)).length;
    setKey(contextKeys.onlyNeedy, filter.isOn);
    setKey(contextKeys.nothingNeedy, all.length > 0 && shown === 0);
    const isRestricted = !vscode.workspace.isTrusted && all.length > 0;
    const lines = [
      ...(isRestricted
        ? [vscode.l10n.t("Restricted Mode: jobs can be read here, not run, stopped or changed.")]
        : []),
      ...(filter.isOn && shown > 0
        ? [vscode.l10n.t("Only what needs you: {0} of {1}.", shown, plural(all.length, "job"))]
        : []),
    ];
    const message = lines.join(" ");
    if (message !== (view.message ?? "")) view.message = message;
  };
  const draw = () => {
    drawBadge();
    drawMessage();
  };
  draw();
  const parts = [
    view,
    tree,
    filter,
    filter.onDidChange(drawMessage),
    catalog.onDidChangeAny(draw),
    catalog.onDidChangeJobs(() => {
      draw();
      setKey(contextKeys.scanned, true);
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${settingsSection}.${settingIds.badge}`)) drawBadge();
    }),
    view.onDidChangeVisibility(({ visible }) => {
      // Not every file system tells of its changes. What is looked for as the view opens first is not looked for twice.
      if (visible && catalog.isListed) unawaited(log, "refresh", catalog.refresh());
    }),
    vscode.commands.registerCommand(innerCommandIds.loadMore, (more: TreeNode) => tree.showMore(more)),
  ];
  const reveal = async (job: Job) => {
    if (!filter.shows(job)) await filter.set(false);
    if (!view.visible) await vscode.commands.executeCommand(`${jobsViewId}.focus`);
    const node = await tree.nodeOf(job);
    for (let tries = 1; ; tries++) {
      try {
        await view.reveal(node, { select: true, expand: true });
      } catch (error) {
        if (tries === maxTries) throw error;
      }
      // Rows that it was given and has not drawn yet it refuses, or selects none and says nothing.
      if (tries === maxTries || view.selection.some(({ id }) => id === node.id)) return;
      await setTimeout(drawingMs);
    }
  };
  const showOnlyNeedy = (isOn: boolean) => filter.set(isOn);
  return { tree, view, reveal, showOnlyNeedy, dispose: () => vscode.Disposable.from(...parts).dispose() };
}

const needyOf = ({ jobs }: JobCatalog): Job[] => jobs.filter((job) => job.loaded && needsPerson(job.view));
