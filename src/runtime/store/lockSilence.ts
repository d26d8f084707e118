/** How long the owner of a lock has been silent: where its process cannot be known, only renewals say that it lives. */
import { foreignLockExpiryMs, lockRenewIntervalMs } from "../config.js";

interface Watched {
  token: string;
  renewedAtMs: number;
  /** By this process's monotonic clock, as are the others: since when the lock was not seen to change. */
  unchangedSinceMs: number;
  lookedAtMs: number;
  wasRenewed: boolean;
  wasSilent: boolean;
  /** Its time says nothing: the machine may have slept since. */
  isSpared: boolean;
}
const watched = new Map<string, Watched>();
const maxWatched = 1_000;

export interface Silence {
  /** For so long that it may be dead. */
  isSilent: boolean;
  /** It was seen to renew its lock just now. */
  isRenewing: boolean;
}

/**
 * Whether an owner that cannot be seen has been silent for too long. Its time is of its own clock: what this process
 * saw change, or not change, by a clock that nobody sets, counts for more.
 * @param isHere it is of this machine, and sleeps when this process does
 * @param nowMs by the monotonic clock, for tests
 */
export function silenceOf(
  path: string,
  token: string,
  renewedAtMs: number,
  isHere: boolean,
  nowMs = performance.now(),
): Silence {
  let seen = watched.get(path);
  if (seen?.token !== token || seen.renewedAtMs !== renewedAtMs) {
    const wasRenewed = seen?.token === token && renewedAtMs > seen.renewedAtMs;
    const fresh = { unchangedSinceMs: nowMs, lookedAtMs: nowMs, wasSilent: false, isSpared: false };
    seen = { token, renewedAtMs, wasRenewed, ...fresh };
    if (watched.size >= maxWatched) watched.clear();
    watched.set(path, seen);
  } else if (isHere && !seen.wasSilent && nowMs - seen.lookedAtMs > foreignLockExpiryMs) {
    // Nobody looked in between. If that is since the machine slept, the owner has only just woken, too.
    [seen.unchangedSinceMs, seen.wasRenewed, seen.isSpared] = [nowMs, false, true];
  }
  seen.lookedAtMs = nowMs;
  const unchangedMs = nowMs - seen.unchangedSinceMs;
  const isKnown = seen.wasRenewed || seen.isSpared || unchangedMs > foreignLockExpiryMs;
  seen.wasSilent = (isKnown ? unchangedMs : Date.now() - renewedAtMs) > foreignLockExpiryMs;
  return {
    isSilent: seen.wasSilent,
    isRenewing: seen.wasRenewed && unchangedMs < 2 * lockRenewIntervalMs,
  };
}
