import * as vscode from "vscode";
import type { Services } from "../commands/services.js";
import type { Job } from "../job.js";
import { debugpyConfiguration } from "./configurations.js";
import { endOf } from "./debugNode.js";

const debuggerId = "ms-python.debugpy";

/** Whether VS Code has a Python debugger; else says what to install. */
export async function findPythonDebugger(): Promise<boolean> {
  if (vscode.extensions.getExtension(debuggerId)) return true;
  const find = vscode.l10n.t("Find It");
  const message = vscode.l10n.t(
    "The worker of this job is a Python program, and no Python debugger is installed: install the extension Python Debugger ({0}), and debugpy in the interpreter that runs the worker. Nothing was run.",
    debuggerId,
  );
  if ((await vscode.window.showWarningMessage(message, find)) === find)
    await vscode.commands.executeCommand("workbench.extensions.search", `@id:${debuggerId}`);
  return false;
}

/**
 * Runs a trial whose Python worker connects to the debugger. Resolves when the trial has ended.
 * @param folder where the job file is
 */
export async function debugPython(
  { tasks }: Services,
  job: Job,
  { name, trial, args, folder }: { name: string; trial: string; args: readonly string[]; folder: string },
): Promise<void> {
  const isOurs = (session: vscode.DebugSession) => session.configuration.trial === trial;
  const ended = endOf((session) => isOurs(session) && !session.parentSession);
  let heard = (_: string) => {};
  const address = new Promise<string>((resolve) => {
    heard = resolve;
  });
  const listening = vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
    if (isOurs(session) && event === "debugpyWaitingForServer") heard(`${body.host}:${body.port}`);
  });
  try {
    const workspace = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder));
    // It has started only once the worker is there.
    const starting = vscode.debug.startDebugging(workspace, debugpyConfiguration(name, trial, folder));
    const failed = starting.then((isStarted) => (isStarted ? new Promise<never>(() => {}) : undefined));
    const at = await Promise.race([address, failed, ended.promise.then(() => undefined)]);
    if (at === undefined)
      throw new Error(vscode.l10n.t("The Python debugger did not start. Nothing was run."));
    await runTrial(await tasks.callOf(job, "try", [...args, `--debugpy=${at}`]), name);
  } finally {
    listening.dispose();
    ended.dispose();
  }
}

/** In a terminal, since the debugger shows the worker's output alone. */
async function runTrial(
  { program, args, cwd, env }: Awaited<ReturnType<Services["tasks"]["callOf"]>>,
  name: string,
): Promise<void> {
  const execution = new vscode.ProcessExecution(program, args, { cwd, env });
  const definition = { type: "agentJobTrial", name };
  const scope = vscode.TaskScope.Workspace;
  const task = new vscode.Task(definition, scope, name, vscode.l10n.t("Agent Jobs"), execution, []);
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Silent, panel: vscode.TaskPanelKind.Dedicated };
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const listening = vscode.tasks.onDidEndTask((event) => {
    if (event.execution.task.definition.type === definition.type && event.execution.task.name === name) end();
  });
  try {
    await vscode.tasks.executeTask(task);
    await over;
  } finally {
    listening.dispose();
  }
}
