/** Clears checkpoints to dated backups, and brings backups back. */
import { link, rename, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { AgentJobsError, systemCodeOf } from "./errors.js";
import { backupTimeMs } from "./store/backupTime.js";
import { CheckpointFollower, eventsPathOf } from "./store/follow.js";
import { Lock } from "./store/lock.js";
import { noteLoss } from "./store/lossNote.js";
import { asWriteError, backupsOf, exists, freeStamp, keepOriginal } from "./store/replaceFile.js";
import { syncFolder } from "./store/syncFolder.js";

/**
 * Moves a checkpoint, and its events, to a dated backup.
 * @returns the backup's path; null where there was no checkpoint
 * @throws JobHeldError AJ_HELD while a run holds the job, also one of this process; CheckpointWriteError AJ_WRITE
 */
export async function clearCheckpoint(path: string): Promise<string | null> {
  // No lock can be made where there is no folder.
  if (!(await exists(dirname(path)))) return null;
  const lock = await Lock.acquire(path, { exclusive: true });
  try {
    if (!(await exists(path))) return null;
    await noteLoss(path, lock.lost);
    const backup = `${path}.bak-${await freeStamp(path)}`;
    // The backup has its events before the checkpoint goes: a kill in between leaves both, or the backup alone.
    const hasEvents = await exists(eventsPathOf(path));
    if (hasEvents) await linkOr(rename, eventsPathOf(path), eventsPathOf(backup));
    await rename(path, backup);
    if (hasEvents) await rm(eventsPathOf(path), { force: true });
    await syncFolder(dirname(path));
    return backup;
  } catch (error) {
    throw asWriteError(error, path);
  } finally {
    await lock.release();
  }
}

/**
 * Brings the newest backup back; what is there now becomes a backup itself, so that undoing twice changes nothing.
 * A kill at any point leaves the one or the other in place.
 * @throws AgentJobsError AJ_READ where there is no backup; JobHeldError AJ_HELD; CheckpointWriteError AJ_WRITE
 */
export async function undoLast(path: string): Promise<{ restored: string; backup: string | null }> {
  if (!(await exists(dirname(path)))) throw noBackup(path);
  const lock = await Lock.acquire(path, { exclusive: true });
  try {
    const restored = await newestBackup(path);
    if (await exists(path)) await noteLoss(path, lock.lost);
    const backup = (await exists(path)) ? (await keepOriginal(path)).backup : null;
    // A clear moved the events with the file; a repair left them where they belong.
    if (await exists(eventsPathOf(restored))) {
      if (backup && (await exists(eventsPathOf(path))))
        await rename(eventsPathOf(path), eventsPathOf(backup));
      await rename(eventsPathOf(restored), eventsPathOf(path));
    }
    await rename(restored, path);
    await syncFolder(dirname(path));
    return { restored, backup };
  } catch (error) {
    throw asWriteError(error, path);
  } finally {
    await lock.release();
  }
}

async function linkOr(otherwise: typeof rename, from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST") throw error;
    await otherwise(from, to);
  }
}

/** What bringing the newest backup back would do. */
export interface PlannedUndo {
  /** The backup that would be brought back. */
  restored: string;
  /** When it was made, milliseconds since 1970. */
  madeAtMs: number;
  /** Its damaged lines, which come back with it. */
  damagedLines: number;
  /** Done items as it is, and as it would be; null where there is no checkpoint now. */
  doneNow: number | null;
  doneThen: number;
  /** Items that are done now and would not be then. */
  again: number;
}

/**
 * Looks at the newest backup. Changes nothing.
 * @throws AgentJobsError AJ_READ where there is no backup
 */
export async function planUndo(path: string): Promise<PlannedUndo> {
  const restored = await newestBackup(path);
  const then = await read(restored);
  const now = (await exists(path)) ? await read(path) : null;
  let again = 0;
  for (const item of now?.state.done ?? []) if (!then.state.done.has(item)) again++;
  return {
    ...{ restored, madeAtMs: backupTimeMs(restored), damagedLines: then.summary().damageCount },
    ...{ doneNow: now?.state.done.size ?? null, doneThen: then.state.done.size, again },
  };
}

async function read(path: string): Promise<CheckpointFollower> {
  const follower = new CheckpointFollower(path);
  await follower.refresh();
  return follower;
}

async function newestBackup(path: string): Promise<string> {
  const newest = (await backupsOf(path)).at(-1);
  if (newest) return newest;
  throw noBackup(path);
}

const noBackup = (path: string): AgentJobsError =>
  new AgentJobsError(
    "AJ_READ",
    `There is nothing to undo: no backup of ${path} lies beside it. Repairs and clears make one (${basename(path)}.bak-…).`,
  );
