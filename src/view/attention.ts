import { isStranded, lookOf } from "./jobRow.js";
import type { JobView } from "./jobView.js";

/** Ends of runs that nobody wished for, and after which nothing goes on by itself. */
const unwished = new Set([
  ...["killed", "out-of-memory", "reboot", "unknown", "error", "in-doubt"],
  ...["budget", "deadline", "stop-condition", "max-failures", "auth"],
]);

/**
 * Whether a job waits for a person: it is damaged, runs without getting on, or runs no more and has failed items, items
 * in doubt, an end that nobody wished for, or no job file any more. What a person stopped, with nothing failed, waits for nobody.
 */
export function needsPerson(view: JobView | null): boolean {
  if (!view) return false;
  switch (lookOf(view)) {
    case "damaged":
    case "stalled":
    case "finished-with-failures":
      return true;
    case "stopped": {
      const { failed, inDoubt, lastRun } = view.status;
      // Another tool's file tells of no runs: what has no result yet may be on its way.
      if (view.foreign) return failed > 0;
      return failed > 0 || inDoubt > 0 || unwished.has(lastRun?.ended ?? "") || isStranded(view);
    }
    default:
      return false;
  }
}
