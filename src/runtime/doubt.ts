/** Items in doubt that a person knows to be done. */
import type { ItemKey } from "./format/itemId.js";
import type { DoneRecord, WritableRecord } from "./format/record.js";
import { latestRun } from "./state/jobState.js";
import { JsonlStore } from "./store/jsonlStore.js";
import { lossRecords } from "./store/lossNote.js";

/**
 * Records items in doubt as done, without a result, because a person said so. What is done meanwhile stays as it is.
 * @param name the job's name where the checkpoint has no header
 * @returns how many were marked
 * @throws what `JsonlStore.open` does; CheckpointWriteError AJ_WRITE
 */
export async function markDoneByPerson(
  checkpoint: string,
  name: string,
  items: readonly ItemKey[],
): Promise<number> {
  const store = new JsonlStore(checkpoint);
  const { state: before } = await store.load(name);
  const log = await store.open(before.job ?? name, { label: before.label });
  try {
    const { state, scan } = log;
    const atMs = Date.now();
    const marks = items
      .filter((item) => state.open.get(item)?.phase === "started")
      .map((item): DoneRecord => {
        const { attempt } = state.open.get(item)!;
        return { type: "done", atMs, item, ...(attempt > 0 && { attempt }), by: "person" };
      });
    const told = lossRecords(state, log.lost ?? null, scan, atMs);
    const records: WritableRecord[] = [...told, ...marks];
    // This is no run, whose first record would tell that the tear before it was survived.
    if (scan.openTail && told.length === 0)
      records.unshift({ type: "write-error", atMs, run: latestRun(state)?.run ?? 0, code: "TORN" });
    if (marks.length > 0 || told.length > 0) await log.append(records, "synced");
    return marks.length;
  } finally {
    await log.close();
  }
}
