import * as vscode from "vscode";
import { placeOutside } from "../../runtime/runner/place.js";
import { labelText } from "../../view/text.js";

/** Places outside the open folders that a person has allowed, until the window is closed. */
const allowed = new Set<string>();

/**
 * Whether a checkpoint may be written, moved or replaced. One that really lies outside the open folders,
 * because its folder is a link or its job file says so, only after a person said yes.
 */
export async function mayWrite(checkpoint: string, name: string): Promise<boolean> {
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  const place = await placeOutside(checkpoint, folders);
  if (place === null || allowed.has(place)) return true;
  const yes = vscode.l10n.t("Write There");
  const title = vscode.l10n.t("The checkpoint of {0} lies outside the open folders.", labelText(name));
  const detail = vscode.l10n.t(
    "It really is in {0}: its folder is a link, or its job file names that place. Nothing there was changed. Go on only if you know it.",
    labelText(place),
  );
  if ((await vscode.window.showWarningMessage(title, { modal: true, detail }, yes)) !== yes) return false;
  allowed.add(place);
  return true;
}
