/**
 * The lock of a job: a file beside the checkpoint, made exclusively, never rewritten, renewed by its modification
 * time. Node has no flock, and a lock can fail; the newline guard and the checksums keep two writers harmless even
 * then. Whoever holds it checks its token before each batch it writes.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, open, readFile, rename, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { foreignLockExpiryMs, lockRenewIntervalMs, lockWriteGraceMs } from "../config.js";
import { AgentJobsError, CheckpointWriteError, JobHeldError, messageOf, systemCodeOf } from "../errors.js";
import { isAlive, ownIdentity, type ProcessIdentity, startTimeOf } from "./processIdentity.js";

export interface LockContent extends ProcessIdentity {
  token: string;
  /** When the lock was taken, milliseconds since 1970. */
  sinceMs: number;
}

export type LockInspection =
  | { status: "free" }
  /** Its process lives, or, where that cannot be seen from here (`local: false`), renewed it lately. */
  | { status: "live"; content: LockContent; local: boolean }
  /** Its process is gone: whoever wants the job may break it. */
  | { status: "stale"; content: LockContent | null; local: true }
  /** Of another host or namespace and not renewed for long: only a person can say that it may be broken. */
  | { status: "expired"; content: LockContent; local: false };

/** Names the lock, to a program that a run launches, under which it may write. */
export const lockTokenVariable = "AGENT_JOBS_LOCK_TOKEN";

export const lockPathOf = (checkpoint: string): string => `${checkpoint}.lock`;

/** Says who holds the lock of a checkpoint. Changes nothing. */
export async function inspectLock(checkpoint: string): Promise<LockInspection> {
  return inspect(lockPathOf(checkpoint));
}

