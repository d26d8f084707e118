import * as vscode from "vscode";
import { labelText } from "../view/text.js";
import { extensionId, settingsSection } from "./ids.js";
import { type Log, unawaited } from "./log.js";

const told = new Set<string>();

/** Tells a person, and the log, of a setting that makes no sense: once, however often it is looked at. */
export function tellBadSetting(log: Log, what: string): void {
  if (told.has(what)) return;
  told.add(what);
  log.warn(what);
  const open = vscode.l10n.t("Open Settings");
  const answered = vscode.window.showWarningMessage(labelText(what), open).then(async (answer) => {
    const command = "workbench.action.openSettings";
    if (answer === open) await vscode.commands.executeCommand(command, `@ext:${extensionId}`);
  });
  unawaited(log, settingsSection, answered);
}
