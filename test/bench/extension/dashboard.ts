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
const openings = 5;

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

// Window and extension host are on one machine: their clocks are one, and what a page says is not late by its way.

/** How long VS Code takes for a page without anything in it, its first. */
export async function emptyPageMs(): Promise<number> {
  const begunAtMs = Date.now();
  const panel = vscode.window.createWebviewPanel("empty", "Empty", vscode.ViewColumn.One, {
    enableScripts: true,
  });
  const said = new Promise<number>((resolve) => panel.webview.onDidReceiveMessage(resolve));
  panel.webview.html = "<!DOCTYPE html><script>acquireVsCodeApi().postMessage(Date.now());</script>";
  const ms = (await said) - begunAtMs;
  panel.dispose();
  return ms;
}

/** How long a job's dashboard takes from the command until it is painted, and until all of it is drawn. It is closed again. */
async function opened(dashboards: Dashboards, id: string): Promise<{ contentMs: number; drawnMs: number }> {
  const [begunMs, begunAtMs] = [performance.now(), Date.now()];
  await vscode.commands.executeCommand("agentJobs.openDashboard", id);
  const dashboard = dashboards.panels.get(id)!;
  await until(dashboard.onDidPaint, () => dashboard.told?.reading === "");
  const drawnMs = performance.now() - begunMs;
  await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
  await until(dashboard.onDidDispose, () => !dashboards.panels.has(id));
  return { contentMs: dashboard.paintedAtMs! - begunAtMs, drawnMs };
}

/** Opens the dashboard of a long job several times. */
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
  const all: { contentMs: number; drawnMs: number }[] = [];
  while (all.length < openings) all.push(await opened(dashboards, id));
  rmSync(path);
  // What is measured next is memory.
  await until(catalog.onDidChangeJobs, () => job() === undefined);
  return { contentMs: all.map(({ contentMs }) => contentMs), drawnMs: all[0]!.drawnMs };
}
