import { basename, dirname, relative, sep } from "node:path";
import * as vscode from "vscode";
import { dirsOf, distinctions, type JobPlace } from "../view/distinctions.js";
import type { Job } from "./job.js";

/**
 * Tells jobs of the same name apart, wherever their names are shown.
 * @returns those whose names are others now
 */
export function tellApart(jobs: readonly Job[]): Job[] {
  const byName = new Map<string, Job[]>();
  for (const job of jobs) {
    const key = JSON.stringify([job.ownName, job.source.label]);
    byName.set(key, [...(byName.get(key) ?? []), job]);
  }
  const changed: Job[] = [];
  for (const same of byName.values()) {
    const told = same.length > 1 ? distinctions(same.map(placeOf)) : [""];
    for (const [i, job] of same.entries()) if (job.distinguish(told[i]!)) changed.push(job);
  }
  return changed;
}

function placeOf({ jobFile, checkpoint, id }: Job): JobPlace {
  // Several runs of one job file are told apart by their checkpoints.
  const path = jobFile !== null && id === jobFile ? jobFile : checkpoint;
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(path));
  const dirs = dirsOf(folder ? relative(folder.uri.fsPath, dirname(path)) : dirname(path), sep);
  return { folder: folder ? folderName(folder) : "", dirs, file: basename(path) };
}

/** An open folder's name, with the folder that it is in where another one is called so, too. */
export function folderName({ name, uri }: vscode.WorkspaceFolder): string {
  const same = vscode.workspace.workspaceFolders?.filter((other) => other.name === name) ?? [];
  return same.length > 1 ? `${basename(dirname(uri.fsPath))}/${name}` : name;
}
