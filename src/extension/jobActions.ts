import * as vscode from "vscode";
import { countText } from "../view/text.js";
import type { PageAction, ShownAction } from "./dashboard/protocol.js";
import { commandIds } from "./ids.js";
import type { Job } from "./job.js";

/** What an action calls, with the questions that the same command asks elsewhere. */
export const commandOfAction: Record<PageAction, string> = {
  repair: commandIds.repair,
  resume: commandIds.resume,
  run: commandIds.run,
  retry: commandIds.retry,
  stop: commandIds.stop,
};

/** What is offered above a job's dashboard and its file: what its row has buttons for, the first thing to do first. */
export function actionsOf(job: Job | undefined): ShownAction[] {
  if (!job) return [];
  const can = job.capabilities(vscode.workspace.isTrusted);
  const { failed = 0, progress } = job.view?.status ?? {};
  const offered: [PageAction, string][] = [];
  if (can.has("repairable")) offered.push(["repair", vscode.l10n.t("Repair…")]);
  // Where only failures are left, to resume is to retry them.
  if (can.has("resumable") && !(progress === "finished-with-failures" && can.has("retryable")))
    offered.push(["resume", vscode.l10n.t("Resume")]);
  if (can.has("retryable")) offered.push(["retry", vscode.l10n.t("Retry {0} Failed…", countText(failed))]);
  if (can.has("runnable")) offered.push(["run", vscode.l10n.t("Run")]);
  if (can.has("stoppable")) offered.push(["stop", vscode.l10n.t("Stop")]);
  // A run of what is finished finds nothing to do.
  const isIdle = (action: PageAction) => action === "run" && progress === "finished";
  return offered.map(([action, label], at) => ({ action, label, isMain: at === 0 && !isIdle(action) }));
}
