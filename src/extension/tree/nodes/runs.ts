import * as vscode from "vscode";
import type { RunState } from "../../../runtime/state/jobState.js";
import { endingOf, type RunEnding } from "../../../runtime/state/status.js";
import { type RunText, runDetails, runRow } from "../../../view/runText.js";
import { countText, plural } from "../../../view/text.js";
import type { Job } from "../../job.js";
import { icon, type TreeContext, type TreeNode } from "./node.js";

/** The runs of a job, newest first. */
export class RunsNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(readonly parent: TreeNode) {
    this.id = `${parent.id}/runs`;
    this.job = parent.job;
  }

  item(): vscode.TreeItem {
    const item = new vscode.TreeItem(vscode.l10n.t("Runs"), vscode.TreeItemCollapsibleState.Collapsed);
    item.description = countText(this.job.view?.state.runs.size ?? 0);
    item.iconPath = icon("history");
    item.contextValue = " runs ";
    item.accessibilityInformation = { label: plural(this.job.view?.state.runs.size ?? 0, "run") };
    return item;
  }

  children({ pages }: TreeContext): TreeNode[] {
    const runs = [...(this.job.view?.state.runs.values() ?? [])].sort((a, b) => b.run - a.run);
    return pages.of(this, runs, (run) => new RunNode(this, run));
  }
}

class RunNode implements TreeNode {
  readonly id: string;
  readonly job: Job;

  constructor(
    readonly parent: TreeNode,
    private readonly run: RunState,
  ) {
    this.id = `${parent.id}/${run.run}`;
    this.job = parent.job;
  }

  /** Of the latest one its lock may still tell more than the log. */
  private get told(): RunText {
    const { run } = this;
    const status = this.job.view?.status;
    const last = status?.lastRun?.run.run === run.run ? status.lastRun : null;
    return {
      run,
      live: status?.run?.run === run.run,
      ended: last?.ended ?? endingOf(run),
      lossDetail: last ? last.detail : run.lost?.detail,
    };
  }

  item(): vscode.TreeItem {
    const { told } = this;
    const item = new vscode.TreeItem(vscode.l10n.t("Run {0}", this.run.run));
    item.description = runRow(told);
    item.iconPath = told.live ? icon("sync~spin", "busy") : runIcon(told.ended);
    item.contextValue = " run ";
    item.accessibilityInformation = {
      label: vscode.l10n.t("run {0}, {1}", this.run.run, item.description.replaceAll(" · ", ", ")),
    };
    return item;
  }

  children(): TreeNode[] {
    return [];
  }

  details(): string[] {
    return runDetails(this.told);
  }
}

function runIcon(ended: RunEnding): vscode.ThemeIcon {
  switch (ended) {
    case "finished":
      return icon("pass", "good");
    case "killed":
    case "out-of-memory":
    case "error":
    case "reboot":
    case "unknown":
      return icon("error", "bad");
    case "budget":
    case "deadline":
    case "stop-condition":
    case "max-failures":
    case "auth":
    case "finished-with-failures":
      return icon("warning", "warn");
    default:
      return icon("debug-pause");
  }
}
