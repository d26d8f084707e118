import * as vscode from "vscode";
import type { RunState } from "../../../runtime/state/jobState.js";
import { endingOf, type RunEnding } from "../../../runtime/state/status.js";
import { endingText } from "../../../view/jobRow.js";
import { countText, durationText, plural, safeText, timeText } from "../../../view/text.js";
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

  private get live(): boolean {
    return this.job.view?.status.run?.run === this.run.run;
  }

  /** Of the latest one its lock may still tell more than the log. */
  private get ended(): RunEnding {
    const last = this.job.view?.status.lastRun;
    return last?.run.run === this.run.run ? last.ended : endingOf(this.run);
  }

  private get endedText(): string {
    const { signal } = this.run.ended ?? {};
    const last = this.job.view?.status.lastRun;
    const detail = last?.run.run === this.run.run ? last.detail : this.run.lost?.detail;
    return endingText(this.ended, { ...(signal && { signal }), ...(detail && { detail }) });
  }

  item(): vscode.TreeItem {
    const { run, live } = this;
    const item = new vscode.TreeItem(vscode.l10n.t("Run {0}", run.run));
    const parts = [
      live ? vscode.l10n.t("running") : this.endedText,
      vscode.l10n.t("{0} done", countText(run.done)),
      ...(run.failed > 0 ? [vscode.l10n.t("{0} failed", countText(run.failed))] : []),
      // Of another program's work nothing tells how long it took.
      ...(run.ended && this.ended !== "migrated" ? [durationText(run.ended.atMs - run.startedAtMs)] : []),
    ];
    item.description = parts.join(" · ");
    item.iconPath = live ? icon("sync~spin", "busy") : runIcon(this.ended);
    item.contextValue = " run ";
    return item;
  }

  children(): TreeNode[] {
    return [];
  }

  details(): string[] {
    const { run, live } = this;
    const started = vscode.l10n.t(
      "Started {0}, pid {1} on {2}",
      timeText(run.startedAtMs),
      run.pid,
      safeText(run.host),
    );
    if (live) return [started];
    const ended = run.ended
      ? vscode.l10n.t("It {0}, {1}.", this.endedText, timeText(run.ended.atMs))
      : vscode.l10n.t("It {0}.", this.endedText);
    const counts = vscode.l10n.t("{0} done, {1} failed", plural(run.done, "item"), countText(run.failed));
    const origin = this.ended === "migrated" ? [] : [started]; // it was none of ours
    return [...origin, ended, counts];
  }
}

function runIcon(ended: RunEnding): vscode.ThemeIcon {
  switch (ended) {
    case "finished":
      return icon("pass", "good");
    case "killed":
    case "out-of-memory":
    case "error":
      return icon("error", "bad");
    case "finished-with-failures":
      return icon("warning", "warn");
    default:
      return icon("debug-pause");
  }
}
