import type { RunEndReason } from "../format/record.js";
import type { JobStatus } from "../state/status.js";

/** Why a run ended that nothing stopped, by what is left of its job. */
export function endReason(
  { failed, remaining, inDoubt }: Pick<JobStatus, "failed" | "remaining" | "inDoubt">,
  { wasLimited, isOfSome, failedNow }: { wasLimited: boolean; isOfSome: boolean; failedNow: number },
): RunEndReason {
  if (wasLimited) return "limit";
  const isRestLeft = failed > 0 || remaining !== 0 || inDoubt > 0;
  // Whoever asked for some items alone did not ask for the rest.
  if (isOfSome && failedNow === 0 && isRestLeft) return "limit";
  if (failed > 0 || remaining !== 0) return "finished-with-failures";
  return inDoubt > 0 ? "in-doubt" : "finished";
}
