import * as vscode from "vscode";
import { JobCatalog } from "./jobCatalog.js";
import { createLog, unawaited } from "./log.js";
import { registerStatusBar } from "./statusBar/index.js";
import { registerTree } from "./tree/index.js";

/** Wires the features. Awaits nothing. Under test it gives the parts that tests look at. */
export function activate(context: vscode.ExtensionContext): unknown {
  const log = createLog();
  const catalog = new JobCatalog(log);
  const jobsView = registerTree(catalog, log);
  context.subscriptions.push(log, catalog, jobsView, registerStatusBar(catalog));
  unawaited(log, "start", catalog.start());
  return context.extensionMode === vscode.ExtensionMode.Test ? { catalog, ...jobsView } : undefined;
}
