/** Plans and carries out repairs. Evidence is never destroyed: the original and the dropped bytes are kept. */
import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { AgentJobsError } from "./errors.js";
import type { Salvaged } from "./format/salvage.js";
import { CheckpointScanner, type Fault, type ScanSummary } from "./format/scan.js";
import { changesFile, planRepair, type RepairPlan } from "./state/repairPlan.js";
import { type FileIdentity, identify, replaceFile } from "./store/replaceFile.js";

export { clearCheckpoint, undoLast } from "./backups.js";

/** A plan, and the file that it is of as it was then. */
export interface PlannedRepair {
  path: string;
  plan: RepairPlan;
  summary: ScanSummary;
  identity: FileIdentity;
}

export interface RepairOutcome {
  /** Where the original was kept; null where nothing was changed. */
  backup: string | null;
  /** Where the dropped bytes were kept; null where none were dropped. */
  dropped: string | null;
}

/**
 * Looks at a file and plans its repair. Changes nothing.
 * @param lines only the faults of these lines, counted from 1
 * @throws AgentJobsError AJ_UNKNOWN_FORMAT for a file of no known format, AJ_NOT_A_FILE, AJ_READ
 */
export async function planRepairOf(path: string, lines?: ReadonlySet<number>): Promise<PlannedRepair> {
  const identity = await identify(path);
  const faults: { fault: Fault; salvaged: readonly Salvaged[] }[] = [];
  const scanner = new CheckpointScanner(undefined, (fault, salvaged) => faults.push({ fault, salvaged }));
  for await (const chunk of createReadStream(path)) for (const _ of scanner.push(chunk as Buffer)) void _;
  const summary = scanner.summary();
  if (summary.format === "unknown")
    throw new AgentJobsError(
      "AJ_UNKNOWN_FORMAT",
      `Cannot repair ${path}: it is no checkpoint of a known format, and nothing was changed.`,
    );
  const plan = planRepair({ summary, faults, sizeBytes: identity.sizeBytes, ...(lines && { lines }) });
  return { path, plan, summary, identity };
}

/**
 * Carries a plan out: the original to a backup, the dropped bytes to a file beside it, then the repaired file in
 * one step. A kill at any point leaves the old file or the new one, whole.
 * @throws JobHeldError AJ_HELD while a writer lives, AgentJobsError AJ_CHANGED where the file is not the planned one
 */
export async function applyRepair(planned: PlannedRepair): Promise<RepairOutcome> {
  const { path, plan, identity } = planned;
  if (!changesFile(plan)) return { backup: null, dropped: null };
  const { backup, aside } = await replaceFile(path, identity, async ({ source, target, keepAside }) => {
    const dropped = plan.edits.length > 0 ? await keepAside("dropped") : undefined;
    await writeRepaired(planned, source, target, dropped);
  });
  return { backup, dropped: aside.dropped ?? null };
}

/** Copies what is kept, line by line as the plan says, and the rest to the sidecar. */
async function writeRepaired(
  { plan, identity }: PlannedRepair,
  source: FileHandle,
  target: FileHandle,
  dropped: FileHandle | undefined,
): Promise<void> {
  const newline = Buffer.from("\n");
  const copy = async (from: number, to: number, into: FileHandle) => {
    for (let at = from; at < to; ) {
      const chunk = Buffer.allocUnsafe(Math.min(1024 * 1024, to - at));
      const { bytesRead } = await source.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) break;
      await into.writeFile(chunk.subarray(0, bytesRead));
      at += bytesRead;
    }
  };
  let at = 0;
  for (const { fault, kept } of plan.edits) {
    await copy(at, fault.offsetBytes, target);
    for (const { start, end } of kept) {
      await copy(fault.offsetBytes + start, fault.offsetBytes + end, target);
      await target.writeFile(newline);
    }
    at = Math.min(fault.offsetBytes + fault.lengthBytes + 1, identity.sizeBytes);
    await copy(fault.offsetBytes, at, dropped!);
  }
  await copy(at, identity.sizeBytes, target);
  if (plan.addsNewline && at < identity.sizeBytes) await target.writeFile(newline);
}
