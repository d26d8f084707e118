/** `{completed, results, started_at, updated_at}`, rewritten whole after each item. */
import { takeCompleted } from "./completedList.js";
import { emptyJob, neverTold, type OldJob } from "./oldJob.js";
import { type Members, msOfSeconds } from "./oldJson.js";

export const isJsonCheckpoint = ({ completed, results, started_at }: Members): boolean =>
  Array.isArray(completed) && (results !== undefined || started_at !== undefined);

/** @param name the file's, which alone says the job */
export function readJsonCheckpoint(members: Members, name: string, writtenAtMs: number): OldJob {
  const job = /^(?:job_)?(.+?)(?:\.checkpoint)?\.json$/s.exec(name)?.[1] ?? null;
  const old = emptyJob("json-checkpoint", job, msOfSeconds(members.updated_at) ?? writtenAtMs);
  old.startedAtMs = msOfSeconds(members.started_at) ?? null;
  old.done = takeCompleted(old, members.completed as unknown[], members.results);
  old.untold.push(
    "how many items there are",
    "which items failed or were in hand when it stopped, and why",
    "when each item ended and what it took",
    neverTold,
  );
  return old;
}
