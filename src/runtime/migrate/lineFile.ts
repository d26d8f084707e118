/** Files of the two JSON Lines formats that we read and continue as they are, and what was kept beside them. */
import { AgentJobsError } from "../errors.js";
import { type ItemKey, idText } from "../format/itemId.js";
import type { CheckpointRecord, MeasuredRecord, SnapshotRecord } from "../format/record.js";
import { readResults } from "../results.js";
import { lossRecord } from "../state/lostRun.js";
import { CheckpointFollower } from "../store/follow.js";
import { lookAtLock } from "../store/lockHolder.js";
import { sharedNote } from "./completedList.js";
import { emptyJob, neverTold, type OldDone, type OldJob } from "./oldJob.js";
import { isMembers } from "./oldJson.js";
import { countOf, listed } from "./wording.js";

/** @throws AgentJobsError AJ_DAMAGED, AJ_READ, AJ_NOT_A_FILE */
export async function readLineFile(path: string, kind: "article" | "agent-resume"): Promise<OldJob> {
  const endedAtMs = new Map<ItemKey, number>();
  const measured = new Map<ItemKey, MeasuredRecord>();
  const beside: CheckpointRecord[] = [];
  let snapshot: SnapshotRecord | undefined;
  const follower = new CheckpointFollower(path, {
    onRestart: () => {
      for (const each of [endedAtMs, measured]) each.clear();
      beside.length = 0;
    },
    onRecord: ({ record }) => {
      if (record.type === "done") {
        if (!endedAtMs.has(record.item)) endedAtMs.set(record.item, record.atMs);
      } else if (record.type === "snapshot") snapshot = record;
      else if (record.type !== "job" && record.type !== "unknown") {
        beside.push(record);
        if (record.type === "measured") measured.set(record.item, record);
      }
    },
  });
  await follower.refresh();
  const { state } = follower;
  const { damageCount, tornTail } = follower.summary();
  if (damageCount > 0)
    throw new AgentJobsError(
      "AJ_DAMAGED",
      `Will not migrate ${path}: ${countOf(damageCount, "damaged line")}. Nothing was written. Repair it first: agent-jobs repair ${path}`,
    );
  const loss = lossRecord(state, (await lookAtLock(path)).lost, Date.now());
  const old = emptyJob(kind, state.job, state.lastRecordAtMs ?? 0);
  old.beside = [...beside, ...(loss ? [loss] : [])];
  old.total = state.total;
  for await (const { item, result } of readResults(path)) {
    if (!state.done.has(item)) continue; // written since
    const atMs = endedAtMs.get(item) ?? measured.get(item)?.atMs;
    const { hash } = measured.get(item) ?? {};
    const done: OldDone = {
      item,
      ...(atMs !== undefined && { atMs }),
      ...(result !== undefined && { result }),
    };
    old.done.push({ ...done, ...(hash !== undefined && { hash }), isMeasured: measured.has(item) });
  }
  if (kind === "agent-resume") tellShared(old, snapshot?.state);
  const lost = old.done.filter(({ result }) => result === undefined).length;
  if (lost > 0) old.untold.push(`the results of ${countOf(lost, "finished item")}`);
  if (old.total === null) old.untold.push("how many items there are");
  if (tornTail) old.leftOut.push("Its last line is torn: what it was of is done again.");
  if (kind === "agent-resume") tellState(old, snapshot?.state);
  if (beside.length === 0) old.untold.push("which items failed or were in hand when it stopped", neverTold);
  return old;
}

/** Results in agent-resume's state go by text: those that `1` and `"1"` share are given to neither (`readResults`). */
function tellShared(old: OldJob, state: unknown): void {
  const results = isMembers(state) && isMembers(state.results) ? state.results : {};
  const without = old.done.filter(({ result }) => result === undefined).map(({ item }) => idText(item));
  const shared = without.filter((text) => Object.hasOwn(results, text));
  if (shared.length > 0) old.leftOut.push(sharedNote([...new Set(shared)]));
}

/** The user's state has no place in our format, but for the results in it. */
function tellState(old: OldJob, state: unknown): void {
  const names = isMembers(state) ? Object.keys(state).filter((name) => name !== "results") : [];
  if (names.length > 0)
    old.leftOut.push(
      `Its state (${listed(names)}) has no place in a checkpoint of ours, and stays in the old file.`,
    );
  const results = isMembers(state) && isMembers(state.results) ? state.results : {};
  const done = new Set(old.done.map(({ item }) => idText(item)));
  const orphans = Object.keys(results).filter((text) => !done.has(text));
  if (orphans.length > 0)
    old.leftOut.push(`Results of items that are not listed as finished: ${listed(orphans)}.`);
  old.untold.push(
    "when each item ended and what it took, and whether one that it lists was skipped by its program",
  );
}
