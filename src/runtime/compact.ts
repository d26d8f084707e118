/** Rewrites a grown checkpoint of our own format with only what a reader needs. The original is kept. */
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { formatVersion } from "./config.js";
import { AgentJobsError } from "./errors.js";
import { type CompactedRecord, encodeRecord } from "./format/record.js";
import { CheckpointScanner, type ScannedRecord, type ScanSummary } from "./format/scan.js";
import { Compaction, type Dropped, lasting } from "./state/compaction.js";
import { applyRecord } from "./state/fold.js";
import { createJobState } from "./state/jobState.js";
import { lossRecord } from "./state/lostRun.js";
import { lookAtLock } from "./store/jsonlStore.js";
import { type FileIdentity, identify, replaceFile } from "./store/replaceFile.js";

export interface PlannedCompaction {
  path: string;
  identity: FileIdentity;
  dropped: Dropped;
  /** Lines that are no records: what survived crashes left behind. */
  residueLines: number;
  records: { before: number; after: number };
  bytes: { before: number; after: number };
  /** Byte ranges of the file that stay, as start and end in turn. */
  kept: number[];
  /** What is written in the place of what is dropped. */
  added: Buffer;
  /** False where nothing would be dropped. */
  changes: boolean;
}

/**
 * Looks at a checkpoint and plans its compaction. Changes nothing.
 * @throws AgentJobsError AJ_UNKNOWN_FORMAT for a file that is not of our own format, AJ_NEWER_FORMAT, AJ_DAMAGED,
 *   AJ_NOT_A_FILE, AJ_READ
 */
export async function planCompaction(path: string): Promise<PlannedCompaction> {
  const identity = await identify(path);
  const compaction = new Compaction();
  const places: { start: number; end: number }[] = [];
  const summary = await scanFile(path, identity, ({ record, offsetBytes, lengthBytes }) => {
    compaction.take(record);
    places.push({ start: offsetBytes, end: offsetBytes + lengthBytes });
  });
  refuseUnfit(path, summary, compaction.state.formatVersion);
  const sums = compaction.finish(randomUUID());
  const residueLines = summary.faultCount + (summary.tornTail ? 1 : 0);
  const changes = sums !== null || residueLines > 0;
  if (changes) await assertSameState(path, identity, compaction, sums);
  const lost = lossRecord(compaction.state, (await lookAtLock(path)).lost, Date.now());
  // The lock that tells how the last run ended goes with the compaction.
  const records = changes ? [...(sums ? [sums] : []), ...(lost ? [lost] : [])] : [];
  const kept: number[] = [];
  let [keptRecords, keptBytes] = [0, 0];
  places.forEach(({ start, end }, at) => {
    if (!compaction.keeps(at)) return;
    keptRecords++;
    keptBytes += end - start + 1;
    // The sums go right behind the header, so that steps keep their order.
    if (kept.length > 2 && kept.at(-1) === start - 1) kept[kept.length - 1] = end;
    else kept.push(start, end);
  });
  const added = Buffer.concat(records.map(encodeRecord));
  const bytes = {
    before: identity.sizeBytes,
    after: changes ? keptBytes + added.length : identity.sizeBytes,
  };
  return {
    ...{ path, identity, dropped: compaction.dropped, residueLines, kept, added, changes, bytes },
    records: { before: places.length, after: keptRecords + records.length },
  };
}

/**
 * Carries a plan out.
 * @returns where the original was kept; null where nothing was to be done
 * @throws what `replaceFile` does
 */
export async function applyCompaction(planned: PlannedCompaction): Promise<string | null> {
  if (!planned.changes) return null;
  const { path, identity, kept, added } = planned;
  const { backup } = await replaceFile(path, identity, async ({ source, target }) => {
    const newline = Buffer.from("\n");
    if (kept.length === 0) await target.writeFile(added);
    for (let n = 0; n < kept.length; n += 2) {
      for (let at = kept[n]!; at < kept[n + 1]!; ) {
        const chunk = Buffer.allocUnsafe(Math.min(1024 * 1024, kept[n + 1]! - at));
        const { bytesRead } = await source.read(chunk, 0, chunk.length, at);
        if (bytesRead === 0)
          throw new AgentJobsError("AJ_CHANGED", `Will not change ${path}: it shrank while it was read.`);
        await target.writeFile(chunk.subarray(0, bytesRead));
        at += bytesRead;
      }
      await target.writeFile(newline);
      if (n === 0) await target.writeFile(added);
    }
  });
  return backup;
}

async function scanFile(
  path: string,
  { sizeBytes }: FileIdentity,
  onRecord: (scanned: ScannedRecord) => void,
): Promise<ScanSummary> {
  const scanner = new CheckpointScanner();
  if (sizeBytes > 0)
    for await (const chunk of createReadStream(path, { end: sizeBytes - 1 }))
      for (const scanned of scanner.push(chunk as Buffer)) onRecord(scanned);
  const tail = scanner.tailRecord();
  if (tail) onRecord(tail);
  return scanner.summary();
}

function refuseUnfit(path: string, { format, damageCount }: ScanSummary, version: number | null): void {
  if (format !== "agent-jobs")
    throw new AgentJobsError(
      "AJ_UNKNOWN_FORMAT",
      format === "article" || format === "agent-resume"
        ? `Will not compact ${path}: it is of another tool's format, which has nothing to spare. Nothing was changed.`
        : `Cannot compact ${path}: it is no checkpoint of Agent Jobs. Nothing was changed.`,
    );
  if ((version ?? 0) > formatVersion)
    throw new AgentJobsError(
      "AJ_NEWER_FORMAT",
      `Cannot compact ${path}: it has format version ${version}, and this version writes ${formatVersion}. Update Agent Jobs.`,
    );
  if (damageCount > 0)
    throw new AgentJobsError(
      "AJ_DAMAGED",
      `Will not compact ${path}: ${damageCount} of its lines ${damageCount === 1 ? "is" : "are"} damaged, and compacting would drop what could be saved of them. Repair it first: agent-jobs repair ${path}`,
    );
}

/** Before anything is written: what stays must read as what was there. */
async function assertSameState(
  path: string,
  identity: FileIdentity,
  compaction: Compaction,
  sums: CompactedRecord | null,
): Promise<void> {
  const state = createJobState();
  if (sums) applyRecord(state, sums);
  let at = 0;
  await scanFile(path, identity, ({ record }) => {
    if (compaction.keeps(at++)) applyRecord(state, record);
  });
  if (!isDeepStrictEqual(lasting(state), lasting(compaction.state)))
    throw new AgentJobsError(
      "AJ_CHANGED",
      `Will not compact ${path}: what would be left does not read as what is there. Nothing was changed. If no run writes to it, please report this.`,
    );
}
