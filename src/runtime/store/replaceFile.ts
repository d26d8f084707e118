/**
 * Replaces a checkpoint by a rewritten one. A kill at any system call leaves the old file or the new one, whole,
 * and the original is kept. Repair and compaction go this way.
 *
 * The backup is a second name of the original, not a copy: it costs no space and no time, exists whole or not at
 * all, and whoever still has the old file open without a lock goes on writing into what is kept.
 */
import { constants } from "node:fs";
import { access, copyFile, type FileHandle, link, lstat, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AgentJobsError, CheckpointWriteError, messageOf, systemCodeOf } from "../errors.js";
import type { LostRun } from "../state/status.js";
import { Lock } from "./lock.js";
import { notAFile } from "./notAFile.js";
import { syncFolder } from "./syncFolder.js";

/** What a file was when it was looked at: a plan is carried out on this file and no other. */
export interface FileIdentity {
  dev: number;
  ino: number;
  sizeBytes: number;
  mtimeMs: number;
  mode: number;
}

/** What the writer of a replacement works with. */
export interface Replacing {
  /** The original, opened for reading. */
  source: FileHandle;
  /** The new file; empty, and synced once the writer is done. */
  target: FileHandle;
  /** The run whose lock was in the way: how it ended is to be written down, for with the lock the evidence goes. */
  lost: LostRun | null;
  /** Opens a file that is kept beside the checkpoint as `C.KIND-<UTC>`, with the backup's time. */
  keepAside(kind: string): Promise<FileHandle>;
}

export interface Replaced {
  /** Where the original was kept. */
  backup: string;
  /** Where the files that were opened by `keepAside` are, by their kind. */
  aside: Record<string, string>;
}

/**
 * Says which file a path is.
 * @throws AgentJobsError AJ_READ where there is none, AJ_NOT_A_FILE for a link, directory, FIFO or device
 */
export async function identify(path: string): Promise<FileIdentity> {
  const stat = await lstat(path).catch((error: unknown) => {
    throw new AgentJobsError("AJ_READ", `Cannot read ${path}: ${messageOf(error)}. Check the path.`, {
      cause: error,
    });
  });
  if (!stat.isFile()) throw notAFile(path, stat.isDirectory() ? "a directory" : "a link, FIFO or device");
  const { dev, ino, size: sizeBytes, mtimeMs, mode } = stat;
  return { dev, ino, sizeBytes, mtimeMs, mode: mode & 0o777 };
}

/**
 * Replaces a file by what `write` makes of it, under the job's lock.
 * @param planned the file that `write` was planned for
 * @param options.signal ends it before the new file takes its place: the original stays, and nothing else
 * @throws JobHeldError AJ_HELD while a run holds the job, also one of this process; AgentJobsError AJ_CHANGED where
 *   the file is not the planned one; CheckpointWriteError AJ_WRITE; the signal's reason
 */
