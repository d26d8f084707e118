import { basename } from "node:path";
import * as vscode from "vscode";
import { applyRepair, type PlannedRepair, planRepairOf } from "../../runtime/repair.js";
import { changesFile } from "../../runtime/state/repairPlan.js";
import { repairLines } from "../../view/repairText.js";
import { countText, safeText } from "../../view/text.js";
import type { Job } from "../job.js";
import type { Handler, Services } from "./services.js";
import { requireTrust, targetOf } from "./target.js";
import { offerUndo } from "./undo.js";

/** Says what is damaged and what becomes of it, asks, and repairs. */
export const repair: Handler = async (services, argument) => {
  requireTrust();
  const job = await targetOf(services.catalog, argument, "repairable", vscode.l10n.t("Repair which job?"));
  if (!job) return;
  requireSaved(job);
  const planned = await planRepairOf(job.checkpoint);
  if (nothingToDo(planned)) return;
  const yes = vscode.l10n.t("Repair");
  const detail = [
    ...repairLines(planned.plan, planned.summary),
    "",
    vscode.l10n.t("The original stays beside it as a backup, and what is dropped is kept."),
  ].join("\n");
  const title = vscode.l10n.t("Repair the checkpoint of {0}?", safeText(job.name));
  if ((await vscode.window.showWarningMessage(title, { modal: true, detail }, yes)) !== yes) return;
  await carryOut(
    services,
    job,
    planned,
    vscode.l10n.t("Repaired the checkpoint of {0}.", safeText(job.name)),
  );
};

/** Repairs one line of a checkpoint, counted from 1. The fix that asked for it has said what it does. */
export const repairLine: Handler = async (services, uri, line) => {
  requireTrust();
  const job = services.catalog.jobOfCheckpoint(uri as vscode.Uri);
  if (!job) return;
  requireSaved(job);
  const planned = await planRepairOf(job.checkpoint, { lines: new Set([line as number]) });
  if (nothingToDo(planned)) return;
  const done = vscode.l10n.t("Repaired line {0}.", countText(line as number));
  await carryOut(services, job, planned, done);
};

/** @throws Error where an editor holds changes that a repair would overwrite or ignore */
function requireSaved(job: Job): void {
  const document = vscode.workspace.textDocuments.find(
    ({ uri }) => uri.scheme === "file" && uri.fsPath === job.checkpoint,
  );
  if (document?.isDirty)
    throw new Error(
      vscode.l10n.t(
        "{0} has changes that are not saved: save or revert them first.",
        basename(job.checkpoint),
      ),
    );
}

function nothingToDo(planned: PlannedRepair): boolean {
  if (changesFile(planned.plan)) return false;
  void vscode.window.showInformationMessage(
    vscode.l10n.t("There is nothing to repair in {0}.", basename(planned.path)),
  );
  return true;
}

async function carryOut(services: Services, job: Job, planned: PlannedRepair, done: string): Promise<void> {
  const { backup, dropped } = await applyRepair(planned);
  await services.catalog.refreshJob(job);
  const kept = vscode.l10n.t("The original is kept as {0}.", basename(backup ?? job.checkpoint));
  const aside = dropped ? ` ${vscode.l10n.t("What was dropped is in {0}.", basename(dropped))}` : "";
  offerUndo(services, job, `${done} ${kept}${aside}`);
}
