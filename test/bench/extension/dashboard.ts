// How long a person waits for the dashboard of a large job.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import type { Dashboards } from "../../../src/extension/dashboard/dashboards.js";
import type { JobCatalog } from "../../../src/extension/jobCatalog.js";
import { longJobBytes, nightly } from "../../support/longJob.js";
import type { DashboardFigures } from "./figures.js";

const name = "dashboard";
const items = 100_000;

type AnyEvent = (listener: () => void) => vscode.Disposable;

function until(event: AnyEvent, holds: () => boolean): Promise<void> {
  if (holds()) return Promise.resolve();
  return new Promise((resolve) => {
    const subscription = event(() => {
      if (!holds()) return;
      subscription.dispose();
      resolve();
    });
  });
}

/** How long VS Code takes for a page without anything in it, its first. */
export async function emptyPageMs(): Promise<number> {
  const begunMs = performance.now();
  const panel = vscode.window.createWebviewPanel("empty", "Empty", vscode.ViewColumn.One, {
    enableScripts: true,
  });
  const said = new Promise<void>((resolve) => panel.webview.onDidReceiveMessage(() => resolve()));
  panel.webview.html = "<!DOCTYPE html><script>acquireVsCodeApi().postMessage(1);</script>";
  await said;
  const ms = performance.now() - begunMs;
  panel.dispose();
  return ms;
}

/** From the command until the page is painted with how the job stands and its failures, and until all is drawn. */
export async function dashboardFigures(
  catalog: JobCatalog,
  dashboards: Dashboards,
  folder: string,
): Promise<DashboardFigures> {
  const path = join(folder, "checkpoints", `${name}.jsonl`);
  writeFileSync(path, longJobBytes({ ...nightly, name, items }));
  const job = () => catalog.jobs.find((one) => one.name === name && one.loaded);
  await until(catalog.onDidChangeJob as AnyEvent, () => job() !== undefined);
  const { id } = job()!;
  const begunMs = performance.now();
  await vscode.commands.executeCommand("agentJobs.openDashboard", id);
  const dashboard = dashboards.panels.get(id)!;
  await until(dashboard.onDidPaint, () => dashboard.paintedMs !== null);
  const contentMs = performance.now() - begunMs;
  await until(dashboard.onDidPaint, () => dashboard.told?.reading === "");
  const drawnMs = performance.now() - begunMs;
  await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
  rmSync(path);
  // What is measured next is memory.
  await until(catalog.onDidChangeJobs, () => job() === undefined);
  return { contentMs, drawnMs };
}
