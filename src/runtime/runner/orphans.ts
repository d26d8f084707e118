import { setTimeout as delay } from "node:timers/promises";
import { workerGraceMs } from "../config.js";
import { AgentJobsError } from "../errors.js";
import { orphansOf } from "../store/children.js";

const lookAgainMs = 50;

/**
 * Ends workers that a killed run left behind: what they still do is paid for and reaches nobody. They get SIGTERM,
 * then SIGKILL, and are gone when this resolves.
 * @returns how many there were
 * @throws AgentJobsError AJ_WORKER where they cannot be ended
 */
export async function endOrphans(checkpoint: string): Promise<number> {
  const found = await orphansOf(checkpoint);
  for (const [signal, graceMs] of [
    ["SIGTERM", workerGraceMs],
    ["SIGKILL", workerGraceMs],
  ] as const) {
    const alive = await orphansOf(checkpoint);
    if (alive.length === 0) return found.length;
    for (const pid of alive) signalGroup(pid, signal);
    const deadlineMs = performance.now() + graceMs;
    // They are nobody's children any more, so no event tells of their end.
    while (performance.now() < deadlineMs && (await orphansOf(checkpoint)).length > 0)
      await delay(lookAgainMs);
  }
  const left = await orphansOf(checkpoint);
  if (left.length === 0) return found.length;
  throw new AgentJobsError(
    "AJ_WORKER",
    `Cannot run beside the workers of a killed run: pid ${left.join(", ")} still works and cannot be ended. Nothing was begun. End it, then run again.`,
  );
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // it ended in between, or is another user's: the next look tells
  }
}
