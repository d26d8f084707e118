// What was started ends with this process, however it ends (short of SIGKILL).
import { constants } from "node:os";

const PARENT_CHECK_MS = 300;
/** Every test file is bundled with a copy of this module: the process has one list for all of them, and one listener. */
const listKey = Symbol.for("agent-jobs.test.releaseAtEnd");
const shared = globalThis as { [listKey]?: Set<() => void> };

/** Runs `release` when this process exits or is asked to end. It has to be synchronous. Gives a function that takes it back. */
export function releaseAtEnd(release: () => void): () => void {
  shared[listKey] ??= arm(new Set());
  const pending = shared[listKey];
  pending.add(release);
  return () => pending.delete(release);
}

/** Ends this process when the one that started it is gone. No event says so where that was a SIGKILL. */
export function endWithParent(): void {
  const parent = process.ppid;
  setInterval(
    () => process.ppid === parent || process.exit(128 + constants.signals.SIGTERM),
    PARENT_CHECK_MS,
  ).unref();
}

function arm(pending: Set<() => void>): Set<() => void> {
  process.on("exit", () => {
    for (const release of pending) release();
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => process.exit(128 + constants.signals[signal]));
  }
  return pending;
}
