import { placeOutside } from "../runtime/runner/place.js";
import { inspectLock } from "../runtime/store/lock.js";
import { holderOf } from "../runtime/store/lockText.js";
import { ToolError } from "./answer.js";
import { shownId, titleOf } from "./findJob.js";
import type { ToolHost, ToolJob } from "./host.js";
import { foreignText, unreadable } from "./reading.js";

/** How answers on a job begin. */
export const aboutJob = (job: ToolJob): Record<string, unknown> => ({
  job: shownId(job),
  name: titleOf(job),
});

/** @throws ToolError where nobody may act on a job from here, or not now */
export async function requireFree<Job extends ToolJob>(host: ToolHost<Job>, job: Job): Promise<void> {
  const about = aboutJob(job);
  const refusal = host.refusal(job);
  if (refusal !== undefined) throw new ToolError({ said: refusal, about });
  if (job.view?.foreign) throw new ToolError({ said: foreignText, about });
  if (job.view?.error != null) throw unreadable(job.view.error, about);
  const place = await placeOutside(job.checkpoint, host.folders);
  if (place !== null)
    throw new ToolError({
      said: "Its checkpoint lies outside the open folder, where tools write nothing. The person can do it by hand. Nothing was done.",
      about: { ...about, place },
    });
  const lock = await inspectLock(job.checkpoint);
  if (lock.status === "live" || lock.status === "expired")
    throw new ToolError({
      said: `A run holds it now, so nothing was done: a second one would pay for the same items twice. Do not call again; look how it goes with ${host.named("list_jobs")}. Only the person can stop it.`,
      about: { ...about, heldBy: holderOf(lock) },
    });
}
