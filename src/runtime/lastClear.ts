/** What is left of a checkpoint that was cleared: its newest backup tells when, how its last run had ended, and whether it cost. */
import { stat } from "node:fs/promises";
import { hasSpent, latestRun } from "./state/jobState.js";
import { statusOf } from "./state/status.js";
import { backupTimeMs } from "./store/backupTime.js";
import { CheckpointFollower } from "./store/follow.js";
import { backupsOf } from "./store/replaceFile.js";

export interface LastClear {
  /** When the checkpoint was moved to its backup, milliseconds since 1970. */
  atMs: number;
  /** Its last run had done all items: a job may ask to be cleared then (`onSuccess`). */
  finished: boolean;
  /** Tokens or money were spent; null where that is not known. */
  paid: boolean | null;
}

type Standing = Omit<LastClear, "atMs">;

const unknownStanding: Standing = { finished: false, paid: null };

/** So many bytes of a backup are read to know how it stood. */
const maxReadBytes = 50_000_000;
const maxKnown = 1_000;
/** A backup stays as it is. */
const known = new Map<string, Standing>();

/** Looks beside a checkpoint that is not there. Null where no backup tells of it. Never throws. */
export async function lastClear(path: string): Promise<LastClear | null> {
  const newest = (await backupsOf(path).catch(() => [])).at(-1);
  if (newest === undefined) return null;
  return { atMs: backupTimeMs(newest), ...(await standingIn(newest).catch(() => unknownStanding)) };
}

/** Its last run's word is not enough: what a repair took out was to be done again. */
async function standingIn(backup: string): Promise<Standing> {
  const before = known.get(backup);
  if (before !== undefined) return before;
  if ((await stat(backup)).size > maxReadBytes) return unknownStanding;
  const follower = new CheckpointFollower(backup);
  await follower.refresh();
  const { state } = follower;
  const { progress } = statusOf(state, follower.summary(), null, Date.now());
  const finished = progress === "finished" && latestRun(state)?.ended?.reason === "finished";
  const standing = { finished, paid: hasSpent(state.usage) };
  if (known.size >= maxKnown) known.clear();
  known.set(backup, standing);
  return standing;
}
