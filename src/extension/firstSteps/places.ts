import { lstat, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { placeOutside } from "../../runtime/runner/place.js";

/** Where job files are put that are made here. */
export const jobsFolder = "jobs";

/** The folder that a new job goes into; undefined where none is open (which is said) or chosen. */
export async function folderForJob(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  if (folders.length > 1)
    return vscode.window.showWorkspaceFolderPick({
      placeHolder: vscode.l10n.t("In which folder is the job to be?"),
    });
  if (folders.length === 0) {
    const open = vscode.l10n.t("Open Folder…");
    const message = vscode.l10n.t("A job is a file in a folder. Open one first; an empty one will do.");
    if ((await vscode.window.showInformationMessage(message, open)) === open)
      await vscode.commands.executeCommand("vscode.openFolder");
  }
  return folders[0];
}

export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Writes files that are not there yet, all or, where one is there already, none.
 * @returns their paths
 * @throws Error naming the file that is there, or the folder that leads out of the open one
 */
export async function writeNew(
  root: string,
  folder: string,
  files: readonly { name: string; text: string }[],
): Promise<string[]> {
  const paths = files.map(({ name }) => join(folder, name));
  for (const path of paths) {
    if (await exists(path))
      throw new Error(vscode.l10n.t("{0} is there already: nothing was written.", path));
    if (await placeOutside(path, [root]))
      throw new Error(vscode.l10n.t("{0} leads out of the open folder: nothing was written.", path));
  }
  for (const [i, path] of paths.entries()) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, files[i]!.text, { flag: "wx" });
  }
  return paths;
}
