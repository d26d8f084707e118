import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import type { AgentJobsExports } from "../../../src/extension/api/extensionApi.js";
import type { Dashboards } from "../../../src/extension/dashboard/dashboards.js";
import type { Job } from "../../../src/extension/job.js";
import type { JobCatalog } from "../../../src/extension/jobCatalog.js";
import type { JobTasks } from "../../../src/extension/tasks/index.js";
import type { TerminalAdditions } from "../../../src/extension/terminal/index.js";
import type { JobTree } from "../../../src/extension/tree/jobTree.js";
import type { TreeNode } from "../../../src/extension/tree/nodes/node.js";

/** What the extension gives under test, beside what it gives to everybody. */
export interface Parts extends AgentJobsExports {
  catalog: JobCatalog;
  tree: JobTree;
  view: vscode.TreeView<TreeNode>;
  tasks: JobTasks;
  terminal: TerminalAdditions;
  dashboards: Dashboards;
  /** The features that are loaded once the editor has begun. */
  later: Promise<void>;
  activateMs: number;
  /** How many jobs were known when activation had ended. */
  jobsThen: number;
}

/** Half of a test's time: what was waited for in vain is to be named. */
const patienceMs = Number(process.env.AGENT_JOBS_TIMEOUT_MS ?? 30_000) / 2;

export async function parts(): Promise<Parts> {
  const extension = vscode.extensions.getExtension<Parts>("agent-jobs.agent-jobs");
  assert.ok(extension, "agent-jobs.agent-jobs is not installed");
  const activated = await extension.activate();
  await activated.later;
  await activated.catalog.start();
  return activated;
}

/** Writes a figure between the results of the tests: the console of an extension host is not seen. */
export function note(text: string): void {
  const report = process.env.AGENT_JOBS_REPORT;
  if (report) appendFileSync(report, `      ${text}\n`);
}

/** A path in the folder that is open. */
export function inWorkspace(...path: string[]): string {
  return join(vscode.workspace.workspaceFolders![0]!.uri.fsPath, ...path);
}

/** Waits for the catalog's events until a job is as asked for, and gives it. */
export async function jobWhere(
  catalog: JobCatalog,
  what: string,
  holds: (job: Job) => boolean,
): Promise<Job> {
  const find = () => catalog.jobs.find((job) => job.loaded && holds(job));
  await untilEvent([catalog.onDidChangeJob, catalog.onDidChangeJobs], what, () => find() !== undefined);
  return find()!;
}

/** Waits for a job of this name to be as asked for. */
export function jobNamed(
  catalog: JobCatalog,
  name: string,
  holds: (job: Job) => boolean = () => true,
): Promise<Job> {
  return jobWhere(catalog, `${name}: ${holds}`, (job) => job.name === name && holds(job));
}

type AnyEvent = (listener: () => unknown) => vscode.Disposable;

/** Waits for any of the events until something holds; at once where it does already. */
export async function untilEvent(
  events: readonly AnyEvent[],
  what: string,
  holds: () => boolean,
): Promise<void> {
  if (holds()) return;
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => end(new Error(`Waited in vain for ${what}.`)), patienceMs);
    const subscriptions = events.map((event) => event(() => holds() && end()));
    const end = (error?: Error) => {
      clearTimeout(late);
      for (const subscription of subscriptions) subscription.dispose();
      if (error) reject(error);
      else resolve();
    };
  });
}

type Shown =
  | "showWarningMessage"
  | "showInformationMessage"
  | "showErrorMessage"
  | "showQuickPick"
  | "showSaveDialog"
  | "setStatusBarMessage";

/** Answers messages instead of a person: dialogs reject under test. Gives what was said; `restore` ends it. */
export function answering(
  kind: Shown,
  answer: (...args: never[]) => unknown,
): { said: unknown[][]; restore(): void } {
  const windows = vscode.window as unknown as Record<Shown, unknown>;
  const original = windows[kind];
  const said: unknown[][] = [];
  windows[kind] = (...args: unknown[]) => {
    said.push(args);
    const answered = answer(...(args as never[]));
    // What VS Code gives at once there is a handle, and for the others a person's answer, later.
    if (kind === "setStatusBarMessage") return answered ?? new vscode.Disposable(() => {});
    return Promise.resolve(answered);
  };
  return {
    said,
    restore() {
      windows[kind] = original;
    },
  };
}

/** Shows something else than the jobs: ends of runs are told to whoever does not look at them. */
export async function leaveJobs(): Promise<void> {
  await vscode.commands.executeCommand("workbench.view.explorer");
}

/** Works with each quick pick as a person would, once it is on the screen. `restore` ends it. */
export function atQuickPicks(
  work: (picker: vscode.QuickPick<vscode.QuickPickItem>) => PromiseLike<unknown>,
): { restore(): void } {
  const original = vscode.window.createQuickPick;
  const windows = vscode.window as { createQuickPick: unknown };
  windows.createQuickPick = () => {
    const picker = original.call(vscode.window) as vscode.QuickPick<vscode.QuickPickItem>;
    const begun = picker.onDidChangeActive(() => {
      begun.dispose();
      // What it rejects with is nobody's to await: it ends the quick pick, and the test by what it then finds.
      Promise.resolve(work(picker)).catch((error: unknown) => {
        console.error(error);
        picker.hide();
      });
    });
    return picker;
  };
  return {
    restore() {
      windows.createQuickPick = original;
    },
  };
}

/** Goes to an item of a quick pick and takes it. */
export async function choose(
  picker: vscode.QuickPick<vscode.QuickPickItem>,
  item: vscode.QuickPickItem,
): Promise<void> {
  if (picker.activeItems[0] !== item) {
    const isThere = new Promise<void>((resolve) => {
      const going = picker.onDidChangeActive(([active]) => {
        if (active !== item) return;
        going.dispose();
        resolve();
      });
    });
    picker.activeItems = [item];
    await isThere;
  }
  await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
}
