import * as vscode from "vscode";
import { plural } from "../../view/text.js";
import { contextKeys, innerCommandIds, jobsViewId } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { type Log, unawaited } from "../log.js";
import { fileDrops } from "../watched/drops.js";
import { needsPerson } from "./attention.js";
import { JobTree } from "./jobTree.js";
import type { TreeNode } from "./nodes/node.js";

export interface JobsView extends vscode.Disposable {
  readonly tree: JobTree;
  readonly view: vscode.TreeView<TreeNode>;
  /** Shows a job's row, and what is below it. */
  reveal(job: Job): Thenable<void>;
}

/** The view "Jobs": the tree, its badge, its message, and what it says when it is empty. */
export function registerTree(catalog: JobCatalog, log: Log): JobsView {
  const tree = new JobTree(catalog);
  const view = vscode.window.createTreeView(jobsViewId, {
    treeDataProvider: tree,
    showCollapseAll: true,
    canSelectMany: true,
    dragAndDropController: fileDrops,
  });
  const drawBadge = () => {
    const count = catalog.jobs.filter(needsPerson).length;
    if (count === (view.badge?.value ?? 0)) return;
    const tooltip = vscode.l10n.t("{0} in need of a look", plural(count, "job"));
    view.badge = count > 0 ? { value: count, tooltip } : undefined;
  };
  const drawMessage = () => {
    view.message =
      vscode.workspace.isTrusted || catalog.jobs.length === 0
        ? ""
        : vscode.l10n.t("Restricted Mode: jobs can be read here, not run, stopped or changed.");
  };
  const parts = [
    view,
    tree,
    catalog.onDidChangeAny(drawBadge),
    catalog.onDidChangeJobs(() => {
      drawMessage();
      unawaited(log, "context", vscode.commands.executeCommand("setContext", contextKeys.scanned, true));
    }),
    view.onDidChangeVisibility(({ visible }) => {
      // Not every file system tells of its changes.
      if (visible) unawaited(log, "refresh", catalog.refresh());
    }),
    vscode.commands.registerCommand(innerCommandIds.loadMore, (more: TreeNode) => tree.showMore(more)),
  ];
  const reveal = async (job: Job) => {
    const options = { select: true, expand: true };
    try {
      await view.reveal(tree.nodeOf(job), options);
    } catch {
      // A view that was never open refuses while it is being drawn.
      await vscode.commands.executeCommand(`${jobsViewId}.focus`);
      await view.reveal(tree.nodeOf(job), options);
    }
  };
  return { tree, view, reveal, dispose: () => vscode.Disposable.from(...parts).dispose() };
}
