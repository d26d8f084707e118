import * as vscode from "vscode";
import type { Job } from "../job.js";
import type { JobCounts, JobSnapshot, JobState, JobUsage } from "./extensionApi.js";

/** A job as others may see it: a copy that nobody can change. */
export function snapshotOf(job: Job): JobSnapshot {
  const { view, holder, jobFile, checkpoint, source } = job;
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(jobFile ?? checkpoint));
  const eta = view?.status.eta;
  return Object.freeze({
    id: job.id,
    name: job.ownName,
    label: view?.label ?? source.label,
    folder: folder?.uri ?? null,
    jobFile: jobFile === null ? null : vscode.Uri.file(jobFile),
    checkpoint: vscode.Uri.file(checkpoint),
    state: stateOf(job),
    isDamaged: view !== null && view.error === null && view.status.damaged,
    counts: countsOf(job),
    eta: eta ? Object.freeze({ p50Ms: eta.p50Ms, p90Ms: eta.p90Ms }) : null,
    run: holder ? Object.freeze({ pid: holder.pid, host: holder.host, startedAtMs: holder.sinceMs }) : null,
    lastRunEnded: endedOf(job),
    usage: usageOf(job),
  });
}

/** How the latest run of a job ended. */
export const endedOf = ({ view }: Job): string | null => view?.status.lastRun?.ended ?? null;

function stateOf({ view }: Job): JobState {
  return view ? view.status.progress : "not-run";
}

function countsOf({ view }: Job): JobCounts | null {
  if (!view || view.error !== null) return null;
  const { total, done, failed, inDoubt, remaining, inFlight } = view.status;
  return Object.freeze({ total, done, failed, inDoubt, remaining, inFlight });
}

function usageOf({ view }: Job): JobUsage | null {
  if (!view || view.error !== null) return null;
  const { inputTokens, outputTokens, usd } = view.state.usage;
  const isKnown = [inputTokens, outputTokens, usd].some((figure) => figure !== null);
  return isKnown ? Object.freeze({ inputTokens, outputTokens, usd }) : null;
}
