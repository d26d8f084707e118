/** Who holds a lock, and what to do about it, in words. */
import type { LockContent, LockInspection } from "./lockFile.js";

export type HeldLock = Extract<LockInspection, { status: "live" | "expired" }>;

/** `4 s`, `12 min`, `3 h`, `2 d`: how long ago, to one figure. */
export function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

const timeOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

/** `pid 4121 on ada since 2026-11-21T12:04:00Z (3 h ago)` */
export function holderText({ content }: HeldLock, nowMs: number): string {
  if (content.pid === 0) return "a run that is just starting";
  return `pid ${content.pid} on ${content.host} since ${timeOf(content.sinceMs)} (${agoText(nowMs - content.sinceMs)} ago)`;
}

/** What is known of whether the holder lives, as a sentence. */
export function holderState(held: HeldLock, nowMs: number): string {
  const { status, content, renewedAtMs } = held;
  if (content.pid === 0) return "Its lock is not written yet.";
  if (held.local && status === "expired")
    return `A process of this machine has that number, but has not renewed the lock for ${agoText(nowMs - renewedAtMs)}: it may be another's by now.`;
  if (held.local)
    return held.isStopped
      ? "That process of this machine is suspended, not dead: it would go on where it is."
      : "That process of this machine lives.";
  const where = held.sameMachine
    ? "It is of another container or process namespace of this machine, so that its process cannot be seen from here"
    : "It is of another machine, so that its process cannot be seen from here";
  const ageMs = nowMs - renewedAtMs;
  if (ageMs < -clockSlackMs)
    return `${where}; the time of its lock lies ${agoText(-ageMs)} ahead of this machine's clock.`;
  return status === "expired"
    ? `${where}; it has not renewed its lock for ${agoText(ageMs)}, and may be dead.`
    : `${where}; it renewed its lock ${agoText(ageMs)} ago.`;
}

const clockSlackMs = 2_000;

/** What to do about it. */
export function holderAdvice(held: HeldLock, checkpoint: string): string {
  if (held.content.pid === 0) return "Try again in some seconds.";
  const takeOver = "break its lock with agent-jobs run JOB --take-over";
  if (held.status === "expired") return `Make sure that it is dead, then ${takeOver}.`;
  if (!held.local) return `Stop that run there, or wait for it to end; if it is dead, ${takeOver}.`;
  return `Stop that run (agent-jobs stop ${checkpoint}), or wait for it to end; if it hangs, ${takeOver}.`;
}

export function heldText(what: string, checkpoint: string, held: HeldLock, nowMs: number): string {
  const next = holderAdvice(held, checkpoint);
  return `${what}: held by ${holderText(held, nowMs)}. ${holderState(held, nowMs)} ${next}`;
}

/** The lock that a message is of, for callers that show its parts. */
export function holderOf({ content }: HeldLock): { pid: number; host: string; since: string } {
  const { pid, host, sinceMs }: LockContent = content;
  return { pid, host, since: timeOf(sinceMs) };
}
