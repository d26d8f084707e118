import * as vscode from "vscode";
import { type JobLook, jobDetails, jobRow } from "../../../view/jobRow.js";
import { middleText } from "../../../view/text.js";
import type { Job } from "../../job.js";
import { FailedNode } from "./failed.js";
import { FaultsNode } from "./faults.js";
import { ForeignItemsNode } from "./foreignItems.js";
import { InDoubtNode } from "./inDoubt.js";
import { icon, type TreeNode } from "./node.js";
import { RunsNode } from "./runs.js";
import { StageNode, StepsNode } from "./stages.js";

const icons: Record<JobLook, () => vscode.ThemeIcon> = {
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
  readonly parent = undefined;

  constructor(readonly job: Job) {
    this.id = `job:${job.id}`;
  }

  item(): vscode.TreeItem {
    const { job } = this;
    const row = jobRow(job.name, job.view);
    const hasMore = this.sections().length > 0;
    // What it counts comes behind its name, which services make of long random letters.
    const title = job.view?.foreign
      ? middleText(row.title.replace(/_(output|results)$/, ""), maxForeignChars)
      : row.title;
    const item = new vscode.TreeItem(
      title,
      hasMore ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
    );
    const isPaused = row.look === "running" && job.view?.status.pause;
    const isRead = row.look === "stopped" && job.view?.foreign;
    item.iconPath = isRead ? icon("output") : isPaused ? icon("debug-pause", "busy") : icons[row.look]();
    item.description = row.description;
    item.accessibilityInformation = { label: row.accessibleLabel, role: "treeitem" };
    if (!job.loaded) {
      item.description = vscode.l10n.t("reading…");
    } else if (job.starting) {
      item.description = vscode.l10n.t("starting…");
      item.iconPath = icons.running();
    }
    const foreign = `${job.view?.foreign ? "foreign " : ""}${job.source.watched ? "watched " : ""}`;
    item.contextValue = ` job ${foreign}${[...job.capabilities(vscode.workspace.isTrusted)].join(" ")} `;
    return item;
  }

  children(): TreeNode[] {
    return this.sections();
  }

  details(): string[] {
    return jobDetails(this.job.name, this.job.view);
  }

  private sections(): TreeNode[] {
    const { view } = this.job;
    if (!view || view.error !== null) return [];
    const { status, scan, state } = view;
    return [
      ...status.stages.map((stage) => new StageNode(this, stage)),
      ...(status.stages.length === 0 && state.steps.size > 0 ? [new StepsNode(this)] : []),
      ...(status.failed > 0 ? [new FailedNode(this)] : []),
      ...(status.inDoubt > 0
        ? [view.foreign ? new ForeignItemsNode(this, "open") : new InDoubtNode(this)]
        : []),
      ...(scan.faultCount > 0 ? [new FaultsNode(this)] : []),
      ...(state.runs.size > 0 ? [new RunsNode(this)] : []),
      ...(view.foreign && status.done > 0 ? [new ForeignItemsNode(this, "done")] : []),
    ];
  }
}
