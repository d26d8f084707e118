import * as vscode from "vscode";
import { type JobFolder, withFolder } from "../../../view/folderText.js";
import { goneOnByText, isRead, isSudden, type JobLook, jobDetails, jobRow } from "../../../view/jobRow.js";
import { labelText, middleText, safeText } from "../../../view/text.js";
import type { Job } from "../../job.js";
import type { JobGroupNode } from "./jobGroup.js";
import { icon, type TreeNode } from "./node.js";

export const lookIcons: Record<JobLook, () => vscode.ThemeIcon> = {
  running: () => icon("sync~spin", "busy"),
  stalled: () => icon("watch", "warn"),
  stopped: () => icon("debug-pause", "warn"),
  finished: () => icon("pass", "good"),
  "finished-with-failures": () => icon("error", "bad"),
  damaged: () => icon("warning", "warn"),
  unreadable: () => icon("question", "dim"),
  new: () => icon("circle-large-outline"),
};

const maxForeignChars = 18;

/** A job: what it is, how far it is, and below it what a person may have to look at. */
export class JobNode implements TreeNode {
  readonly id: string;
  /** Where its job file has several checkpoints. */
  parent: JobGroupNode | undefined;
  /** Where several folders are open. */
  folder: JobFolder | null = null;

  /** @param filter whether only what needs a person is shown */
  constructor(
    readonly job: Job,
    private readonly filter: { readonly isOn: boolean } = { isOn: false },
  ) {
    this.id = `job:${job.id}`;
  }

  item(): vscode.TreeItem {
    const { job } = this;
    const row = jobRow(job.name, job.view, job.cleared);
    const hasMore = this.hasSections();
    // What it counts comes behind its name, which services make of long random letters.
    const title = job.view?.foreign
      ? middleText(row.title.replace(/_(output|results)$/, ""), maxForeignChars)
      : this.parent
        ? this.labelInGroup()
        : row.title;
    const item = new vscode.TreeItem(
      title,
      hasMore ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
    );
    const isPaused = row.look === "running" && job.view?.status.pause;
    item.iconPath = isRead(job.view)
      ? icon("output")
      : isPaused
        ? icon("debug-pause", "busy")
        : isSudden(row.look, job.view?.status)
          ? icon("zap", "warn")
          : lookIcons[row.look]();
    item.description = row.description;
    let spoken = row.accessibleLabel;
    if (!job.loaded || job.starting) {
      item.description = job.loaded ? vscode.l10n.t("starting…") : vscode.l10n.t("reading…");
      spoken = vscode.l10n.t("job {0}, {1}", row.title, item.description);
      if (job.loaded) item.iconPath = lookIcons.running();
    }
    // The row that it lies below says so already, or what tells its name apart from another's.
    const isTold = title !== job.ownName && this.folder && title.includes(labelText(this.folder.name));
    if (this.folder && !this.parent && !isTold) {
      item.description = withFolder(item.description, this.folder);
      spoken = vscode.l10n.t("{0}, in folder {1}", spoken, safeText(this.folder.name));
    }
    item.accessibilityInformation = { label: spoken, role: "treeitem" };
    const kinds = [
      ...(job.view?.foreign ? ["foreign"] : []),
      ...(job.source.watched ? ["watched"] : []),
      ...(job.jobFile === null ? [] : ["jobFile"]),
    ];
    const can = job.capabilities(vscode.workspace.isTrusted);
    // To resume these is to retry them: one button is enough.
    const only = row.look === "finished-with-failures" && can.has("retryable") ? ["onlyFailures"] : [];
    const over = row.look === "finished" || row.look === "finished-with-failures" ? ["over"] : [];
    item.contextValue = ` job ${[...kinds, ...can, ...only, ...over].join(" ")} `;
    return item;
  }

  /** What lies below a row is loaded with the first that is opened. */
  async children(): Promise<TreeNode[]> {
    const [{ sectionsOf }] = await Promise.all([import("./sections.js"), this.job.unpack()]);
    return sectionsOf(this, this.filter.isOn);
  }

  details(): string[] {
    const { cleared, name, view } = this.job;
    const folder = this.folder ? [vscode.l10n.t("In folder {0}", safeText(this.folder.name))] : [];
    const goneOnBy = view && this.job.jobFile === null ? goneOnByText(view) : undefined;
    return [...jobDetails(name, view, cleared), ...(goneOnBy === undefined ? [] : [goneOnBy]), ...folder];
  }

  private labelInGroup(): string {
    const label = this.job.view?.label ?? this.job.source.label;
    return label === null ? vscode.l10n.t("(no label)") : safeText(label);
  }

  /** Whether there is anything for `sectionsOf` to make. */
  private hasSections(): boolean {
    const { view } = this.job;
    if (!view || view.error !== null) return false;
    const { status, scan, state } = view;
    const open = view.foreign && this.filter.isOn ? 0 : status.failed + status.inDoubt;
    if (open + scan.damageCount > 0) return true;
    if (this.filter.isOn) return false;
    const others = [status.stages.length, state.steps.size, scan.faultCount, state.runs.size];
    return others.some((count) => count > 0) || (view.foreign !== null && status.done > 0);
  }
}
