/** Carries repairs out. Evidence is never destroyed: the original and the dropped bytes are kept. */
import type { FileHandle } from "node:fs/promises";
import { encodeRecord } from "./format/record.js";
import type { PlannedRepair, RepairWatch } from "./repairScan.js";
import { createJobState } from "./state/jobState.js";
import { changesFile, type RepairPlan, segmentsOf } from "./state/repairPlan.js";
import { lossRecords, noteLoss } from "./store/lossNote.js";
import { replaceFile } from "./store/replaceFile.js";

export { clearCheckpoint, undoLast } from "./backups.js";
export { type PlannedRepair, planRepairOf, type RepairWatch, replanned } from "./repairScan.js";

export interface RepairOutcome {
  /** Where the original was kept; null where nothing was changed. */
  backup: string | null;
  /** Where the dropped bytes were kept; null where none were dropped. */
  dropped: string | null;
}

/**
 * Carries a plan out: the original to a backup, the dropped bytes to a file beside it, then the repaired file in
 * one step. A kill at any point leaves the old file or the new one, whole.
 * @throws JobHeldError AJ_HELD while a run holds the job, also one of this process; AgentJobsError AJ_CHANGED where
 *   the file is not the planned one; CheckpointWriteError AJ_WRITE; the signal's reason
 */
export async function applyRepair(planned: PlannedRepair, watch: RepairWatch = {}): Promise<RepairOutcome> {
  const { path, plan, identity, summary, input } = planned;
  if (!changesFile(plan)) return { backup: null, dropped: null };
  const { backup, aside } = await replaceFile(
    path,
    identity,
    async ({ source, target, lost, keepAside }) => {
      const dropped = plan.droppedBytes > 0 ? await keepAside("dropped") : undefined;
      await writeRepaired(plan, { source, target, dropped }, watch);
      if (summary.format !== "agent-jobs") return noteLoss(path, lost);
      const records = lossRecords(input.state ?? createJobState(), lost, summary, Date.now());
      const isOpen = summary.openTail && !plan.addsNewline;
      if (records.length > 0 && isOpen) await target.writeFile(newline);
      for (const record of records) await target.writeFile(encodeRecord(record));
    },
    watch,
  );
  return { backup, dropped: aside.dropped ?? null };
}

interface Files {
  source: FileHandle;
  target: FileHandle;
  dropped: FileHandle | undefined;
}

const newline = Buffer.from("\n");
const copyChunkBytes = 1024 * 1024;

/** Copies what is kept, segment by segment, and the rest to the sidecar, each piece a line of its own. */
async function writeRepaired(
  plan: RepairPlan,
  files: Files,
  { signal, onProgress }: RepairWatch,
): Promise<void> {
  const chunk = Buffer.allocUnsafe(Math.min(copyChunkBytes, plan.sizeBytes));
  let reportedBytes = 0;
  for (const { kind, start, end, addsNewline } of segmentsOf(plan)) {
    const into = kind === "dropped" ? files.dropped! : files.target;
    let last: number | undefined;
    for (let at = start; at < end; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await files.source.read(chunk, 0, Math.min(chunk.length, end - at), at);
      if (bytesRead === 0) break; // it shrank, which is noticed before it would be replaced
      await into.writeFile(chunk.subarray(0, bytesRead));
      last = chunk[bytesRead - 1];
      at += bytesRead;
      if (at - reportedBytes < copyChunkBytes && at < plan.sizeBytes) continue;
      reportedBytes = at;
      onProgress?.(at, plan.sizeBytes);
    }
    if (addsNewline || (kind === "dropped" && last !== newline[0])) await into.writeFile(newline);
  }
}
