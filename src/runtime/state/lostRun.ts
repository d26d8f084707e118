import type { RunLostRecord } from "../format/record.js";
import type { JobState } from "./jobState.js";
import type { LostRun } from "./status.js";

/**
 * How a run ended that left its lock behind, for its successor to write down: with the lock the evidence goes.
 * Undefined where that run said so itself, or is none of this job's.
 */
export function lossRecord(
  state: JobState,
  lost: LostRun | null | undefined,
  atMs: number,
): RunLostRecord | undefined {
  if (!lost) return undefined;
  const { token, cause, detail } = lost;
  // Runs of one process share its lock: the last is the one that was under way.
  const run = [...state.runs.values()]
    .filter((each) => each.token === token && !each.ended && !each.lost)
    .at(-1);
  if (!run) return undefined;
  return { type: "run-lost", atMs, run: run.run, cause, ...(detail !== undefined && { detail }) };
}
