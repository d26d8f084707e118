import { basename } from "node:path";
import * as vscode from "vscode";

/**
 * Tells of an error that kept a job from running, and offers its file, at the place that the error names, and what the
 * process said.
 * @param error as the process told it; undefined where it told none
 * @param showOutput shows all that it said
 */
export async function tellJobFileError(
  text: string,
  error: string | undefined,
  jobFile: string | null,
  showOutput: () => void,
): Promise<void> {
  const open = vscode.l10n.t("Open Job File");
  const show = vscode.l10n.t("Show Output");
  const isOfFile = jobFile !== null && error?.includes(basename(jobFile));
  const answer = await vscode.window.showErrorMessage(text, ...(isOfFile ? [open] : []), show);
  if (answer === show) showOutput();
  else if (answer === open) await showPlace(error!, jobFile!);
}

async function showPlace(error: string, jobFile: string): Promise<void> {
  const at = placeIn(error);
  const editor = await vscode.window.showTextDocument(vscode.Uri.file(jobFile));
  if (!at) return;
  const place = editor.document.validatePosition(at);
  editor.selection = new vscode.Selection(place, place);
  editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Of `nightly.job.ts (line 12): no key` and of `Unexpected token (4:11)` alike; undefined where it says no place. */
function placeIn(error: string): vscode.Position | undefined {
  const [, line, column = "1"] = /\(line (\d+)\)/.exec(error) ?? /\((\d+):(\d+)\)/.exec(error) ?? [];
  if (line === undefined) return undefined;
  return new vscode.Position(Math.max(0, Number(line) - 1), Math.max(0, Number(column) - 1));
}
