import { lstat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { lockRenewIntervalMs } from "../config.js";
import type { Holder, LostRun } from "../state/status.js";
import { inspectLock, isMatched, type LockInspection, lockPathOf, lookAtOwner } from "./lockFile.js";

/** Times of files come in steps: of two seconds where they are long. */
const clockStepMs = 2_000;

/** Who holds a checkpoint's lock and lives, as every surface sees it. */
export async function liveHolder(checkpoint: string): Promise<Holder | null> {
  return (await lookAtLock(checkpoint)).holder;
}

/**
 * The process that holds a checkpoint's lock, for whoever would end it; undefined where none is known to. Where the system
 * tells no start time it waits for the owner to renew the lock: the number alone may be another's by now.
 */
export async function provenOwner(
  checkpoint: string,
  patienceMs = 2 * lockRenewIntervalMs,
): Promise<number | undefined> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    const found = await inspectLock(checkpoint);
    if (found.status !== "live" || !found.local) return undefined;
    if (found.isProven) return found.content.pid;
    if (performance.now() >= endMs) return undefined;
    await delay(ownerLookMs);
  }
}
const ownerLookMs = 200;

/** What a look at a lock tells. */
export interface LockLook {
  /** Who holds it and lives. */
  holder: Holder | null;
  /** Else what one that was left behind tells. */
  lost: LostRun | null;
}

/** Who holds a checkpoint's lock and lives, else what a lock that was left behind tells. */
export async function lookAtLock(checkpoint: string): Promise<LockLook> {
  return lookOf(checkpoint, await inspectLock(checkpoint));
}

async function lookOf(checkpoint: string, found: LockInspection): Promise<LockLook> {
  if (found.status === "free") return { holder: null, lost: null };
  if (found.status !== "live") {
    const { lossIn } = await import("./lockLoss.js");
    return { holder: null, lost: await lossIn(checkpoint, found) };
  }
  const { pid, host, token, sinceMs } = found.content;
  return { holder: { pid, host, token, sinceMs, local: found.local }, lost: null };
}

/**
 * Looks at one checkpoint's lock again and again, a call of the system each time: to read it takes several, and is done where the
 * lock is not the one that was read last.
 */
export class LockFollower {
  private read: { look: LockLook; found: LockInspection; identity: string; atMs: number } | undefined;
  private isDoubted = false;

  constructor(private readonly checkpoint: string) {}

  /** Looks for the owner next time, too: one that is killed changes no file. */
  doubt(): void {
    this.isDoubted = true;
  }

  /** @throws as `lookAtLock` does */
  async look(): Promise<LockLook> {
    // What is written to it meanwhile makes it another one the next time.
    const identity = await this.identity();
    const isDoubted = this.isDoubted;
    this.isDoubted = false;
    const isKnown = this.read?.identity === identity && (!isDoubted || (await this.ownerIsThere()));
    if (!isKnown) {
      this.read = undefined;
      const atMs = Date.now();
      const found = await inspectLock(this.checkpoint);
      this.read = { look: await lookOf(this.checkpoint, found), found, identity, atMs };
    }
    return this.read!.look;
  }

  /**
   * Of an owner that cannot be seen from here, or told from a later process of its number, only what it writes to its lock tells;
   * and a lock that was new when it was read may have been given back and taken again since, within one step of the file system's clock.
   */
  private async ownerIsThere(): Promise<boolean> {
    const { found, atMs } = this.read!;
    if (found.status !== "live" || !found.local || atMs - found.renewedAtMs < clockStepMs) return false;
    const owner = await lookAtOwner(found.content);
    return owner !== undefined && isMatched(found.content, owner);
  }

  private identity(): Promise<string> {
    return lstat(lockPathOf(this.checkpoint), { bigint: true }).then(
      ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(),
      // Why it cannot be looked at is told by who reads it.
      () => "none",
    );
  }
}
