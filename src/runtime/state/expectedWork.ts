import { isGone, type JobState } from "./jobState.js";

/** What some items would take, judging by the job's own. Null where no record says. */
export interface ExpectedWork {
  items: number;
  /** US dollars. */
  usd: number | null;
  /** Milliseconds of work, one item after the other. */
  ms: number | null;
}

/**
 * The mean of the done items, times a number of items: at most as many as are left to do.
 * @param gained how many more will be done by then
 */
export function expectWork(state: JobState | undefined, items: number, gained = 0): ExpectedWork {
  if (!state) return { items, usd: null, ms: null };
  const present = [...state.done].filter((item) => !isGone(state, item)).length + gained;
  const count = state.total === null ? items : Math.min(items, Math.max(0, state.total - present));
  const done = state.done.size;
  const { doneUsage } = state;
  const { meanMs } = state.durations;
  return {
    items: count,
    usd: doneUsage.usd === null || done === 0 ? null : (doneUsage.usd / done) * count,
    ms: meanMs === null ? null : meanMs * count,
  };
}
