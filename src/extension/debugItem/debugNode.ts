import * as vscode from "vscode";
import type { Services } from "../commands/services.js";
import type { Job } from "../job.js";
import { nodeConfiguration, trialVariable } from "./configurations.js";

/** Runs a trial under VS Code's JavaScript debugger. Resolves when its session has ended. */
export async function debugNode(
  { tasks }: Services,
  job: Job,
  { name, trial, args }: { name: string; trial: string; args: readonly string[] },
): Promise<void> {
  const call = await tasks.callOf(job, "try", args);
  // The debugger makes a session for each process below the one that was asked for.
  const ended = endOf(
    (session) => session.configuration.env?.[trialVariable] === trial && !session.parentSession,
  );
  try {
    const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(call.cwd));
    if (!(await vscode.debug.startDebugging(folder, nodeConfiguration(name, trial, call))))
      throw new Error(vscode.l10n.t("The JavaScript debugger did not start. Nothing was run."));
    await ended.promise;
  } finally {
    ended.dispose();
  }
}

/** The end of a debug session. */
export function endOf(isMeant: (session: vscode.DebugSession) => boolean) {
  let end = () => {};
  const promise = new Promise<void>((resolve) => {
    end = resolve;
  });
  const listening = vscode.debug.onDidTerminateDebugSession((session) => {
    if (isMeant(session)) end();
  });
  return { promise, dispose: () => listening.dispose() };
}
