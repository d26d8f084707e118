import * as vscode from "vscode";
import { registerCommands } from "./commands/index.js";
import { registerEditor } from "./editor/index.js";
import { RepairPreviews } from "./editor/repairPreviews.js";
import { registerExcludes } from "./excludes/index.js";
import { registerFailures } from "./failures/failuresDocument.js";
import { ItemLogDocuments } from "./itemLog/itemLogDocument.js";
import { registerItems } from "./items/itemDocument.js";
import { JobCatalog } from "./jobCatalog.js";
import { createLog, unawaited } from "./log.js";
import { registerNotifications } from "./notifications/index.js";
import { PlanDocuments } from "./planDocuments.js";
import { registerPython } from "./python/index.js";
import { registerStatusBar } from "./statusBar/index.js";
import { JobTasks } from "./tasks/index.js";
import { Outliving } from "./tasks/outliving.js";
import { registerTaskWatch } from "./tasks/taskWatch.js";
import { registerTree } from "./tree/index.js";

/** Wires the features. Awaits nothing. Under test it gives the parts that tests look at. */
export function activate(context: vscode.ExtensionContext): unknown {
  const begunMs = performance.now();
  const log = createLog();
  const catalog = new JobCatalog(log);
  const jobsView = registerTree(catalog, context.workspaceState, log);
  const { tree, view } = jobsView;
  const outliving = new Outliving(context.workspaceState);
  const tasks = new JobTasks(catalog, outliving, context, log);
  const isLooking = () => view.visible && vscode.window.state.focused;
  context.subscriptions.push(log, catalog, jobsView, tasks);
  context.subscriptions.push(registerStatusBar(catalog));
  context.subscriptions.push(registerNotifications(catalog, tasks.errors, log, isLooking));
  context.subscriptions.push(registerFailures(catalog), registerItems(catalog));
  context.subscriptions.push(registerExcludes(catalog, context.workspaceState, log));
  context.subscriptions.push(registerEditor(catalog));
  registerPython(context);
  const previews = new RepairPreviews();
  const itemLogs = new ItemLogDocuments(catalog);
  const plans = new PlanDocuments();
  context.subscriptions.push(previews, itemLogs, plans);
  const services = { catalog, tasks, outliving, tree, jobsView, previews, itemLogs, plans, log };
  context.subscriptions.push(registerCommands(services));
  context.subscriptions.push(registerTaskWatch(services));
  unawaited(log, "start", catalog.start());
  return context.extensionMode === vscode.ExtensionMode.Test
    ? { catalog, tree, view, tasks, activateMs: performance.now() - begunMs, jobsThen: catalog.jobs.length }
    : undefined;
}
