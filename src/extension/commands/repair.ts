import { stat } from "node:fs/promises";
import { basename } from "node:path";
import * as vscode from "vscode";
import { AgentJobsError } from "../../runtime/errors.js";
import {
  applyRepair,
  type PlannedRepair,
  planRepairOf,
  type RepairOutcome,
  replanned,
} from "../../runtime/repair.js";
import { changesFile } from "../../runtime/state/repairPlan.js";
import { namesText, repairLines, repairSentence } from "../../view/repairText.js";
import { countText, labelText, plural } from "../../view/text.js";
import type { PendingRepair } from "../editor/repairPreviews.js";
import type { Job } from "../job.js";
import { requireNotHeld } from "./notHeld.js";
import { mayWrite } from "./place.js";
import { maxPreviewBytes, watched } from "./repairProgress.js";
import type { Handler, Services } from "./services.js";
import { requireTrust, targetOf } from "./target.js";
import { offerUndo } from "./undo.js";

/** So many items that are done again are named. */
const maxNamed = 3;

/** Shows what a repair would make of a checkpoint, and repairs it once the person agrees. */
export const repair: Handler = async (services, argument) => {
  requireTrust();
  const job = await targetOf(services.catalog, argument, "repairable", vscode.l10n.t("Repair which job?"));
  if (!job) return;
  await requireUntouched(job);
  const title = vscode.l10n.t("Looking at the checkpoint of {0}", labelText(job.name));
  const { size } = await stat(job.checkpoint);
  const planned = await watched(title, size, (watch) => planRepairOf(job.checkpoint, watch));
  if (!planned || nothingToDo(planned)) return;
  await (size > maxPreviewBytes ? askInWords : askBesideDiff)(services, { job, planned });
};

/** Carries out the repair whose diff is in front, or that the editor's title bar names. */
export const acceptRepair: Handler = async (services, argument) => {
  requireTrust();
  const uri = argument instanceof vscode.Uri ? argument : services.previews.inFront();
  const pending = uri && services.previews.get(uri);
  if (!pending)
    throw new Error(vscode.l10n.t("There is no repair to carry out here: call Agent Jobs: Repair… first."));
  await carryOutBeside(services, pending, uri);
};

/**
 * Repairs one line of a checkpoint, counted from 1. The fix that asked for it has said what it does.
 * @param salvageMerged keep whole records in it that have no checksum
 */
export const repairLine: Handler = async (services, uri, line, salvageMerged) => {
  requireTrust();
  const job = services.catalog.jobOfCheckpoint(uri as vscode.Uri);
  if (!job) return;
  await requireUntouched(job);
  const choices = { lines: new Set([line as number]), salvageMerged: salvageMerged === true };
  const planned = await planRepairOf(job.checkpoint, choices);
  const shown = countText(line as number);
  if (!changesFile(planned.plan) && planned.summary.damageCount > 0) {
    const moved = vscode.l10n.t(
      "Line {0} of {1} is whole now: the file was changed. Other lines of it are damaged.",
      shown,
      labelText(basename(job.checkpoint)),
    );
    return offerLook(services, job, moved);
  }
  if (nothingToDo(planned)) return;
  const again = itemsAgainText(planned.plan);
  const done = vscode.l10n.t("Repaired line {0}.", shown);
  await carryOutShown(services, { job, planned }, [done, ...again].join(" "));
};

/** Which items a repair leaves to be done again, as far as that can be read. */
function itemsAgainText({ mayHaveHeld }: PlannedRepair["plan"]): string[] {
  return mayHaveHeld.length === 0
    ? []
    : [vscode.l10n.t("To be done again: {0}.", labelText(namesText(mayHaveHeld, maxNamed)))];
}

/** Says what is not as it was shown, and shows what there is. */
async function offerLook(services: Services, job: Job, message: string): Promise<void> {
  const again = vscode.l10n.t("Look Again");
  if ((await vscode.window.showWarningMessage(message, again)) === again) await repair(services, job.id);
}

/** @throws Error where an editor holds changes that a repair would overwrite or ignore, or the job is running */
async function requireUntouched(job: Job): Promise<void> {
  const document = vscode.workspace.textDocuments.find(
    ({ uri }) => uri.scheme === "file" && uri.fsPath === job.checkpoint,
  );
  if (document?.isDirty)
    throw new Error(
      vscode.l10n.t(
        "{0} has changes that are not saved: save or revert them first, then repair it.",
        labelText(basename(job.checkpoint)),
      ),
    );
  await requireNotHeld(job, vscode.l10n.t("then repair it"));
}

