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
 * Nor does another tool's file, in which nothing can be tried again here, unless it cannot be read or some of its rows cannot.
 */
export function needsPerson(view: JobView | null): boolean {
  if (!view) return false;
  if (view.foreign) return view.status.damaged || view.error !== null;
  switch (lookOf(view)) {
    case "damaged":
    case "stalled":
    case "finished-with-failures":
      return true;
    case "stopped": {
      const { failed, inDoubt, lastRun } = view.status;
      return failed > 0 || inDoubt > 0 || unwished.has(lastRun?.ended ?? "") || isStranded(view);
    }
    default:
      return false;
  }
}
