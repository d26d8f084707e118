/**
 * The lock of a job: a file beside the checkpoint, made exclusively, never rewritten, renewed by its modification
 * time. Node has no flock, and a lock can fail; the newline guard and the checksums keep two writers harmless even
 * then. Whoever holds it checks its token before each batch it writes.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { realpath, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { lockRenewIntervalMs } from "../config.js";
import { AgentJobsError, JobHeldError, systemCodeOf } from "../errors.js";
import type { LostRun } from "../state/status.js";
import {
  breakLock,
  create,
  inspect,
  type LockContent,
  lockPathOf,
  moveAway,
  parseLock,
  unreadable,
} from "./lockFile.js";
import { lossIn } from "./lockLoss.js";
import { type HeldLock, heldText, holderOf } from "./lockText.js";
import { countKills } from "./memoryKills.js";
import { ownIdentity } from "./processIdentity.js";
import { refuseForeign } from "./refuseForeign.js";

export { inspectLock, type LockContent, type LockInspection, lockPathOf } from "./lockFile.js";

/** Names the lock, to a program that a run launches, under which it may write. */
export const lockTokenVariable = "AGENT_JOBS_LOCK_TOKEN";

interface Registry {
  /** Locks held by this process: a second opening of the same job in it (a notebook's cell run again) shares one. */
  held: Map<string, { lock: Lock; users: number; exclusive: boolean }>;
  /** The last of those that take or give back a lock: one at a time, so that none sees another half done. */
  turns: Map<string, Promise<unknown>>;
}

/** One for the process, however many copies of this module are bundled into what it has loaded. */
const registry = ((): Registry => {
  const shared = globalThis as unknown as Record<symbol, Registry | undefined>;
  const name = Symbol.for("agent-jobs.locks");
  shared[name] ??= { held: new Map(), turns: new Map() };
  return shared[name];
})();

async function inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = registry.turns.get(path);
  const mine = (async () => {
    await before?.catch(() => {});
    return work();
  })();
  registry.turns.set(path, mine);
  try {
    return await mine;
  } finally {
    if (registry.turns.get(path) === mine) registry.turns.delete(path);
  }
}

export class Lock {
  private renewal: NodeJS.Timeout | undefined;

  private constructor(
    readonly path: string,
    readonly content: LockContent,
    /** The run whose lock was in the way and was broken: how it ended, for its successor to write down. */
    readonly lost: LostRun | null,
  ) {}

  get token(): string {
    return this.content.token;
  }

  /**
   * Takes the lock of a checkpoint.
   * @param options.takeOver break a lock that its owner still seems to hold; given a token, only that lock
   * @param options.exclusive share it with nobody in this process either: what replaces the file must not do so
   *   under a session that has it open
   * @throws JobHeldError (AJ_HELD) where another process holds it, CheckpointWriteError (AJ_WRITE) where the
   *   folder forbids creating it; AgentJobsError (AJ_FOREIGN) where the file is another tool's.
   */
  static async acquire(
    checkpoint: string,
    options: { takeOver?: boolean | string; exclusive?: boolean } = {},
  ): Promise<Lock> {
    await refuseForeign(checkpoint, "change");
    const path = await resolved(lockPathOf(checkpoint));
    const exclusive = options.exclusive ?? false;
    return inTurn(path, async () => {
      const mine = registry.held.get(path);
      if (mine?.lock.isHeld()) {
        if (exclusive || mine.exclusive) throw heldByUs(checkpoint, mine.lock.content);
        mine.users++;
        return mine.lock;
      }
      if (mine) mine.lock.forget(); // it was taken over, and whoever opened it never closed it
      const { content, borrowed, lost } = await take(checkpoint, path, options.takeOver ?? false);
      if (borrowed && exclusive) throw heldError(checkpoint, borrowed);
      const lock = new Lock(path, content, lost);
      if (borrowed) return lock;
      lock.renewal = setInterval(() => void lock.renew(), lockRenewIntervalMs).unref();
      registry.held.set(path, { lock, users: 1, exclusive });
      return lock;
    });
  }

