import { ItemSet, type PackedItems } from "../state/itemSet.js";
import type { JobState } from "../state/jobState.js";
import type { PackedReader } from "./fileReader.js";

/** A state as data that another thread can be sent. */
export type PackedState = Omit<JobState, "done"> & { done: PackedItems };

/** What a checkpoint came to, as it was read from its beginning by another thread. */
export interface FirstReading {
  state: PackedState;
  main: PackedReader;
}

export const packState = (state: JobState): PackedState => ({ ...state, done: state.done.pack() });

export const unpackState = (packed: PackedState): JobState => ({
  ...packed,
  done: ItemSet.unpack(packed.done),
});
