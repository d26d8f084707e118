import * as vscode from "vscode";
import type { RepairWatch } from "../../runtime/repair.js";
import { bytesText } from "../../view/text.js";

/** A file above this never reaches an editor: its repair is told in words, and takes a while. */
export const maxPreviewBytes = 50_000_000;

/**
 * Does a part of a repair, with its progress and a way to cancel it where the file is large.
 * @returns undefined where it was cancelled
 */
export async function watched<T>(
  title: string,
  sizeBytes: number,
  work: (watch: RepairWatch) => Promise<T>,
): Promise<T | undefined> {
  if (sizeBytes <= maxPreviewBytes) return work({});
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, async (progress, token) => {
    const controller = new AbortController();
    const subscription = token.onCancellationRequested(() => controller.abort());
    let shownPercent = 0;
    const onProgress = (doneBytes: number, totalBytes: number) => {
      const percent = Math.floor((100 * doneBytes) / totalBytes);
      if (percent === shownPercent) return;
      const message = vscode.l10n.t("{0} of {1}", bytesText(doneBytes), bytesText(totalBytes));
      progress.report({ increment: percent - shownPercent, message });
      shownPercent = percent;
    };
    try {
      return await work({ signal: controller.signal, onProgress });
    } catch (error) {
      if (!controller.signal.aborted) throw error;
      void vscode.window.showInformationMessage(vscode.l10n.t("Cancelled: nothing was changed."));
      return undefined;
    } finally {
      subscription.dispose();
    }
  });
}
