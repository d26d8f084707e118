import { isAbsolute, relative, resolve, sep } from "node:path";
import * as vscode from "vscode";
import { type ItemKey, idText } from "../../runtime/format/itemId.js";
import { linkPath, linkQuery, readLink } from "../../view/jobLink.js";
import { labelText, shortText } from "../../view/text.js";
import { extensionId, innerCommandIds } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import type { Log } from "../log.js";
import { reportFailure } from "../log.js";
import type { JobsView } from "../tree/index.js";

const maxShownChars = 120;

/**
 * Opens links such as `vscode://agent-jobs.agent-jobs/job?folder=batches&path=jobs/nightly.job.ts&item=doc-17`: shows the
 * job's row, and its item. Whoever wrote the link decides nothing else: nothing is run, changed or read for it.
 */
export function registerLinks(catalog: JobCatalog, jobsView: JobsView, log: Log): vscode.Disposable {
  const handleUri = async (uri: vscode.Uri) => {
    try {
      await open(catalog, jobsView, uri);
    } catch (error) {
      reportFailure(log, "link", error);
    }
  };
  return vscode.window.registerUriHandler({ handleUri });
}

/** A link to a job, and maybe one of its items, for the editor that this is. */
export function linkTo(job: Job, item?: ItemKey): string {
  const file = job.id === job.jobFile ? job.jobFile : job.checkpoint;
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file));
  const path = folder ? relative(folder.uri.fsPath, file).split(sep).join("/") : file;
  const query = linkQuery({ folder: folder?.name ?? null, path, item: item ?? null });
  // As text: an Uri would encode what is encoded. Not `asExternalUri`, whose answer is good for this window alone.
  return `${vscode.env.uriScheme}://${extensionId}${linkPath}?${query}`;
}

async function open(catalog: JobCatalog, jobsView: JobsView, uri: vscode.Uri): Promise<void> {
  const link = readLink(uri.path, uri.query);
  if (!link) throw new Error(vscode.l10n.t("This link names no job of Agent Jobs: nothing was opened."));
  const files = filesOf(link);
  if (files.length === 0)
    throw new Error(
      link.folder === null
        ? vscode.l10n.t(
            "{0} lies outside the open folders: it was not read. Open its folder, then the link.",
            labelText(shortText(link.path, maxShownChars)),
          )
        : vscode.l10n.t(
            "No folder named {0} is open that could have {1}: open it, then the link.",
            labelText(shortText(link.folder, maxShownChars)),
            labelText(shortText(link.path, maxShownChars)),
          ),
    );
  await catalog.start();
  const job = files.map((file) => catalog.jobOf(vscode.Uri.file(file))).find((one) => one !== undefined);
  if (!job)
    throw new Error(
      vscode.l10n.t(
        "There is no job {0} in the open folders.",
        labelText(shortText(link.path, maxShownChars)),
      ),
    );
  await catalog.refreshJob(job);
  await jobsView.reveal(job);
  if (link.item !== null) await showItem(job, link.item);
}

/** Where a link may point to in the open folders; nothing where it leaves them. */
function filesOf({ folder: name, path }: { folder: string | null; path: string }): string[] {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  const named = name === null ? folders : folders.filter((folder) => folder.name === name);
  return named
    .map(({ uri }) => ({ root: uri.fsPath, file: resolve(uri.fsPath, path) }))
    .filter(({ root, file }) => isInside(root, file))
    .map(({ file }) => file);
}

function isInside(root: string, file: string): boolean {
  const way = relative(root, file);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function showItem(job: Job, item: ItemKey): Promise<void> {
  const state = job.view?.state;
  if (state?.done.has(item) || state?.open.has(item))
    await vscode.commands.executeCommand(innerCommandIds.showItem, job.id, item);
  else
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        "Nothing is recorded of item {0} of {1}.",
        labelText(shortText(idText(item), maxShownChars)),
        labelText(job.name),
      ),
    );
}
