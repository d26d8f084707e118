import * as vscode from "vscode";
import type { Handler } from "../commands/services.js";
import { extensionId, walkthroughId } from "../ids.js";

/** Opens the walkthrough of the first steps. */
export const openWalkthrough: Handler = async () => {
  await vscode.commands.executeCommand(
    "workbench.action.openWalkthrough",
    `${extensionId}#${walkthroughId}`,
    false,
  );
};
