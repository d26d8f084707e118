/** `{job_id, total, completed_ids, results, timing, started_at, error_count}`, rewritten whole after each item. */
import { takeCompleted } from "./completedList.js";
import { emptyJob, neverTold, type OldJob, takeTotal } from "./oldJob.js";
import { type Members, msOfSeconds, numberOf } from "./oldJson.js";
import { countOf } from "./wording.js";

export const isProgressFile = ({ completed_ids, timing, total }: Members): boolean =>
  Array.isArray(completed_ids) && (timing !== undefined || total !== undefined);

export function readProgressFile(members: Members, writtenAtMs: number): OldJob {
  const { job_id, completed_ids, results, timing, started_at, error_count } = members;
  const old = emptyJob("progress-file", typeof job_id === "string" ? job_id : null, writtenAtMs);
  old.startedAtMs = msOfSeconds(started_at) ?? null;
  const ids = completed_ids as unknown[];
  old.done = takeCompleted(old, ids, results);
  takeTotal(old, numberOf(members.total));
  takeTimes(old, ids.length, timing);
  const errors = numberOf(error_count) ?? 0;
  if (errors > 0)
    old.untold.push(
      `which items its ${countOf(errors, "error")} ${errors === 1 ? "was" : "were"} of, and why`,
    );
  old.untold.push("which item was in hand when it stopped", "when each item ended", neverTold);
  return old;
}

/** The list has no ids: an item's time is at its place, if each has one. */
function takeTimes(old: OldJob, listedIds: number, timing: unknown): void {
  const isParallel = Array.isArray(timing) && timing.length === listedIds && listedIds === old.done.length;
  if (!isParallel) {
    if (old.done.length > 0) old.untold.push("what each item took, as its times are not one an item");
    return;
  }
  for (const [n, one] of old.done.entries()) {
    const seconds = numberOf(timing[n]);
    if (seconds !== undefined && seconds >= 0) one.ms = Math.round(seconds * 1e6) / 1e3;
  }
}
