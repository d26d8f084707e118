/** Writes down how a run ended whose lock is broken by what is no run itself: with the lock the evidence goes. */
import { CheckpointWriteError } from "../errors.js";
import { encodeRecord, type WritableRecord } from "../format/record.js";
import type { ScanSummary } from "../format/scan.js";
import { type JobState, latestRun } from "../state/jobState.js";
import { lossRecord } from "../state/lostRun.js";
import type { LostRun } from "../state/status.js";
import { AppendFile } from "./appendFile.js";
import { CheckpointFollower, eventsPathOf } from "./follow.js";

/**
 * What is to be written at the end of a log; empty where there is nothing to tell.
 * @param scan of what it is written behind
 */
export function lossRecords(
  state: JobState,
  lost: LostRun | null,
  { openTail, faultCount }: Pick<ScanSummary, "openTail" | "faultCount">,
  atMs: number,
): WritableRecord[] {
  const record = lossRecord(state, lost, atMs);
  if (!record) return [];
  // This is no run, whose first record would tell that a tear before it was survived.
  const isTorn = openTail || faultCount > 0;
  const run = latestRun(state)?.run ?? 0;
  return [...(isTorn ? [{ type: "write-error" as const, atMs, run, code: "TORN" }] : []), record];
}

/**
 * Appends it to a checkpoint of our own format, or to the events of another tool's. Call under the job's lock.
 * @param lost what that lock says was in its way
 */
export async function noteLoss(checkpoint: string, lost: LostRun | null): Promise<void> {
  if (!lost) return;
  const follower = new CheckpointFollower(checkpoint);
  await follower.refresh();
  const { format, ...scan } = follower.summary();
  const isOwn = format === "agent-jobs";
  // A tear of another tool's file is not one of the events.
  const behind = isOwn ? scan : { openTail: false, faultCount: 0 };
  const records = lossRecords(follower.state, lost, behind, Date.now());
  if (records.length === 0 || format === "unknown") return;
  try {
    const file = await AppendFile.open(isOwn ? checkpoint : eventsPathOf(checkpoint));
    await file.append(Buffer.concat(records.map(encodeRecord)), "synced").finally(() => file.close());
  } catch (error) {
    // Where nothing can be written (a full disk), clearing may be what helps: a note is no reason to refuse it.
    if (!(error instanceof CheckpointWriteError)) throw error;
  }
}
