/** The file that a lock is: how it is made, read, judged, and removed. */
import { constants } from "node:fs";
import { type FileHandle, link, open, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { uptime, userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { lockWriteGraceMs } from "../config.js";
import { AgentJobsError, CheckpointWriteError, messageOf, systemCodeOf } from "../errors.js";
import { silenceOf } from "./lockSilence.js";
import type { KillCount } from "./memoryKills.js";
import { lookAt, ownIdentity, type ProcessIdentity, type ProcessLook } from "./processIdentity.js";

export interface LockContent extends ProcessIdentity {
  token: string;
  /** When the lock was taken, milliseconds since 1970. */
  sinceMs: number;
  /** For telling later whether the owner was killed for want of memory. */
  oom?: KillCount | null;
}

export type LockInspection =
  | { status: "free" }
  /** Its process lives, or, where that cannot be seen from here or told from a later one of its number, renewed it lately. */
  | ({ status: "live"; content: LockContent } & Seen & (Local | Remote))
  /** Its process is gone: whoever wants the job may break it. */
  | ({ status: "stale"; content: LockContent | null; local: true } & Seen)
  /** Not renewed for long, and of a process that cannot be known: only a person can say that it may be broken. */
  | ({ status: "expired"; content: LockContent } & Seen & (Local | Remote));

interface Seen {
  /** The lock's modification time, milliseconds since 1970 by its owner's clock. */
  renewedAtMs: number;
}
interface Local {
  local: true;
  /** Suspended, as by SIGSTOP. */
  isStopped: boolean;
  /** The process of this number took the lock: by its start time, or, where the system tells none, since it renews it. */
  isProven: boolean;
}
interface Remote {
  local: false;
  /** Of another process namespace, as containers have, of the same machine. */
  sameMachine: boolean;
}

export const lockPathOf = (checkpoint: string): string => `${checkpoint}.lock`;

/** Says who holds the lock of a checkpoint. Changes nothing. */
export async function inspectLock(checkpoint: string): Promise<LockInspection> {
  return inspect(lockPathOf(checkpoint));
}

/** Says who holds a lock, by its own path. */
export async function inspect(path: string): Promise<LockInspection> {
  const read = await readLock(path);
  if (!read) return { status: "free" };
  const { text, mtimeMs: renewedAtMs } = read;
  const content = parseLock(text);
  const ageMs = Date.now() - renewedAtMs;
  if (!content) {
    // Also where the clock was set back meanwhile: nobody takes that long to write it.
    if (Math.abs(ageMs) > lockWriteGraceMs)
      return { status: "stale", content: null, local: true, renewedAtMs };
    const nobody = { startTime: null, bootId: null, host: "", pidNamespace: null };
    const unnamed = { token: "", pid: 0, sinceMs: renewedAtMs, ...nobody };
    return { status: "live", content: unnamed, local: false, sameMachine: false, renewedAtMs };
  }
  const own = await ownIdentity();
  const place = placeOf(content, own);
  if (place === "rebooted") return { status: "stale", content, local: true, renewedAtMs };
  if (place !== "here") {
    const { isSilent } = silenceOf(path, content.token, renewedAtMs, false);
    const status = isSilent ? "expired" : "live";
    const sameMachine = content.bootId !== null && content.bootId === own.bootId;
    return { status, content, local: false, sameMachine, renewedAtMs };
  }
  const owner = await lookAtOwner(content);
  if (!owner) return { status: "stale", content, local: true, renewedAtMs };
  const local = { content, local: true, isStopped: owner.isStopped ?? false, renewedAtMs } as const;
  if (isMatched(content, owner)) return { status: "live", isProven: true, ...local };
  // The number may be another's by now: only its renewals say that the owner lives.
  const { isSilent, isRenewing } = silenceOf(path, content.token, renewedAtMs, true);
  if (!isSilent) return { status: "live", isProven: isRenewing, ...local };
  return isOfEarlierBoot(content.bootId, own.bootId, renewedAtMs)
    ? { status: "stale", content, local: true, renewedAtMs }
    : { status: "expired", isProven: false, ...local };
}

/** Whether a process is known to be the one that took a lock, not only to have its number. */
export const isMatched = ({ startTime }: Pick<LockContent, "startTime">, found: ProcessLook): boolean =>
  startTime !== null && startTime === found.startTime;

/**
 * Whether a lock was last renewed before this machine was started.
 * @param bootId the lock's; null where the system told none
 * @param startedAtMs when the machine was started, for tests
 */
export function isOfEarlierBoot(
  bootId: string | null,
  ownBootId: string | null,
  renewedAtMs: number,
  startedAtMs = Date.now() - uptime() * 1000,
): boolean {
  return bootId !== null && ownBootId !== null ? bootId !== ownBootId : renewedAtMs < startedAtMs;
}

/** The process of this machine that took a lock; undefined once it is gone. */
export async function lookAtOwner({
  pid,
  startTime,
}: Pick<LockContent, "pid" | "startTime">): Promise<ProcessLook | undefined> {
  const found = await lookAt(pid);
  // Where a start time cannot be known, a process with that number has to be taken for the owner.
  const isOwner = startTime === null || found.startTime === null || startTime === found.startTime;
  return found.runs && isOwner ? found : undefined;
}

/** Where an owner is, seen from here. Two machines may have one name, as clones have. */
function placeOf(theirs: LockContent, own: ProcessIdentity): "here" | "rebooted" | "elsewhere" {
  if (theirs.host !== own.host) return "elsewhere";
  if (theirs.bootId === own.bootId) return theirs.pidNamespace === own.pidNamespace ? "here" : "elsewhere";
  return theirs.machine && own.machine && theirs.machine !== own.machine ? "elsewhere" : "rebooted";
}

/** A lock's text and time; undefined where there is none. What is no small regular file is nobody's lock. */
async function readLock(path: string): Promise<{ text: string; mtimeMs: number } | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: FileHandle;
  try {
    file = await open(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new AgentJobsError("AJ_NOT_A_FILE", noLock(path));
    const bytes = Buffer.alloc(maxLockBytes);
    const { bytesRead } = await file.read(bytes, 0, maxLockBytes, 0);
    return { text: bytes.toString("utf8", 0, bytesRead), mtimeMs: stat.mtimeMs };
  } catch (error) {
    if (error instanceof AgentJobsError) throw error;
    throw unreadable(path, error);
  } finally {
    await file.close();
  }
}
const maxLockBytes = 16 * 1024;

const noLock = (path: string): string =>
  `Cannot use ${path} as a lock: it is no regular file. Nothing of Agent Jobs made it; move it away, then try again.`;

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
  const code = systemCodeOf(error);
  const cause = { cause: error };
  if (code === "ELOOP" || code === "ENXIO") return new AgentJobsError("AJ_NOT_A_FILE", noLock(path), cause);
  const next =
    code === "EACCES" || code === "EPERM"
      ? `It belongs to another user, so whether that user's run is live cannot be seen as ${userName()}. Run as that user, or ask for the right to read it.`
      : "Nobody can say whether a run is live without it. See to the disk, then try again.";
  return new AgentJobsError("AJ_READ", `Cannot read the lock ${path}: ${messageOf(error)}. ${next}`, cause);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "this user"; // one without a name, as in containers
  }
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
      `Cannot create the lock ${path}: ${messageOf(error)}. Make the folder writable, or choose another checkpoint.`,
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
