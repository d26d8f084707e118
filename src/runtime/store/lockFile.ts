/** The file that a lock is: how it is made, read, judged, and removed. */
import { link, open, readFile, rename, stat, unlink, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { foreignLockExpiryMs, lockWriteGraceMs } from "../config.js";
import { AgentJobsError, CheckpointWriteError, messageOf, systemCodeOf } from "../errors.js";
import { lookAt, ownIdentity, type ProcessIdentity } from "./processIdentity.js";

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

export const lockPathOf = (checkpoint: string): string => `${checkpoint}.lock`;

/** Says who holds the lock of a checkpoint. Changes nothing. */
export async function inspectLock(checkpoint: string): Promise<LockInspection> {
  return inspect(lockPathOf(checkpoint));
}

/** Says who holds a lock, by its own path. */
export async function inspect(path: string): Promise<LockInspection> {
  let text: string;
  let mtimeMs: number;
  try {
    text = await readFile(path, "utf8");
    mtimeMs = (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return { status: "free" };
    throw unreadable(path, error);
  }
  const content = parseLock(text);
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
  const found = await lookAt(content.pid);
  // Where a start time cannot be known, a process with that number has to be taken for the owner.
  const isOwner =
    content.startTime === null || found.startTime === null || content.startTime === found.startTime;
  return { status: found.runs && isOwner ? "live" : "stale", content, local: true };
}

/** A lock's content; null where it is not readable as one. */
export function parseLock(text: string): LockContent | null {
  try {
    const value = JSON.parse(text) as LockContent;
    const { token, pid, host, sinceMs } = value;
    if (typeof token !== "string" || !Number.isSafeInteger(pid) || pid <= 0 || typeof host !== "string")
      return null;
    return { ...value, sinceMs: Number.isNaN(new Date(sinceMs).getTime()) ? 0 : sinceMs };
  } catch {
    return null;
  }
}

export function unreadable(path: string, error: unknown): AgentJobsError {
  return new AgentJobsError("AJ_READ", `Cannot read the lock ${path}: ${messageOf(error)}.`, {
    cause: error,
  });
}

/** Makes the lock with its content in one step, so that no reader sees it half written. */
export async function create(path: string, content: LockContent): Promise<boolean> {
  const text = `${JSON.stringify(content)}\n`;
  const draft = `${path}.${content.token}`;
  try {
    try {
      await writeFile(draft, text, { flag: "wx", mode: 0o600 });
      await link(draft, path);
      return true;
    } finally {
      await unlink(draft).catch(() => {}); // where it could not be made; a full disk still makes an empty one
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
    try {
      await file.writeFile(text);
    } catch (error) {
      await unlink(path);
      throw error;
    } finally {
      await file.close();
    }
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

/**
 * Removes a lock that may be broken, if it is still the one that was looked at. Breakers go one at a time, by a lock
 * of their own, for a second one would move the first one's new lock away.
 */
export async function breakLock(path: string, token: string | null, own: LockContent): Promise<void> {
  const breaker = `${path}.break`;
  if (await create(breaker, own)) {
    try {
      if (await holds(path, token)) await moveAway(path, token, own.token);
    } finally {
      await unlink(breaker).catch(() => {});
    }
    return;
  }
  const other = await inspect(breaker);
  if (other.status === "stale" || other.status === "expired")
    await moveAway(breaker, other.content?.token ?? null, own.token);
  else if (other.status === "live") await delay(breakerPollMs);
}

const breakerPollMs = 5;

async function holds(path: string, token: string | null): Promise<boolean> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text !== undefined && (parseLock(text)?.token ?? null) === token;
}

/** Removes a lock in one step. Another may have taken its place in between: then that one is put back. */
export async function moveAway(path: string, token: string | null, ownToken: string): Promise<void> {
  const away = `${path}.away-${ownToken}`;
  try {
    await rename(path, away);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return;
    throw error;
  }
  if (!(await holds(away, token))) await link(away, path).catch(() => {});
  await unlink(away).catch(() => {});
}
