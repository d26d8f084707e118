import * as vscode from "vscode";
import { countText } from "../../view/text.js";
import { commandIds } from "../ids.js";
import type { Job } from "../job.js";
import type { PageAction, ShownAction } from "./protocol.js";

const commands: Record<PageAction, string> = {
  repair: commandIds.repair,
  resume: commandIds.resume,
  run: commandIds.run,
  retry: commandIds.retry,
  stop: commandIds.stop,
};

/** What the top of the page offers: what the job's row has buttons for, the first thing to do first. */
export function actionsOf(job: Job | undefined): ShownAction[] {
  if (!job) return [];
  const can = job.capabilities(vscode.workspace.isTrusted);
  const { failed = 0, progress } = job.view?.status ?? {};
  const shown: ShownAction[] = [];
  if (can.has("repairable")) shown.push({ action: "repair", label: vscode.l10n.t("Repair…") });
  // Where only failures are left, to resume is to retry them.
  if (can.has("resumable") && !(progress === "finished-with-failures" && can.has("retryable")))
    shown.push({ action: "resume", label: vscode.l10n.t("Resume") });
  if (can.has("retryable"))
    shown.push({ action: "retry", label: vscode.l10n.t("Retry {0} Failed…", countText(failed)) });
  if (can.has("runnable")) shown.push({ action: "run", label: vscode.l10n.t("Run") });
  if (can.has("stoppable")) shown.push({ action: "stop", label: vscode.l10n.t("Stop") });
  return shown;
}

/** Does what was asked for, with the questions that the same command asks elsewhere. */
export async function act(job: Job, action: PageAction): Promise<void> {
  await vscode.commands.executeCommand(commands[action], job.id);
}
