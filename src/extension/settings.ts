import * as vscode from "vscode";
import { settingIds, settingsSection } from "./ids.js";

/** Which ends of runs are told in a notification. */
export type NotificationLevel = "all" | "problems" | "off";

export interface DiscoverySettings {
  jobFiles: readonly string[];
  checkpoints: readonly string[];
  /** Of files that services and other tools write; content decides. */
  resultFiles: readonly string[];
  exclude: readonly string[];
}

/**
 * What to look for in a folder. In a folder that is not trusted VS Code gives the defaults or the user's own.
 * @param onBad told of values of a wrong type, which VS Code hands over as they are
 */
export function discoverySettings(
  folder: vscode.WorkspaceFolder,
  onBad: (what: string) => void = () => {},
): DiscoverySettings {
  const settings = vscode.workspace.getConfiguration(settingsSection, folder);
  const globs = (name: string, value: unknown): string[] => {
    const listed: unknown[] = Array.isArray(value) ? value : [value];
    const good = listed.filter((glob) => typeof glob === "string" && glob !== "") as string[];
    if (good.length === listed.length) return good;
    const bad = JSON.stringify(listed.find((glob) => !good.includes(glob as string)));
    const setting = `${settingsSection}.${name}`;
    if (good.length > 0) {
      onBad(vscode.l10n.t("{0} is to be a list of globs: {1} in it is none, and is left out.", setting, bad));
      return good;
    }
    onBad(vscode.l10n.t("{0} is to be a list of globs: {1} is none. Its default is used.", setting, bad));
    return settings.inspect<string[]>(name)?.defaultValue ?? [];
  };
  return {
    jobFiles: globs(settingIds.jobFiles, settings.get(settingIds.jobFiles)),
    checkpoints: globs(settingIds.checkpoints, settings.get(settingIds.checkpoints)),
    resultFiles: globs(settingIds.resultFiles, settings.get(settingIds.resultFiles)),
    exclude: globs(settingIds.exclude, settings.get(settingIds.exclude)),
  };
}

/** The Node that runs jobs; empty where it is to be found. */
export function nodePathSetting(resource?: vscode.Uri): string {
  const settings = vscode.workspace.getConfiguration(settingsSection, resource);
  return settings.get<string>(settingIds.nodePath, "").trim();
}

/** Whether the integrated terminal has the command line and the Python helper. */
export function extendsTerminal(): boolean {
  return vscode.workspace.getConfiguration(settingsSection).get<boolean>(settingIds.extendTerminal, true);
}

export function notificationLevel(): NotificationLevel {
  return vscode.workspace
    .getConfiguration(settingsSection)
    .get<NotificationLevel>(settingIds.notifications, "all");
}

/** Whether the view's icon says how many jobs need a person. */
export function showsBadge(): boolean {
  return vscode.workspace.getConfiguration(settingsSection).get<boolean>(settingIds.badge, true);
}

/** Whether the status bar shows what runs. */
export function showsStatusBar(): boolean {
  return vscode.workspace.getConfiguration(settingsSection).get<boolean>(settingIds.statusBar, true);
}

/** Whether runs of a job go on when the window is closed, where nobody has said so for the job itself. */
export function outliveSetting(path: string): "ask" | "yes" | "no" {
  return vscode.workspace
    .getConfiguration(settingsSection, vscode.Uri.file(path))
    .get<"ask" | "yes" | "no">(settingIds.outliveWindow, "ask");
}

/** Whether a person sees what a run would do before it starts. */
export type PlanSetting = "always" | "whenItCosts" | "never";

export function planSetting(path: string): PlanSetting {
  return vscode.workspace
    .getConfiguration(settingsSection, vscode.Uri.file(path))
    .get<PlanSetting>(settingIds.planBeforeRun, "whenItCosts");
}

/** Whether to offer, once in each workspace, to keep checkpoints out of search. */
export function offersExcludes(): boolean {
  return vscode.workspace.getConfiguration(settingsSection).get<boolean>(settingIds.offerExcludes, true);
}

/** For all workspaces of the person. */
export async function setOffersExcludes(offers: boolean): Promise<void> {
  await vscode.workspace
    .getConfiguration(settingsSection)
    .update(settingIds.offerExcludes, offers, vscode.ConfigurationTarget.Global);
}

/** Calls back when one of the settings that decide what is listed has changed. */
export function onDidChangeDiscovery(listener: () => void): vscode.Disposable {
  const { jobFiles, checkpoints, resultFiles, watched, exclude } = settingIds;
  const deciding = [jobFiles, checkpoints, resultFiles, watched, exclude];
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (deciding.some((name) => event.affectsConfiguration(`${settingsSection}.${name}`))) listener();
  });
}
