import { setImmediate as nextTurn } from "node:timers/promises";
import * as vscode from "vscode";
import { translateWith } from "../view/l10n.js";
import type { AgentJobsExports } from "./api/extensionApi.js";
import { createExports } from "./api/index.js";
import { registerCommands } from "./commands/index.js";
import type { Services } from "./commands/services.js";
import { Dashboards } from "./dashboard/dashboards.js";
import { RepairPreviews } from "./editor/repairPreviews.js";
import { ItemLogDocuments } from "./itemLog/itemLogDocument.js";
import { ItemDocuments } from "./items/itemDocuments.js";
import { JobCatalog } from "./jobCatalog.js";
import { registerLanguageModels } from "./languageModels/index.js";
import { registerLinks } from "./links/index.js";
import { createLog, unawaited } from "./log.js";
import { optional } from "./optional.js";
import { PlanDocuments } from "./planDocuments.js";
import { JobTasks } from "./tasks/index.js";
import { NodeFinder } from "./tasks/nodeProgram.js";
import { Outliving } from "./tasks/outliving.js";
import { registerTaskWatch } from "./tasks/taskWatch.js";
import { registerTerminal } from "./terminal/index.js";
import { registerTree } from "./tree/index.js";

/** Node has it from 23.9 on; before, the clock has to do, and what other programs take counts as well. */
const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage };

function threadCpuMs(): number {
  if (!threadCpuUsage) return performance.now();
  const { user, system } = threadCpuUsage.call(process);
  return (user + system) / 1000;
}

/**
 * Wires the features. Awaits nothing.
 * @returns what other extensions may use; under test beside it the parts that tests look at
 */
export function activate(context: vscode.ExtensionContext): AgentJobsExports {
  const begunMs = performance.now();
  const cpuBefore = threadCpuMs();
  translateWith(vscode.l10n.t, vscode.env.language);
  const log = createLog();
  const catalog = new JobCatalog(log);
  const jobsView = registerTree(catalog, context.workspaceState, log);
  const { tree, view } = jobsView;
  const outliving = new Outliving(context.workspaceState);
  const nodes = new NodeFinder(log);
  const tasks = new JobTasks(catalog, outliving, nodes, context, log);
  context.subscriptions.push(log, catalog, jobsView, tasks);
  const listed = catalog.start();
  unawaited(log, "start", listed);
  const terminal = optional(context, log, "variables of terminals", () =>
    registerTerminal(context, nodes, log, listed),
  );
  const previews = new RepairPreviews();
  const itemLogs = new ItemLogDocuments(catalog);
  const items = new ItemDocuments(catalog);
  const plans = new PlanDocuments(catalog);
  const dashboards = new Dashboards(catalog, log);
  context.subscriptions.push(previews, itemLogs, items, plans, dashboards);
  const parts = { catalog, tree, view, tasks, terminal, dashboards };
  const documents = { previews, itemLogs, items, plans, dashboards };
  const services = { catalog, tasks, outliving, tree, jobsView, ...documents, log };
  context.subscriptions.push(registerCommands(services));
  context.subscriptions.push(registerTaskWatch(services));
  optional(context, log, "links into extensions", () => registerLinks(catalog, jobsView, log));
  optional(context, log, "tools for language models", () => registerLanguageModels(services, context));
  const later = startLater(context, services);
  unawaited(log, "later", later);
  const exported = createExports(services);
  if (context.extensionMode !== vscode.ExtensionMode.Test) return exported;
  const activateMs = performance.now() - begunMs;
  const activateCpuMs = threadCpuMs() - cpuBefore;
  const listedMs = listed.then(() => performance.now() - begunMs);
  const figures = { begunMs, activateMs, activateCpuMs, listedMs, jobsThen: catalog.jobs.length };
  return Object.assign({ ...exported }, parts, { later }, figures);
}

/** In parts, between which others have the thread. */
async function startLater(context: vscode.ExtensionContext, services: Services): Promise<void> {
  await nextTurn();
  const { registerLater } = await import("./later.js");
  context.subscriptions.push(registerLater(services, context.workspaceState));
  await nextTurn();
  await services.tree.load();
}
