import { basename, dirname } from "node:path";
import * as vscode from "vscode";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { type Log, unawaited } from "../log.js";
import { offersExcludes, setOffersExcludes } from "../settings.js";

/**
 * What is kept out of search: checkpoints and what lies beside them, nothing else in a folder of that name. Looking for
 * jobs goes by no such setting.
 */
const searchGlob = "**/checkpoints/*.{jsonl,ckpt}*";
/**
 * What VS Code need not watch: what changes every few seconds while a job runs, and is open in no editor. A checkpoint
 * itself and its log stay watched: without, VS Code would neither tell of new checkpoints nor refresh editors that show
 * one. Locks, stop requests and events we watch ourselves.
 */
const watcherGlob = "**/checkpoints/*.{lock,stop,events,out}";

const entries = [
  ["search", "exclude", searchGlob],
  ["files", "watcherExclude", watcherGlob],
] as const;

/** A smaller checkpoint is not in anybody's way. */
const minLines = 1_000;
const offeredKey = "excludes.offered";

/** Offers once in a workspace to keep checkpoints out of search, as soon as one has grown. */
export function registerExcludes(catalog: JobCatalog, answers: vscode.Memento, log: Log): vscode.Disposable {
  let isOffering = false;
  return catalog.onDidChangeJob((job) => {
    if (isOffering || !isInTheWay(job) || !mayOffer(answers)) return;
    isOffering = true;
    unawaited(log, "excludes", offer(answers));
  });
}

/** Excludes checkpoints from search, and what lies beside them from watching, in the workspace's settings. */
export async function excludeCheckpoints(): Promise<void> {
  if (vscode.workspace.workspaceFolders === undefined)
    throw new Error(vscode.l10n.t("No folder is open whose settings could be changed. Open one first."));
  for (const [section, name, glob] of entries) {
    const settings = vscode.workspace.getConfiguration(section);
    const own = settings.inspect<Record<string, unknown>>(name)?.workspaceValue ?? {};
    if (own[glob] === true) continue;
    await settings.update(name, { ...own, [glob]: true }, vscode.ConfigurationTarget.Workspace);
  }
  const undo = vscode.l10n.t("Open Settings");
  const told = vscode.l10n.t(
    "Search leaves checkpoints out in this workspace from now on, and so does Go to File; jobs are found all the same.",
  );
  if ((await vscode.window.showInformationMessage(told, undo)) === undo)
    await vscode.commands.executeCommand("workbench.action.openWorkspaceSettings", "search.exclude");
}

function isInTheWay({ checkpoint, view }: Job): boolean {
  return (
    (view?.scan.lines ?? 0) >= minLines &&
    basename(dirname(checkpoint)) === "checkpoints" &&
    vscode.workspace.getWorkspaceFolder(vscode.Uri.file(checkpoint)) !== undefined
  );
}

/** Whoever has an entry of ours, be it switched off, has decided. */
function mayOffer(answers: vscode.Memento): boolean {
  if (!vscode.workspace.isTrusted || answers.get<boolean>(offeredKey) || !offersExcludes()) return false;
  const excluded = vscode.workspace.getConfiguration("search").get<Record<string, unknown>>("exclude", {});
  return !Object.keys(excluded).some((glob) => glob === searchGlob || glob.startsWith("**/checkpoints"));
}

async function offer(answers: vscode.Memento): Promise<void> {
  await answers.update(offeredKey, true);
  const exclude = vscode.l10n.t("Exclude");
  const never = vscode.l10n.t("Don't Ask Again");
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t("Keep checkpoints out of search results in this workspace? Jobs are found all the same."),
    exclude,
    vscode.l10n.t("Not Here"),
    never,
  );
  if (answer === exclude) await excludeCheckpoints();
  else if (answer === never) await setOffersExcludes(false);
}
