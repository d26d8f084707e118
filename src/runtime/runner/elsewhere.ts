/**
 * Where a job file that is never run to list it has its checkpoints, if not at the usual place: each run leaves that in
 * a small file at the usual place, for whoever looks for them. Nothing is ever started by what it says.
 */
import { lstat, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { readPlain, writePlain } from "../store/plainFile.js";
import { prepareFolder } from "../store/prepareFolder.js";
import { defaultCheckpointOf } from "./jobPaths.js";
import type { LoadedJobFile } from "./loadJob.js";
import { namedPlace } from "./namedPlace.js";

/** `checkpoints/NAME.where` beside the job file. */
export const wherePathOf = (jobFile: string): string =>
  defaultCheckpointOf(jobFile).replace(/\.jsonl$/, ".where");

const maxPathChars = 4096;

/** Notes where a job's definition puts its checkpoint, or that it is at the usual place. */
export async function noteCheckpointPlace({ path, folder, definition }: LoadedJobFile): Promise<void> {
  if (path.endsWith(".json")) return; // that one can be read
  const { checkpoint } = definition;
  const where = wherePathOf(path);
  try {
    if (checkpoint === undefined || resolve(folder, checkpoint) === defaultCheckpointOf(path))
      return await rm(where, { force: true });
    if ((await placeIn(where)) === checkpoint) return;
    await prepareFolder(where);
    await writePlain(where, `${JSON.stringify({ checkpoint })}\n`);
  } catch {
    // A job whose folder cannot be written to runs all the same; its checkpoint is then found by its own path only.
  }
}

/**
 * Where a run has left its checkpoint, by what it noted; undefined where nothing was, or what is there cannot be
 * meant: a place of another machine, or something that is no file.
 */
export async function notedCheckpoint(jobFile: string): Promise<string | undefined> {
  const place = await placeIn(wherePathOf(jobFile));
  if (place === undefined) return undefined;
  const checkpoint = namedPlace(dirname(jobFile), place);
  if (checkpoint === undefined) return undefined;
  const found = await lstat(checkpoint).catch(() => undefined);
  return found === undefined || found.isFile() ? checkpoint : undefined;
}

async function placeIn(where: string): Promise<string | undefined> {
  try {
    const { checkpoint } = JSON.parse(await readPlain(where)) as { checkpoint?: unknown };
    if (typeof checkpoint !== "string" || checkpoint === "" || checkpoint.length > maxPathChars)
      return undefined;
    return checkpoint.includes("\0") ? undefined : checkpoint;
  } catch {
    return undefined;
  }
}
