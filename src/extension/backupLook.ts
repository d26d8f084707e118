import { readdir, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";

interface Listing {
  /** When the folder was last changed, and whether that was long enough ago for its clock to tell a later change. */
  mtimeMs: number;
  isSettled: boolean;
  /** The names of the files that have a backup. */
  names: Promise<ReadonlySet<string>>;
}

/** Clocks of file systems go by steps of up to two seconds. */
const settledMs = 2_000;
const listings = new Map<string, Listing>();

/**
 * Whether a backup of a checkpoint lies beside it, be the checkpoint there or not. A folder is listed once for all that
 * lie in it, and again when it was changed. Never throws.
 */
export async function hasBackup(checkpoint: string): Promise<boolean> {
  const folder = dirname(checkpoint);
  const mtimeMs = await stat(folder).then(
    (found) => found.mtimeMs,
    () => undefined,
  );
  if (mtimeMs === undefined) return false;
  let listing = listings.get(folder);
  if (listing?.mtimeMs !== mtimeMs || !listing.isSettled) {
    listing = { mtimeMs, isSettled: Date.now() - mtimeMs > settledMs, names: backedUp(folder) };
    listings.set(folder, listing);
  }
  return (await listing.names).has(basename(checkpoint));
}

async function backedUp(folder: string): Promise<ReadonlySet<string>> {
  const names = await readdir(folder).catch(() => []);
  return new Set(names.flatMap((name) => /^(.+)\.bak-\d{8}T\d{6}Z(?:-\d+)?$/.exec(name)?.[1] ?? []));
}