export async function replaceFile(
  path: string,
  planned: FileIdentity,
  write: (replacing: Replacing) => Promise<void>,
  options: { signal?: AbortSignal } = {},
): Promise<Replaced> {
  const lock = await Lock.acquire(path, { exclusive: true });
  const drafts: string[] = [];
  const handles: FileHandle[] = [];
  try {
    await assertSame(path, planned);
    await sweep(path, planned);
    const opened = async (name: string, flags: string | number, mode?: number) => {
      const handle = await open(name, flags, mode);
      handles.push(handle);
      return handle;
    };
    const create = async (suffix: string, mode: number) => {
      const name = `${draftPrefixOf(path)}${lock.token}${suffix}`;
      drafts.push(name);
      return opened(name, "wx", mode);
    };
    const source = await opened(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    const target = await create("", planned.mode);
    const kinds: string[] = [];
    const keepAside = (kind: string) => {
      kinds.push(kind);
      return create(`.${kind}`, 0o600);
    };
    await write({ source, target, lost: lock.lost, keepAside });
    for (const handle of handles) await (handle === source ? syncOriginal(handle) : handle.sync());
    for (const handle of handles.splice(0)) await handle.close();
    options.signal?.throwIfAborted();
    lock.check();
    await assertSame(path, planned); // a writer that knows no locks
    const { backup, stamp } = await keepOriginal(path);
    const aside: Record<string, string> = {};
    for (const kind of kinds) {
      aside[kind] = `${path}.${kind}-${stamp}`;
      await rename(`${drafts[0]}.${kind}`, aside[kind]);
    }
    // What is kept must be on the disk before the name that it was kept from goes.
    await syncFolder(dirname(path));
    await rename(drafts[0]!, path);
    await syncFolder(dirname(path));
    return { backup, aside };
  } catch (error) {
    throw asWriteError(error, path);
  } finally {
    for (const handle of handles) await handle.close().catch(() => {});
    for (const draft of drafts) await rm(draft, { force: true }).catch(() => {});
    await lock.release();
  }
}

/** Gives the file its second name, `C.bak-<UTC>`; a copy where the file system has no links. */
export async function keepOriginal(path: string): Promise<{ backup: string; stamp: string }> {
  for (;;) {
    const stamp = await freeStamp(path);
    const backup = `${path}.bak-${stamp}`;
    try {
      await link(path, backup);
    } catch (error) {
      const code = systemCodeOf(error) ?? "";
      if (code === "EEXIST") continue;
      if (!noLinks.has(code)) throw error;
      await copyWhole(path, backup);
    }
    return { backup, stamp };
  }
}

/**
 * A UTC time for file names, not yet used beside a checkpoint. By name it is later than all that are, even where
 * the clock was set back: the newest backup is the one that an undo brings back.
 */
export async function freeStamp(path: string): Promise<string> {
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const used = (await readdir(dirname(path)))
    .map((name) => stampOf(path, name))
    .filter((stamp) => stamp !== undefined);
  const newest = used.sort().at(-1);
  if (newest === undefined || now > newest) return now;
  const [time, count] = newest.split("-") as [string, string?];
  return `${time}-${String(Number(count ?? 1) + 1).padStart(2, "0")}`;
}

/** The time in the name of what is kept beside a checkpoint. */
function stampOf(path: string, name: string): string | undefined {
  const own = basename(path);
  if (!name.startsWith(`${own}.`)) return undefined;
  return /^\.(?:bak|dropped)-(\d{8}T\d{6}Z(?:-\d+)?)(?:\.events)?$/.exec(name.slice(own.length))?.[1];
}

/** What file systems without links say. */
export const noLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** The backup's name is given to whole copies only: undoing would bring half a one back. */
async function copyWhole(path: string, backup: string): Promise<void> {
  const draft = `${draftPrefixOf(path)}${basename(backup)}`;
  try {
    await copyFile(path, draft, constants.COPYFILE_EXCL);
    const file = await open(draft, "r+");
    await file.sync().finally(() => file.close());
    await rename(draft, backup);
  } finally {
    await rm(draft, { force: true });
  }
}

/** The backups beside a checkpoint, oldest first. A second name of the file itself is none. */
export async function backupsOf(path: string): Promise<string[]> {
  const prefix = `${basename(path)}.bak-`;
  const own = await lstat(path).catch(() => undefined);
  const found: string[] = [];
  for (const name of (await readdir(dirname(path))).sort()) {
    if (!name.startsWith(prefix) || !/^\d{8}T\d{6}Z(-\d+)?$/.test(name.slice(prefix.length))) continue;
    const backup = join(dirname(path), name);
    const stat = await lstat(backup).catch(() => undefined);
    const isOther = stat && !(own && stat.ino === own.ino && stat.dev === own.dev && stat.nlink > 1);
    if (isOther && stat.isFile()) found.push(backup);
  }
  return found;
}

/** Removes what a replacement left that was killed: its drafts, and second names of a file that was not replaced. */
async function sweep(path: string, { dev, ino }: FileIdentity): Promise<void> {
  await sweepDrafts(path);
  const folder = dirname(path);
  const backup = `${basename(path)}.bak-`;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(backup)) continue;
    const stat = await lstat(join(folder, name)).catch(() => undefined);
    if (stat?.ino !== ino || stat.dev !== dev || stat.nlink < 2) continue;
    await rm(join(folder, name), { force: true });
    await rm(`${path}.dropped-${name.slice(backup.length)}`, { force: true });
  }
}

/** Removes the drafts of what a killed process was to put at a path. Call under its lock. */
export async function sweepDrafts(path: string): Promise<void> {
  const draft = basename(draftPrefixOf(path));
  for (const name of await readdir(dirname(path)))
    if (name.startsWith(draft)) await rm(join(dirname(path), name), { force: true });
}

/** Its bytes become the backup's. Windows syncs no file that was opened for reading; the backup is as durable as it was. */
async function syncOriginal(handle: FileHandle): Promise<void> {
  await handle.sync().catch((error: unknown) => {
    if (!["EPERM", "EBADF", "EINVAL", "EROFS"].includes(systemCodeOf(error) ?? "")) throw error;
  });
}

/** How the names of files begin that are to take a path's place. */
export const draftPrefixOf = (path: string): string => `${path}.draft-`;

async function assertSame(path: string, planned: FileIdentity): Promise<void> {
  const now = await identify(path);
  for (const name of ["dev", "ino", "sizeBytes", "mtimeMs"] as const)
    if (now[name] !== planned[name])
      throw new AgentJobsError(
        "AJ_CHANGED",
        `Will not change ${path}: it is not as it was when it was looked at, so something wrote to it. It was left as it is; look again.`,
      );
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** The system's refusals as an error of ours. */
export function asWriteError(error: unknown, path: string): unknown {
  const code = systemCodeOf(error);
  // A signal's reason has a code as well, but that of a number.
  if (error instanceof AgentJobsError || code === undefined || (error as Error).name === "AbortError")
    return error;
  const next = code === "ENOSPC" || code === "EDQUOT" ? " Free some space, then try again." : "";
  return new CheckpointWriteError(
    `Cannot change ${path}: ${messageOf(error)}. The original is as it was.${next}`,
    code,
    { cause: error },
  );
}
