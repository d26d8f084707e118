import { isAbsolute } from "node:path";
import * as vscode from "vscode";
import { settingIds, settingsSection } from "../ids.js";

/** What the entries of a folder name, as globs: files that come later are listed then. */
export function watchedGlobs(folder: vscode.WorkspaceFolder): string[] {
  const entries = vscode.workspace
    .getConfiguration(settingsSection, folder)
    .get<unknown>(settingIds.watched, []);
  const files = (Array.isArray(entries) ? entries : []).map(
    (entry) => (entry as { file?: unknown } | null)?.file,
  );
  return files.filter((file): file is string => typeof file === "string" && file !== "" && !isAbsolute(file));
}
