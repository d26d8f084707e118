/** What a lock tells of a run that no longer lives: how it ended, as far as can be known. */
import type { LostRun } from "../state/status.js";
import { isOfEarlierBoot, type LockContent, type LockInspection } from "./lockFile.js";
import { exhaustedHeap, wasOomKilled } from "./memoryKills.js";
import { ownIdentity } from "./processIdentity.js";

/** A run that is gone stays so: what was found out once is not looked for again at each look of a viewer. */
const known = new Map<string, LostRun>();
const maxKnown = 1_000;

/**
 * How the run ended that left a lock behind.
 * @returns null where no lock is left, its run lives, or it names nobody
 */
export async function lossIn(checkpoint: string, found: LockInspection): Promise<LostRun | null> {
  if (found.status === "free" || found.status === "live" || !found.content) return null;
  const { content } = found;
  // Of another machine, of a container of this one, or of a system without start times, only its silence is known.
  if (found.status === "expired") return { token: content.token, cause: "unknown" };
  const before = known.get(content.token);
  if (before) return before;
  const lost = { token: content.token, ...(await causeOf(checkpoint, content, found.renewedAtMs)) };
  if (known.size >= maxKnown) known.clear();
  known.set(content.token, lost);
  return lost;
}

async function causeOf(
  checkpoint: string,
  { pid, bootId, sinceMs, oom }: LockContent,
  renewedAtMs: number,
): Promise<Omit<LostRun, "token">> {
  const own = await ownIdentity();
  if (isOfEarlierBoot(bootId, own.bootId, renewedAtMs)) return { cause: "reboot" };
  if (await exhaustedHeap(checkpoint, pid, sinceMs)) return { cause: "out-of-memory", detail: "heap" };
  return { cause: (await wasOomKilled(pid, oom)) ? "out-of-memory" : "killed" };
}
