/** Repairs, clears and brings back checkpoints. Evidence is never destroyed: originals and dropped bytes are kept. */
import { createReadStream } from "node:fs";
import { access, copyFile, lstat, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AgentJobsError, CheckpointWriteError, messageOf, systemCodeOf } from "./errors.js";
import type { Salvaged } from "./format/salvage.js";
import { CheckpointScanner, type Fault, type ScanSummary } from "./format/scan.js";
import { changesFile, planRepair, type RepairPlan } from "./state/repairPlan.js";
import { notAFile, syncFolder } from "./store/appendFile.js";
import { eventsPathOf } from "./store/follow.js";
import { Lock } from "./store/lock.js";

/** A plan, and the file that it is of as it was then. */
export interface PlannedRepair {
  path: string;
  plan: RepairPlan;
  summary: ScanSummary;
  identity: FileIdentity;
}

interface FileIdentity {
  dev: number;
  ino: number;
  sizeBytes: number;
  mtimeMs: number;
  mode: number;
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
  const { path, plan } = planned;
  if (!changesFile(plan)) return { backup: null, dropped: null };
  const lock = await Lock.acquire(path);
  try {
    const now = await identify(path);
    for (const name of ["dev", "ino", "sizeBytes", "mtimeMs"] as const)
      if (now[name] !== planned.identity[name])
        throw new AgentJobsError(
          "AJ_CHANGED",
          `Cannot repair ${path}: it changed since the plan was made. Plan again.`,
        );
    const stamp = await freeStamp(path);
    const backup = `${path}.bak-${stamp}`;
    await copyDurably(path, backup);
    const dropped = plan.edits.length > 0 ? `${path}.dropped-${stamp}` : null;
    const draft = `${path}.draft-${lock.token}`;
    try {
      await writeRepaired(planned, draft, dropped);
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
    await syncFolder(dirname(path));
    return { backup, dropped };
  } catch (error) {
    throw asWriteError(error, path);
  } finally {
    await lock.release();
  }
}

/**
 * Moves a checkpoint, and its events, to a dated backup.
 * @returns the backup's path; null where there was no checkpoint
 */
export async function clearCheckpoint(path: string): Promise<string | null> {
  const lock = await Lock.acquire(path);
  try {
    if (!(await exists(path))) return null;
    const backup = `${path}.bak-${await freeStamp(path)}`;
    await rename(path, backup);
    if (await exists(eventsPathOf(path))) await rename(eventsPathOf(path), eventsPathOf(backup));
    await syncFolder(dirname(path));
    return backup;
  } catch (error) {
    throw asWriteError(error, path);
  } finally {
    await lock.release();
  }
}

/**
 * Brings the newest backup back; what is there now becomes a backup itself.
 * @throws AgentJobsError AJ_READ where there is no backup
 */
export async function undoLast(path: string): Promise<{ restored: string; backup: string | null }> {
  const prefix = `${basename(path)}.bak-`;
  const names = (await readdir(dirname(path))).filter(
    (name) => name.startsWith(prefix) && !name.endsWith(".events"),
  );
  const newest = names.sort().at(-1);
  if (!newest) throw new AgentJobsError("AJ_READ", `Cannot undo on ${path}: there is no backup beside it.`);
  const restored = join(dirname(path), newest);
  const lock = await Lock.acquire(path);
  try {
    const backup = (await exists(path)) ? `${path}.bak-${await freeStamp(path)}` : null;
    if (backup) {
      await rename(path, backup);
      if (await exists(eventsPathOf(path))) await rename(eventsPathOf(path), eventsPathOf(backup));
    }
    await rename(restored, path);
    if (await exists(eventsPathOf(restored))) await rename(eventsPathOf(restored), eventsPathOf(path));
    await syncFolder(dirname(path));
    return { restored, backup };
  } catch (error) {
    throw asWriteError(error, path);
  } finally {
    await lock.release();
  }
}

async function identify(path: string): Promise<FileIdentity> {
  const stat = await lstat(path).catch((error: unknown) => {
    throw new AgentJobsError("AJ_READ", `Cannot read ${path}: ${messageOf(error)}.`, { cause: error });
  });
  if (!stat.isFile()) throw notAFile(path, stat.isDirectory() ? "a directory" : "a link, FIFO or device");
  return {
    dev: stat.dev,
    ino: stat.ino,
    sizeBytes: stat.size,
    mtimeMs: stat.mtimeMs,
    mode: stat.mode & 0o777,
  };
}

/** Copies what is kept, line by line as the plan says, and the rest to the sidecar; both are synced. */
async function writeRepaired(
  { path, plan, identity }: PlannedRepair,
  draft: string,
  dropped: string | null,
): Promise<void> {
  const source = await open(path, "r");
  const target = await open(draft, "wx", identity.mode);
  const sidecar = dropped === null ? undefined : await open(dropped, "wx", 0o600);
  const newline = Buffer.from("\n");
  try {
    const copy = async (from: number, to: number, into: typeof target) => {
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
      await copy(fault.offsetBytes, at, sidecar!);
    }
    await copy(at, identity.sizeBytes, target);
    if (plan.addsNewline && at < identity.sizeBytes) await target.writeFile(newline);
    await target.sync();
    await sidecar?.sync();
  } finally {
    await source.close();
    await target.close();
    await sidecar?.close();
  }
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, 1 /* COPYFILE_EXCL */);
  const file = await open(to, "r+");
  await file.sync().finally(() => file.close());
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A UTC time for file names, not yet used beside a checkpoint. */
async function freeStamp(path: string): Promise<string> {
  const base = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  for (let n = 1; ; n++) {
    const stamp = n === 1 ? base : `${base}-${String(n).padStart(2, "0")}`;
    if (!(await exists(`${path}.bak-${stamp}`)) && !(await exists(`${path}.dropped-${stamp}`))) return stamp;
  }
}

function asWriteError(error: unknown, path: string): unknown {
  const code = systemCodeOf(error);
  if (error instanceof AgentJobsError || code === undefined) return error;
  return new CheckpointWriteError(
    `Cannot change ${path}: ${messageOf(error)}. The original is as it was.`,
    code,
    {
      cause: error,
    },
  );
}