async function inspect(path: string): Promise<LockInspection> {
  let text: string;
  let mtimeMs: number;
  try {
    text = await readFile(path, "utf8");
    mtimeMs = (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return { status: "free" };
    throw new AgentJobsError("AJ_READ", `Cannot read the lock ${path}: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  const content = parse(text);
  const ageMs = Date.now() - mtimeMs;
  if (!content) {
    if (ageMs > lockWriteGraceMs) return { status: "stale", content: null, local: true };
    const unnamed = {
      token: "",
      pid: 0,
      startTime: null,
      bootId: null,
      host: "",
      pidNamespace: null,
      sinceMs: mtimeMs,
    };
    return { status: "live", content: unnamed, local: false };
  }
  const own = await ownIdentity();
  if (
    content.host !== own.host ||
    (content.bootId === own.bootId && content.pidNamespace !== own.pidNamespace)
  )
    return {
      status: ageMs > foreignLockExpiryMs ? "expired" : "live",
      content,
      local: false,
    } as LockInspection;
  if (content.bootId !== own.bootId) return { status: "stale", content, local: true };
  const sameProcess =
    isAlive(content.pid) &&
    (content.startTime === null || content.startTime === (await startTimeOf(content.pid)));
  return { status: sameProcess ? "live" : "stale", content, local: true };
}

function parse(text: string): LockContent | null {
  try {
    const value = JSON.parse(text) as LockContent;
    return typeof value.token === "string" && Number.isInteger(value.pid) && typeof value.host === "string"
      ? value
      : null;
  } catch {
    return null;
  }
}

/** Locks held by this process: a second opening of the same job in it (a notebook's cell run again) shares one. */
const held = sharedRegistry();

type Registry = Map<string, { lock: Lock; users: number }>;

/** One for the process, however many copies of this module are bundled into what it has loaded. */
function sharedRegistry(): Registry {
  const shared = globalThis as unknown as Record<symbol, Registry | undefined>;
  const name = Symbol.for("agent-jobs.locks");
  shared[name] ??= new Map();
  return shared[name];
}

export class Lock {
  private renewal: NodeJS.Timeout | undefined;

  private constructor(
    readonly path: string,
    readonly content: LockContent,
  ) {}

  get token(): string {
    return this.content.token;
  }

  /**
   * Takes the lock of a checkpoint.
   * @param options.takeOver break a lock that its owner still seems to hold
   * @throws JobHeldError (AJ_HELD) where another process holds it, CheckpointWriteError (AJ_WRITE) where the
   *   folder forbids creating it.
   */
  static async acquire(checkpoint: string, options: { takeOver?: boolean } = {}): Promise<Lock> {
    const path = lockPathOf(checkpoint);
    const mine = held.get(path);
    if (mine) {
      mine.users++;
      return mine.lock;
    }
    const content: LockContent = { token: randomUUID(), sinceMs: Date.now(), ...(await ownIdentity()) };
    for (;;) {
      if (await create(path, content)) break;
      const found = await inspect(path);
      if (found.status === "free") continue;
      // A program that a run launched to write the checkpoint itself works under that run's lock.
      if (found.content && found.content.token === process.env[lockTokenVariable])
        return new Lock(path, found.content);
      if (found.status !== "stale" && !options.takeOver)
        throw heldError(checkpoint, found.content, found.status);
      await breakLock(path, found.content?.token ?? null, content.token);
    }
    const lock = new Lock(path, content);
    lock.renewal = setInterval(() => void lock.renew(), lockRenewIntervalMs).unref();
    held.set(path, { lock, users: 1 });
    return lock;
  }

  /** @throws AgentJobsError (AJ_LOCK_LOST) where the lock is no longer this one's. */
  check(): void {
    let token: string | undefined;
    try {
      token = parse(readFileSync(this.path, "utf8"))?.token;
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT") throw error;
    }
    if (token === this.token) return;
    const message = `Lost the lock ${this.path}: another run took the job over. This run stops; its finished items are kept.`;
    throw new AgentJobsError("AJ_LOCK_LOST", message);
  }

  /** Gives the lock back; the last user in this process removes the file. */
  async release(): Promise<void> {
    const mine = held.get(this.path);
    if (mine?.lock !== this) return; // another process's, under which this one works
    if (--mine.users > 0) return;
    held.delete(this.path);
    clearInterval(this.renewal);
    try {
      this.check();
      await unlink(this.path);
    } catch (error) {
      const gone = systemCodeOf(error) === "ENOENT" || (error as AgentJobsError).code === "AJ_LOCK_LOST";
      if (!gone) throw error;
    }
  }

  private async renew(): Promise<void> {
    const now = new Date();
    // A lock that is gone is noticed before the next batch.
    await utimes(this.path, now, now).catch(() => {});
  }
}

/** Makes the lock with its content in one step, so that no reader sees it half written. */
async function create(path: string, content: LockContent): Promise<boolean> {
  const text = `${JSON.stringify(content)}\n`;
  const draft = `${path}.${content.token}`;
  try {
    await writeFile(draft, text, { flag: "wx", mode: 0o600 });
    try {
      await link(draft, path);
      return true;
    } finally {
      await unlink(draft);
    }
  } catch (error) {
    const code = systemCodeOf(error) ?? "";
    if (code === "EEXIST") return false;
    if (["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code))
      return createWithoutLinks(path, text);
    throw new CheckpointWriteError(
      `Cannot create the lock ${path}: ${messageOf(error)}. Make the folder writable, or choose another checkpoint.`,
      code,
      { cause: error },
    );
  }
}

/** For file systems without hard links: readers take a file that is still empty for a lock that is being written. */
async function createWithoutLinks(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, "wx", 0o600);
    await file.writeFile(text).finally(() => file.close());
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST") return false;
    throw new CheckpointWriteError(
      `Cannot create the lock ${path}: ${messageOf(error)}.`,
      systemCodeOf(error) ?? "",
      {
        cause: error,
      },
    );
  }
}

/** Moves a stale lock away. Another may have done so and taken the job in between: then its lock is put back. */
async function breakLock(path: string, staleToken: string | null, ownToken: string): Promise<void> {
  const away = `${path}.stale-${ownToken}`;
  try {
    await rename(path, away);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return;
    throw error;
  }
  const moved = parse(await readFile(away, "utf8").catch(() => ""));
  if ((moved?.token ?? null) !== staleToken) await link(away, path).catch(() => {});
  await unlink(away).catch(() => {});
}

function heldError(checkpoint: string, holder: LockContent, status: "live" | "expired"): JobHeldError {
  const since = new Date(holder.sinceMs).toISOString();
  const who =
    holder.pid === 0 ? "a run that is just starting" : `pid ${holder.pid} on ${holder.host} since ${since}`;
  const next =
    status === "expired"
      ? "It has not renewed its lock for over 90 s; if you know that it is dead, run again with --take-over."
      : "Stop that run, or wait for it to end.";
  return new JobHeldError(`Cannot open ${checkpoint}: held by ${who}. ${next}`, {
    pid: holder.pid,
    host: holder.host,
    since,
  });
}
