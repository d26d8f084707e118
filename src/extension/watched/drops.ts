import * as vscode from "vscode";
import { commandIds } from "../ids.js";
import type { TreeNode } from "../tree/nodes/node.js";

const uriList = "text/uri-list";

/** Lets files be dropped onto the jobs, from the Explorer, an editor or the system: they are watched from then on. */
export const fileDrops: vscode.TreeDragAndDropController<TreeNode> = {
  dragMimeTypes: [],
  dropMimeTypes: [uriList, "files"],
  async handleDrop(_target, dropped) {
    const uris = await droppedFiles(dropped);
    if (uris.length > 0) await vscode.commands.executeCommand(commandIds.watchFile, uris[0], uris);
    else
      void vscode.window.showWarningMessage(
        vscode.l10n.t(
          "What was dropped is no file of the machine that this window works on. Put it into the folder, then drop it from the Explorer.",
        ),
      );
  },
};

async function droppedFiles(dropped: vscode.DataTransfer): Promise<vscode.Uri[]> {
  const text = (await dropped.get(uriList)?.asString()) ?? "";
  const listed = text
    .split(/\r?\n/)
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => vscode.Uri.parse(line));
  const files = [...dropped].flatMap(([, item]) => item.asFile()?.uri ?? []);
  const all = listed.length > 0 ? listed : files;
  // A window on another machine gives its files by that machine's scheme.
  return all.flatMap((uri) =>
    uri.scheme === "file" ? [uri] : uri.scheme === "vscode-remote" ? [vscode.Uri.file(uri.path)] : [],
  );
}
