import type { Holder, LostRun } from "../state/status.js";
import { inspectLock } from "./lockFile.js";
import { lossIn } from "./lockLoss.js";

/** Who holds a checkpoint's lock and lives, as every surface sees it. */
export async function liveHolder(checkpoint: string): Promise<Holder | null> {
  return (await lookAtLock(checkpoint)).holder;
}

/** Who holds a checkpoint's lock and lives, else what a lock that was left behind tells. */
export async function lookAtLock(
  checkpoint: string,
): Promise<{ holder: Holder | null; lost: LostRun | null }> {
  const found = await inspectLock(checkpoint);
  if (found.status !== "live") return { holder: null, lost: await lossIn(checkpoint, found) };
  const { pid, host, token, sinceMs } = found.content;
  return { holder: { pid, host, token, sinceMs, local: found.local }, lost: null };
}
