/** A stop request is a file beside the checkpoint that holds the lock's token: the same on all systems, and never a signal to a process that only got the same number. */
import { rm } from "node:fs/promises";
import { systemCodeOf } from "../errors.js";
import { inspectLock } from "./lockFile.js";
import { readPlain, writePlain } from "./plainFile.js";

export const stopPathOf = (checkpoint: string): string => `${checkpoint}.stop`;

/**
 * Asks the live run of a checkpoint to stop in order: it finishes what is in flight and ends.
 * @returns the token of the run that was asked, or null where none is live
 */
export async function requestStop(checkpoint: string): Promise<string | null> {
  const found = await inspectLock(checkpoint);
  if (found.status !== "live") return null;
  await writePlain(stopPathOf(checkpoint), `${found.content.token}\n`);
  return found.content.token;
}

/** Whether the run with this token is asked to stop. A request to an earlier run is none to this one. */
export async function isStopRequested(checkpoint: string, token: string): Promise<boolean> {
  try {
    return (await readPlain(stopPathOf(checkpoint))).trim() === token;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Removes a request that was carried out or is of an earlier run. */
export async function clearStopRequest(checkpoint: string): Promise<void> {
  // What cannot be removed names another run's token sooner or later, and is no reason to fail this one.
  await rm(stopPathOf(checkpoint), { force: true }).catch(() => {});
}
