import * as vscode from "vscode";
import { undoLast } from "../../runtime/repair.js";
import type { Job } from "../job.js";
import { reportFailure, unawaited } from "../log.js";
import type { Services } from "./services.js";

/** Tells what was done to a checkpoint, and offers to take it back. */
export function offerUndo({ catalog, log }: Services, job: Job, message: string): void {
  const undo = vscode.l10n.t("Undo");
  const offer = async () => {
    if ((await vscode.window.showInformationMessage(message, undo)) !== undo) return;
    try {
      await undoLast(job.checkpoint);
    } catch (error) {
      reportFailure(log, "Undo", error);
    }
    await catalog.refreshJob(job);
  };
  unawaited(log, "undo", offer());
}