function nothingToDo(planned: PlannedRepair): boolean {
  if (changesFile(planned.plan)) return false;
  void vscode.window.showInformationMessage(
    vscode.l10n.t("There is nothing to repair in {0}.", labelText(basename(planned.path))),
  );
  return true;
}

/** The choice to keep whole records without a checksum; undefined where there are none, or they are kept. */
function keepOfferedButton({ plan }: PlannedRepair): string | undefined {
  return plan.offeredRecords === 0 || plan.keepsOffered
    ? undefined
    : vscode.l10n.t("Also Keep {0}", plural(plan.offeredRecords, "Merged Record"));
}

async function askBesideDiff(services: Services, pending: PendingRepair): Promise<void> {
  const { previews } = services;
  const { job, planned } = pending;
  const uri = await previews.show(pending);
  const [yes, leave] = [vscode.l10n.t("Repair"), vscode.l10n.t("Leave as It Is")];
  const keep = keepOfferedButton(planned);
  const question = vscode.l10n.t("Repair {0} as shown?", labelText(basename(job.checkpoint)));
  const answer = await vscode.window.showWarningMessage(
    `${question} ${repairSentence(planned.plan, planned.summary)}`,
    ...[yes, ...(keep ? [keep] : []), leave],
  );
  // It may have been answered in the editor's title bar before, or planned again.
  if (previews.get(uri) !== pending) {
    if (answer !== undefined && answer !== leave) sayDecided(job);
    return;
  }
  if (answer === yes) await carryOutBeside(services, pending, uri);
  else if (answer === leave) await previews.close(uri);
  else if (answer !== undefined && answer === keep)
    await askBesideDiff(services, { job, planned: replanned(planned, { salvageMerged: true }) });
}

/** A question stays behind the bell when it was answered elsewhere. */
function sayDecided(job: Job): void {
  const name = labelText(basename(job.checkpoint));
  void vscode.window.showInformationMessage(
    vscode.l10n.t(
      "That repair of {0} was decided before, or its diff was closed: nothing was done now.",
      name,
    ),
  );
}

/** Carries out what was shown; where the file is another by now, its repair is offered to be looked at again. */
async function carryOutShown(services: Services, pending: PendingRepair, done?: string): Promise<void> {
  try {
    await carryOut(services, pending, done);
  } catch (error) {
    if (!(error instanceof AgentJobsError && error.code === "AJ_CHANGED")) throw error;
    await offerLook(services, pending.job, labelText(error.message));
  }
}

/** The same where the diff at an address shows it, which is closed then. */
async function carryOutBeside(services: Services, pending: PendingRepair, uri: vscode.Uri): Promise<void> {
  await carryOutShown(services, pending);
  // What is looked at again has taken its place.
  if (services.previews.get(uri) === pending) await services.previews.close(uri);
}

async function askInWords(services: Services, { job, planned }: PendingRepair): Promise<void> {
  const yes = vscode.l10n.t("Repair");
  const keep = keepOfferedButton(planned);
  const detail = [
    ...repairLines(planned.plan, planned.summary),
    "",
    vscode.l10n.t("The original stays beside it as a backup, and what is dropped is kept."),
  ].join("\n");
  const title = vscode.l10n.t("Repair the checkpoint of {0}?", labelText(job.name));
  const buttons = [yes, ...(keep ? [keep] : [])];
  const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, ...buttons);
  if (answer === yes) await carryOutShown(services, { job, planned });
  else if (answer !== undefined && answer === keep)
    await askInWords(services, { job, planned: replanned(planned, { salvageMerged: true }) });
}

/** Repairs as planned, and offers to undo it. Undefined where a person did not want it after all. */
export async function carryOut(
  services: Services,
  { job, planned }: PendingRepair,
  done?: string,
): Promise<RepairOutcome | undefined> {
  if (!(await mayWrite(job.checkpoint, job.name))) return undefined;
  await requireUntouched(job);
  const title = vscode.l10n.t("Repairing the checkpoint of {0}", labelText(job.name));
  const outcome = await watched(title, planned.plan.sizeBytes, (watch) => applyRepair(planned, watch));
  if (!outcome) return undefined;
  const { backup, dropped } = outcome;
  await services.catalog.refreshJob(job);
  const said = done ?? vscode.l10n.t("Repaired the checkpoint of {0}.", labelText(job.name));
  const kept = vscode.l10n.t("The original is kept as {0}.", labelText(basename(backup ?? job.checkpoint)));
  const aside = dropped
    ? ` ${vscode.l10n.t("What was dropped is in {0}.", labelText(basename(dropped)))}`
    : "";
  offerUndo(services, job, `${said} ${kept}${aside}`);
  return outcome;
}
