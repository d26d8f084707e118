import * as vscode from "vscode";
import { jobFolders } from "../../view/folderText.js";
import type { Job } from "../job.js";
import { JobGroupNode } from "./nodes/jobGroup.js";
import { JobNode } from "./nodes/jobNode.js";

type RootNode = JobNode | JobGroupNode;

/** The rows of jobs: the same objects for as long as their jobs are there, since VS Code knows rows by them. */
export class JobRows {
  private nodes = new Map<string, JobNode>();
  private roots: RootNode[] | undefined;

  constructor(
    private readonly jobs: () => readonly Job[],
    private readonly filter: { readonly isOn: boolean },
  ) {}

  /** Jobs came or went. */
  forget(): void {
    this.roots = undefined;
  }

  of(job: Job): JobNode {
    this.all();
    const known = this.nodes.get(job.id);
    if (known?.job === job) return known;
    const node = new JobNode(job, this.filter);
    this.nodes.set(job.id, node);
    return node;
  }

  /** In the order of the jobs; those of one job file under one row where there are several. */
  all(): RootNode[] {
    if (this.roots) return this.roots;
    const jobs = this.jobs();
    const before = this.nodes;
    this.nodes = new Map();
    const byFile = new Map<string, JobNode[]>();
    const folders = foldersOf(jobs);
    for (const [i, job] of jobs.entries()) {
      const known = before.get(job.id);
      const node = known?.job === job ? known : new JobNode(job, this.filter);
      node.parent = undefined;
      node.folder = folders[i]!;
      this.nodes.set(job.id, node);
      if (job.jobFile !== null) byFile.set(job.jobFile, [...(byFile.get(job.jobFile) ?? []), node]);
    }
    const roots = new Set<RootNode>();
    const groups = new Map<string, JobGroupNode>();
    for (const [file, members] of byFile) {
      if (members.length < 2) continue;
      const group = new JobGroupNode(file, members);
      group.folder = members[0]!.folder;
      for (const member of members) member.parent = group;
      groups.set(file, group);
    }
    for (const node of this.nodes.values()) roots.add(groups.get(node.job.jobFile ?? "") ?? node);
    this.roots = [...roots];
    return this.roots;
  }
}

function foldersOf(jobs: readonly Job[]) {
  const open = vscode.workspace.workspaceFolders?.length ?? 0;
  return jobFolders(
    jobs.map(({ checkpoint, jobFile, source: { name } }) => ({
      name,
      // With one folder open there is nothing to tell apart.
      folder:
        open > 1
          ? vscode.workspace.getWorkspaceFolder(vscode.Uri.file(jobFile ?? checkpoint))?.name
          : undefined,
    })),
    open,
  );
}
