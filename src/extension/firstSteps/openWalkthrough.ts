import * as vscode from "vscode";
import type { Handler } from "../commands/services.js";
import { contextKeys, extensionId, walkthroughId } from "../ids.js";
import { unawaited } from "../log.js";

/** VS Code knows a walkthrough's steps a moment after it was opened, and does not say when. */
const learntMs = 3_000;

/**
 * Opens the walkthrough of the first steps. VS Code looks at them when it opens a walkthrough for the first time, and never ticks one whose
 * event has come true before (1.139, `registerDoneListeners`): a second event of each comes true a moment later.
 */
export const openWalkthrough: Handler = async ({ log }) => {
  const key = contextKeys.walkthroughOpen;
  const tell = (isOpen: boolean) => vscode.commands.executeCommand("setContext", key, isOpen);
  await tell(false);
  await vscode.commands.executeCommand(
    "workbench.action.openWalkthrough",
    `${extensionId}#${walkthroughId}`,
    false,
  );
  setTimeout(() => unawaited(log, key, tell(true)), learntMs);
};
