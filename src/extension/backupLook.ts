import { readdir, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";

interface Listing {
  /** When the folder was last changed, and whether that was long enough ago for its clock to tell a later change. */
  mtimeMs: number;
  isSettled: boolean;
  isUnderWay: boolean;
  /** The names of the files that seem to have a backup. */
  names: Promise<ReadonlySet<string>>;
}

/** Clocks of file systems go by steps of up to two seconds. */
const settledMs = 2_000;
const listings = new Map<string, Listing>();

/**
 * Whether a backup of a checkpoint lies beside it, be the checkpoint there or not. A folder is listed once for all that
 * lie in it, and again once it was changed, or was changed just before. Never throws.
 */
export async function hasBackup(checkpoint: string): Promise<boolean> {
  try {
    const names = await backedUp(dirname(checkpoint));
    if (!names.has(basename(checkpoint))) return false;
    // Not all that bears such a name is one.
    const { backupsOf } = await import("../runtime/store/replaceFile.js");
    return (await backupsOf(checkpoint)).length > 0;
  } catch {
    return false;
  }
}

async function backedUp(folder: string): Promise<ReadonlySet<string>> {
  const { mtimeMs } = await stat(folder);
  const known = listings.get(folder);
  if (known?.mtimeMs === mtimeMs && (known.isSettled || known.isUnderWay)) return known.names;
  const listing: Listing = {
    ...{ mtimeMs, isSettled: Date.now() - mtimeMs > settledMs, isUnderWay: true },
    names: namesWithBackup(folder),
  };
  listings.set(folder, listing);
  try {
    return await listing.names;
  } catch (error) {
    if (listings.get(folder) === listing) listings.delete(folder);
    throw error;
  } finally {
    listing.isUnderWay = false;
  }
}

async function namesWithBackup(folder: string): Promise<ReadonlySet<string>> {
  const names = await readdir(folder);
  return new Set(names.flatMap((name) => /^(.+)\.bak-\d{8}T\d{6}Z(?:-\d+)?$/.exec(name)?.[1] ?? []));
}
