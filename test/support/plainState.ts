import type { JobState } from "../../src/runtime/state/jobState.js";

/** A state to compare or to copy, whatever of it was packed. */
export const plainState = (state: JobState) => ({
  ...state,
  done: new Set(state.done),
  open: new Map(state.open),
  presence: new Map(state.presence),
  durations: [...state.durations],
});
