import { stat } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import * as vscode from "vscode";
import type { Mapping } from "../../runtime/foreign/mapping.js";
import type { ReadAs } from "../../runtime/foreign/scannerFor.js";
import { isForeignKind } from "../../runtime/format/foreignKinds.js";
import { settingIds, settingsSection } from "../ids.js";

/** A file that a person watches, and how it is read where its content does not tell. */
export interface WatchedFile {
  path: string;
  readAs: ReadAs;
}

/** An entry of the setting. What is in it came from a file: nothing of it is trusted to be of its type. */
type Entry = Record<string, unknown>;

/** The watched files of a folder that are there; entries that make no sense are told by `onBad` and left out. */
export async function watchedFiles(
  folder: vscode.WorkspaceFolder,
  onBad: (what: string) => void,
): Promise<WatchedFile[]> {
  const entries = vscode.workspace
    .getConfiguration(settingsSection, folder)
    .get<unknown>(settingIds.watched, []);
  const found: WatchedFile[] = [];
  for (const entry of Array.isArray(entries) ? entries : []) {
    try {
      const readAs = await readAsOf(entry);
      for (const path of await pathsOf(folder, (entry as Entry).file)) found.push({ path, readAs });
    } catch (error) {
      onBad(`${settingsSection}.${settingIds.watched}: ${(error as Error).message}`);
    }
  }
  return found;
}

async function readAsOf(entry: unknown): Promise<ReadAs> {
  const { kind, ...mapping } = (entry ?? {}) as Entry;
  if (mapping.id !== undefined) {
    const { mappingOf } = await import("../../runtime/foreign/mapping.js");
    return { mapping: mappingOf(mapping) };
  }
  return typeof kind === "string" && isForeignKind(kind) ? { kind } : {};
}

async function pathsOf(folder: vscode.WorkspaceFolder, file: unknown): Promise<string[]> {
  if (typeof file !== "string" || file === "")
    throw new TypeError(vscode.l10n.t('Expected `file` to be a path such as "out/results.jsonl".'));
  const path = pathIn(folder, file);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return [path];
  if (isAbsolute(file) || !/[*?{[]/.test(file)) return [];
  const uris = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, file));
  return uris.map(({ fsPath }) => fsPath);
}

/** As the editor spells it: drives of Windows in lower case, however the setting has them. */
const pathIn = (folder: vscode.WorkspaceFolder, file: string): string =>
  vscode.Uri.file(resolve(folder.uri.fsPath, file)).fsPath;

/** @throws Error where no folder is open, in whose settings it could be kept */
function placeOf(path: string): { folder: vscode.WorkspaceFolder; file: string } {
  const own = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(path));
  const folder = own ?? vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file");
  if (!folder)
    throw new Error(vscode.l10n.t("Open a folder first: its settings remember which files are watched."));
  return { folder, file: own ? relative(folder.uri.fsPath, path).split(sep).join("/") : path };
}

/** Remembers a file in the settings of its folder, or of the first that is open. */
export async function keepWatched(path: string, mapping?: Mapping): Promise<void> {
  const { folder, file } = placeOf(path);
  const entry: Entry = { file, ...mapping };
  if (entry.total === null) delete entry.total;
  await change(folder, (entries) => [...entries.filter((one) => !names(folder, one, path)), entry]);
}

/** @returns whether any setting of a folder named the file itself */
export async function forgetWatched(path: string): Promise<boolean> {
  let isForgotten = false;
  for (const folder of vscode.workspace.workspaceFolders ?? [])
    await change(folder, (entries) => {
      const left = entries.filter((entry) => !names(folder, entry, path));
      isForgotten ||= left.length < entries.length;
      return left;
    });
  return isForgotten;
}

function names(folder: vscode.WorkspaceFolder, entry: unknown, path: string): boolean {
  const { file } = (entry ?? {}) as Entry;
  return typeof file === "string" && pathIn(folder, file) === path;
}

async function change(
  folder: vscode.WorkspaceFolder,
  changed: (entries: readonly unknown[]) => unknown[],
): Promise<void> {
  const settings = vscode.workspace.getConfiguration(settingsSection, folder);
  const { workspaceFolderValue, workspaceValue, globalValue } =
    settings.inspect<unknown>(settingIds.watched) ?? {};
  // What a workspace file says, or else the user's own settings, holds in all folders until one says otherwise. Without
  // such a file VS Code gives the folder's value as the workspace's, too.
  const ofWorkspace = vscode.workspace.workspaceFile === undefined ? undefined : workspaceValue;
  const inherited = [ofWorkspace, globalValue].find(Array.isArray) ?? [];
  const before = Array.isArray(workspaceFolderValue) ? workspaceFolderValue : inherited;
  const after = changed(before);
  if (after.length === before.length && after.every((entry, i) => entry === before[i])) return;
  const isAsInherited = JSON.stringify(after) === JSON.stringify(inherited);
  await settings.update(
    settingIds.watched,
    isAsInherited ? undefined : after,
    vscode.ConfigurationTarget.WorkspaceFolder,
  );
}
