import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { fileStemOf } from "../../runtime/runner/jobPaths.js";
import type { Job } from "../job.js";

/** Where something about a job is well saved: `nightly-results.jsonl` beside its job file, with its label where it has one. */
export function placeBeside(job: Job, ending: string): vscode.Uri {
  const { label } = job.source;
  const stem = fileStemOf(label === null ? job.ownName : `${job.ownName}-${label}`);
  return vscode.Uri.file(join(folderOf(job), `${stem}-${ending}`));
}

/** Beside the job file; of a checkpoint alone, not among checkpoints. */
function folderOf({ jobFile, checkpoint }: Job): string {
  if (jobFile !== null) return dirname(jobFile);
  return vscode.workspace.getWorkspaceFolder(vscode.Uri.file(checkpoint))?.uri.fsPath ?? dirname(checkpoint);
}