  /** @throws AgentJobsError (AJ_LOCK_LOST) where the lock is no longer this one's. */
  check(): void {
    const now = this.read();
    if (now?.token === this.token) return;
    const what = now ? `pid ${now.pid} on ${now.host} took the job over` : "somebody removed it";
    const message = `Lost the lock ${this.path}: ${what}. This run stops, so that two never write at a time; its finished items are kept. Run it again once the other has ended.`;
    throw new AgentJobsError("AJ_LOCK_LOST", message);
  }

  /** Gives the lock back; the last user in this process removes the file. */
  release(): Promise<void> {
    return inTurn(this.path, async () => {
      const mine = registry.held.get(this.path);
      if (mine?.lock !== this) return; // another process's, under which this one works
      if (--mine.users > 0) return;
      this.forget();
      if (this.isHeld()) await moveAway(this.path, this.token, this.token);
    });
  }

  private isHeld(): boolean {
    return this.read()?.token === this.token;
  }

  private read(): LockContent | null {
    try {
      return parseLock(readFileSync(this.path, "utf8"));
    } catch (error) {
      if (systemCodeOf(error) === "ENOENT") return null;
      throw unreadable(this.path, error);
    }
  }

  private forget(): void {
    clearInterval(this.renewal);
    registry.held.delete(this.path);
  }

  private async renew(): Promise<void> {
    const now = new Date();
    // A lock that is gone is noticed before the next batch.
    await utimes(this.path, now, now).catch(() => {});
  }
}

/** The same path however it is written, so that one process finds its own lock again. */
async function resolved(path: string): Promise<string> {
  const folder = await realpath(dirname(path)).catch(() => dirname(path)); // what is wrong with it, creating says
  return join(folder, basename(path));
}

interface Taken {
  content: LockContent;
  /** It is another process's, under which this one works. */
  borrowed: HeldLock | null;
  lost: LostRun | null;
}

/** Creates the lock, breaking one that is in the way where that is allowed. */
async function take(checkpoint: string, path: string, takeOver: boolean | string): Promise<Taken> {
  const own = { ...(await ownIdentity()), oom: await countKills() };
  const content: LockContent = { token: randomUUID(), sinceMs: Date.now(), ...own };
  let lost: LostRun | null = null;
  // The one live lock that may be taken over: what the person was shown, else the first that is met.
  let breakable = typeof takeOver === "string" ? takeOver : undefined;
  for (;;) {
    if (await create(path, content)) return { content, borrowed: null, lost };
    const found = await inspect(path);
    if (found.status === "free") continue;
    if (found.status !== "stale") {
      // A program that a run launched to write the checkpoint itself works under that run's lock.
      if (found.content.token === process.env[lockTokenVariable])
        return { content: found.content, borrowed: found, lost: null };
      breakable ??= found.content.token;
      if (takeOver === false || found.content.token !== breakable) throw heldError(checkpoint, found);
    }
    const isLive = found.status === "live" && found.content.token !== "";
    lost = isLive ? { token: found.content.token, cause: "taken-over" } : await lossIn(checkpoint, found);
    await breakLock(path, found.content?.token || null, content); // one that is still empty has no token
  }
}

function heldByUs(checkpoint: string, { pid, host, sinceMs }: LockContent): JobHeldError {
  const since = new Date(sinceMs).toISOString();
  const message = `Cannot change ${checkpoint}: this process (pid ${pid}) has it open since ${since}. Close its session first.`;
  return new JobHeldError(message, { pid, host, since });
}

function heldError(checkpoint: string, held: HeldLock): JobHeldError {
  return new JobHeldError(
    heldText(`Cannot open ${checkpoint}`, checkpoint, held, Date.now()),
    holderOf(held),
  );
}
