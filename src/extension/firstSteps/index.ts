import * as vscode from "vscode";
import { contextKeys } from "../ids.js";
import type { Job } from "../job.js";
import type { JobCatalog } from "../jobCatalog.js";
import { type Log, unawaited } from "../log.js";

type Step = Extract<keyof typeof contextKeys, `first${string}`>;

interface Seen {
  done: number;
  failed: number;
  damaged: boolean;
}

/**
 * Ticks off the walkthrough's steps by what really happened to any job here, whichever way it was done. VS Code
 * remembers what was ticked.
 */
export function registerFirstSteps(catalog: JobCatalog, log: Log): vscode.Disposable {
  const told = new Set<Step>();
  const before = new Map<string, Seen>();
  const look = (job: Job) => {
    for (const step of stepsOf(job, before.get(job.id))) {
      if (told.has(step)) continue;
      told.add(step);
      const key = contextKeys[step];
      unawaited(log, key, vscode.commands.executeCommand("setContext", key, true));
    }
    const seen = seenOf(job);
    if (seen) before.set(job.id, seen);
  };
  return vscode.Disposable.from(
    catalog.onDidChangeJob(look),
    catalog.onDidChangeJobs(() => catalog.jobs.forEach(look)),
  );
}

function seenOf({ view }: Job): Seen | undefined {
  if (!view || view.foreign || view.state.runs.size === 0) return undefined;
  const { done, failed, damaged } = view.status;
  return { done, failed, damaged };
}

/** The steps that a job shows to have been taken. */
export function stepsOf(job: Job, before: Seen | undefined): Step[] {
  const { view, jobFile } = job;
  const now = seenOf(job);
  const steps: Step[] = jobFile === null ? [] : ["firstJob"];
  if (!view || !now) return steps;
  const runs = [...view.state.runs.values()];
  const latest = Math.max(...runs.map(({ run }) => run));
  steps.push("firstRun");
  if (view.status.lastRun?.ended === "killed") steps.push("firstKill");
  // A run that left no end of its own, and another after it.
  if (runs.some(({ run, ended }) => run < latest && ended === undefined)) steps.push("firstResume");
  if (before && now.failed < before.failed && now.done > before.done) steps.push("firstRetry");
  if (before?.damaged && !now.damaged) steps.push("firstRepair");
  return steps;
}
