/** Rewrites a grown checkpoint of our own format with only what a reader needs. The original is kept. */
import { randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { formatVersion } from "./config.js";
import { AgentJobsError } from "./errors.js";
import { type CompactedRecord, encodeRecord } from "./format/record.js";
import { CheckpointScanner, type ScannedRecord, type ScanSummary } from "./format/scan.js";
import { Compaction, type Dropped, lastAlike } from "./state/compaction.js";
import { applyRecord } from "./state/fold.js";
import { createJobState } from "./state/jobState.js";
import { lossRecord } from "./state/lostRun.js";
import { lookAtLock } from "./store/lockHolder.js";
import { readChunks } from "./store/readChunks.js";
import { refuseForeign } from "./store/refuseForeign.js";
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
 * @throws AgentJobsError AJ_UNKNOWN_FORMAT or AJ_FOREIGN for a file that is not of our own format, AJ_NEWER_FORMAT, AJ_DAMAGED,
 *   AJ_NOT_A_FILE, AJ_READ
 */
export async function planCompaction(path: string): Promise<PlannedCompaction> {
  await refuseForeign(path, "compact");
  const identity = await identify(path);
  const compaction = new Compaction();
  let taken = 0;
  const summary = await scanFile(path, identity, ({ record }) => {
    compaction.take(record);
    taken++;
  });
  refuseUnfit(path, summary, compaction.state.formatVersion);
  const sums = compaction.finish(randomUUID());
  const residueLines = summary.faultCount + (summary.tornTail ? 1 : 0);
  const changes = sums !== null || residueLines > 0;
  const { sizeBytes } = identity;
  const known = { path, identity, dropped: compaction.dropped, residueLines, changes };
  const records = { before: taken, after: taken };
  if (!changes)
    return {
      ...known,
      kept: [0, sizeBytes],
      added: Buffer.alloc(0),
      records,
      bytes: { before: sizeBytes, after: sizeBytes },
    };
  const left = await lookAtRest(path, identity, compaction, sums);
  const lost = lossRecord(compaction.state, (await lookAtLock(path)).lost, Date.now());
  // The lock that tells how the last run ended goes with the compaction.
  const written = [...(sums ? [sums] : []), ...(lost ? [lost] : [])];
  const added = Buffer.concat(written.map(encodeRecord));
  return {
    ...{ ...known, added, kept: left.kept },
    records: { before: taken, after: left.records + written.length },
    bytes: { before: sizeBytes, after: left.bytes + added.length },
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
    const output = new Output(target);
    const chunk = Buffer.allocUnsafeSlow(copyChunkBytes);
    let [from, to] = [0, 0];
    for (let n = 0; n < kept.length; n += 2) {
      for (let at = kept[n]!; at < kept[n + 1]!; ) {
        // What is kept lies close together: it is read by the chunk, and not by the record.
        if (at >= to) {
          const { bytesRead } = await source.read(chunk, 0, chunk.length, at);
          if (bytesRead === 0)
            throw new AgentJobsError("AJ_CHANGED", `Will not change ${path}: it shrank while it was read.`);
          [from, to] = [at, at + bytesRead];
        }
        const end = Math.min(to, kept[n + 1]!);
        await output.write(chunk.subarray(at - from, end - from));
        at = end;
      }
      await output.write(newline);
      if (n === 0) await output.write(added);
    }
    if (kept.length === 0) await output.write(added);
    await output.flush();
  });
  return backup;
}

const newline = Buffer.from("\n");
const copyChunkBytes = 1024 * 1024;

/** Gathers small pieces, so that not each of them is a call of the system. */
class Output {
  private readonly held = Buffer.allocUnsafeSlow(copyChunkBytes);
  private heldBytes = 0;

  constructor(private readonly file: FileHandle) {}

  async write(bytes: Buffer): Promise<void> {
    if (this.heldBytes + bytes.length > this.held.length) await this.flush();
    if (bytes.length > this.held.length) return this.file.writeFile(bytes);
    this.heldBytes += bytes.copy(this.held, this.heldBytes);
  }

  async flush(): Promise<void> {
    await this.file.writeFile(this.held.subarray(0, this.heldBytes));
    this.heldBytes = 0;
  }
}

async function scanFile(
  path: string,
  identity: FileIdentity,
  onRecord: (scanned: ScannedRecord) => void,
): Promise<ScanSummary> {
  const scanner = new CheckpointScanner();
  for await (const chunk of readChunks(path, identity))
    for (const scanned of scanner.push(chunk)) onRecord(scanned);
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

interface Rest {
  /** As in the plan. */
  kept: number[];
  records: number;
  bytes: number;
}

/** Finds what stays. Before anything is written, it must read as what was there. */
async function lookAtRest(
  path: string,
  identity: FileIdentity,
  compaction: Compaction,
  sums: CompactedRecord | null,
): Promise<Rest> {
  const state = createJobState();
  if (sums) applyRecord(state, sums);
  const kept: number[] = [];
  let [at, records, bytes] = [0, 0, 0];
  await scanFile(path, identity, ({ record, offsetBytes: start, lengthBytes }) => {
    if (!compaction.keeps(at++)) return;
    applyRecord(state, record);
    records++;
    bytes += lengthBytes + 1;
    const end = start + lengthBytes;
    // The sums go right behind the header, so that steps keep their order.
    if (kept.length > 2 && kept.at(-1) === start - 1) kept[kept.length - 1] = end;
    else kept.push(start, end);
  });
  if (!lastAlike(state, compaction.state))
    throw new AgentJobsError(
      "AJ_CHANGED",
      `Will not compact ${path}: what would be left does not read as what is there. Nothing was changed. If no run writes to it, please report this.`,
    );
  return { kept, records, bytes };
}
