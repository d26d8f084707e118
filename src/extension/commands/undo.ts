import { stat } from "node:fs/promises";
import { basename } from "node:path";
import * as vscode from "vscode";
import { type PlannedUndo, planUndo, undoLast } from "../../runtime/backups.js";
import { backupsOf } from "../../runtime/store/replaceFile.js";
import { counted, countText, labelText, plural, timeText } from "../../view/text.js";
import type { Job } from "../job.js";
import { reportFailure, unawaited } from "../log.js";
import { requireNotHeld } from "./notHeld.js";
import { mayWrite } from "./place.js";
import type { Handler, Services } from "./services.js";
import { jobOf, requireTrust } from "./target.js";

/**
 * Tells what was done to a checkpoint, and offers to take it back.
 * @param takeBack takes it back, and gives what to say of it; by default it brings the newest backup back
 */
export function offerUndo(
  { catalog, log }: Services,
  job: Job,
  message: string,
  takeBack: () => Promise<string | undefined> = undoOf(job.checkpoint),
): void {
  const undo = vscode.l10n.t("Undo");
  const offer = async () => {
    if ((await vscode.window.showInformationMessage(message, undo)) !== undo) return;
    try {
      // What the message tells of may be long ago: a run may have begun since.
      await requireNotHeld(job, vscode.l10n.t("then call Undo Repair or Clear…"));
      const done = await takeBack();
      if (done !== undefined) void vscode.window.showInformationMessage(done);
    } catch (error) {
      reportFailure(log, "Undo", error);
    }
    await catalog.refresh();
  };
  unawaited(log, "undo", offer());
}

/**
 * Takes back what was done just now. Once the checkpoint or its backups are others, as a run has gone on since, it asks as
 * the command does: what was finished since would be done, and paid for, once more.
 */
function undoOf(checkpoint: string): () => Promise<string | undefined> {
  const then = standOf(checkpoint);
  return async () =>
    (await standOf(checkpoint)) === (await then) ? bringBack(checkpoint) : askToBringBack(checkpoint);
}

/** Which file a checkpoint is and up to where it is written, and its newest backup. Never throws. */
async function standOf(checkpoint: string): Promise<string> {
  const file = await stat(checkpoint).catch(() => undefined);
  const newest = (await backupsOf(checkpoint).catch(() => [])).at(-1);
  return JSON.stringify([file?.ino, file?.size, file?.mtimeMs, newest]);
}

/** Brings the newest backup back, and says so. */
async function bringBack(checkpoint: string): Promise<string> {
  const { backup, restored } = await undoLast(checkpoint);
  const kept = backup
    ? ` ${vscode.l10n.t("What was there is kept as {0}.", labelText(basename(backup)))}`
    : "";
  return `${vscode.l10n.t("Brought {0} back.", labelText(basename(restored)))}${kept}`;
}

/** Brings the newest backup of a checkpoint back, also of one that is gone, after saying what that means. */
export const undo: Handler = async ({ catalog }, argument) => {
  requireTrust();
  const checkpoint = jobOf(catalog, argument)?.checkpoint ?? (await pickCheckpoint());
  if (checkpoint === undefined) return;
  if ((await backupsOf(checkpoint)).length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        "There is nothing to undo: {0} has no backup beside it.",
        labelText(basename(checkpoint)),
      ),
    );
    return;
  }
  if (!(await mayWrite(checkpoint, basename(checkpoint)))) return;
  const done = await askToBringBack(checkpoint);
  if (done === undefined) return;
  await catalog.refresh();
  void vscode.window.showInformationMessage(done);
};

/** Undefined where the person does not want it. */
async function askToBringBack(checkpoint: string): Promise<string | undefined> {
  const planned = await planUndo(checkpoint);
  const yes = vscode.l10n.t("Bring It Back");
  const title = vscode.l10n.t("Bring the backup of {0} back?", labelText(basename(checkpoint)));
  const options = { modal: true, detail: undoLines(planned).join("\n") };
  const answer = await vscode.window.showWarningMessage(title, options, yes);
  return answer === yes ? bringBack(checkpoint) : undefined;
}

function undoLines({ madeAtMs, damagedLines, doneNow, doneThen, again }: PlannedUndo): string[] {
  const items = plural(doneThen, "done item");
  const lines = [vscode.l10n.t("The backup was made {0}. It has {1}.", timeText(madeAtMs), items)];
  if (damagedLines > 0)
    lines.push(
      counted(damagedLines, "{0} damaged line comes back with it.", "{0} damaged lines come back with it."),
    );
  if (doneNow !== null)
    lines.push(
      vscode.l10n.t("Done now: {0}. What is there now becomes a backup itself.", countText(doneNow)),
    );
  lines.push(
    again > 0
      ? vscode.l10n.t("{0} finished since would no longer count, and be done again.", plural(again, "item"))
      : vscode.l10n.t("Nothing that is finished now would be done again."),
  );
  return lines;
}

/** Checkpoints with backups beside them, those that were cleared included: no job may be left that knows them. */
async function pickCheckpoint(): Promise<string | undefined> {
  const found = await vscode.workspace.findFiles("**/*.bak-*", "**/node_modules/**", 1_000);
  const paths = new Set(found.map(({ fsPath }) => fsPath.replace(/\.bak-[^/\\]*$/, "")));
  const picks: (vscode.QuickPickItem & { path: string })[] = [];
  for (const path of [...paths].sort()) {
    const newest = (await backupsOf(path)).at(-1);
    if (newest === undefined) continue;
    const shown = vscode.workspace.asRelativePath(path);
    picks.push({
      label: labelText(basename(path)),
      description: labelText(basename(newest)),
      detail: labelText(shown),
      path,
    });
  }
  if (picks.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t("There is nothing to undo: no checkpoint has a backup beside it."),
    );
    return undefined;
  }
  const options = { placeHolder: vscode.l10n.t("Undo the last repair or clear of which checkpoint?") };
  return (await vscode.window.showQuickPick(picks, options))?.path;
}
