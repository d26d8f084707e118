import { lstat } from "node:fs/promises";
import type { Holder, LostRun } from "../state/status.js";
import { inspectLock, lockPathOf } from "./lockFile.js";
import { lossIn } from "./lockLoss.js";

/** Who holds a checkpoint's lock and lives, as every surface sees it. */
export async function liveHolder(checkpoint: string): Promise<Holder | null> {
  return (await lookAtLock(checkpoint)).holder;
}

/** What a look at a lock tells. */
export interface LockLook {
  /** Who holds it and lives. */
  holder: Holder | null;
  /** Else what one that was left behind tells. */
  lost: LostRun | null;
}

/** Who holds a checkpoint's lock and lives, else what a lock that was left behind tells. */
export async function lookAtLock(checkpoint: string): Promise<LockLook> {
  const found = await inspectLock(checkpoint);
  if (found.status !== "live") return { holder: null, lost: await lossIn(checkpoint, found) };
  const { pid, host, token, sinceMs } = found.content;
  return { holder: { pid, host, token, sinceMs, local: found.local }, lost: null };
}

/**
 * Looks at one checkpoint's lock again and again, a call of the system each time: to read it and to look for its owner takes
 * ten, and is done where the lock is not the one that was read last.
 */
export class LockFollower {
  private read: { look: LockLook; identity: string } | undefined;

  constructor(private readonly checkpoint: string) {}

  /** Looks for the owner next time, too: one that is killed changes no file. */
  forget(): void {
    this.read = undefined;
  }

  /** @throws as `lookAtLock` does */
  async look(): Promise<LockLook> {
    // What is written to it meanwhile makes it another one the next time.
    const identity = await this.identity();
    if (this.read?.identity !== identity) this.read = { look: await lookAtLock(this.checkpoint), identity };
    return this.read.look;
  }

  private identity(): Promise<string> {
    return lstat(lockPathOf(this.checkpoint), { bigint: true }).then(
      ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(),
      // Why it cannot be looked at is told by who reads it.
      () => "none",
    );
  }
}
