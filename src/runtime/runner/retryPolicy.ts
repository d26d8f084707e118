import { defaultAttempts, defaultRetryBaseDelayMs, defaultRetryMaxDelayMs } from "../config.js";
import type { FailureCause } from "../failureCause.js";

/** How failed attempts are repeated within a run. */
export interface RetryOptions {
  /**
   * How often an item is tried in all. A number is for the causes that are retried anyway; an object names the causes,
   * and the others keep their defaults: rate-limit and overloaded 8; timeout, network and worker-died 4; all others 1,
   * since a repeated call costs money and would most likely fail again.
   */
  attempts?: number | Partial<Record<FailureCause, number>>;
  /** The longest wait before the first retry, in milliseconds; default 1,000. It doubles with each. */
  baseDelayMs?: number;
  /** No wait is longer than this, in milliseconds, unless the service asks for it; default 60,000. */
  maxDelayMs?: number;
}

const defaults: Partial<Record<string, number>> = defaultAttempts;

/** How often an item that fails by this cause is tried in all, at least 1. `false` retries nothing. */
export function attemptsFor(cause: string, options: RetryOptions | false | undefined): number {
  const own = Object.hasOwn(defaults, cause) ? defaults[cause]! : 1;
  if (options === false) return 1;
  const { attempts } = options ?? {};
  if (typeof attempts === "number") return own > 1 ? Math.max(1, attempts) : 1;
  const named = attempts && Object.hasOwn(attempts, cause) ? attempts[cause as FailureCause] : undefined;
  return Math.max(1, named ?? own);
}

/**
 * How long to wait before a retry, in milliseconds: exponential with full jitter, so that items which failed together
 * do not come back together (Brooker, "Exponential Backoff And Jitter", 2015).
 *
 * @param retry counted from 1
 * @param random from 0 to 1, as `Math.random`
 */
export function delayMs(
  retry: number,
  options: RetryOptions | false | undefined,
  random: () => number,
): number {
  const { baseDelayMs = defaultRetryBaseDelayMs, maxDelayMs = defaultRetryMaxDelayMs } = options || {};
  const doublings = Math.min(Math.max(retry, 1) - 1, 40);
  return Math.round(random() * Math.min(baseDelayMs * 2 ** doublings, maxDelayMs));
}
