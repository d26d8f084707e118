import { DurationSamples, type PackedSamples } from "../state/durationSamples.js";
import { ItemSet, type PackedItems } from "../state/itemSet.js";
import type { JobState } from "../state/jobState.js";
import { OpenItems, type PackedOpenItems } from "../state/openItems.js";
import { PackableMap, type PackedMap } from "../state/packableMap.js";
import type { PackedReader } from "./fileReader.js";

/** What of a state grows with the number of items, as buffers: they are shared, or given away. */
interface Packed {
  done: PackedItems;
  open: PackedOpenItems;
  presence: PackedMap;
  durations: PackedSamples;
}

/** A state as data that another thread can be sent. */
export type PackedState = Omit<JobState, keyof Packed> & Packed;

/** What a checkpoint came to, as it was read from its beginning by another thread. */
export interface FirstReading {
  state: PackedState;
  main: PackedReader;
}

export const packState = (state: JobState): PackedState => ({
  ...state,
  done: state.done.pack(),
  open: state.open.pack(),
  presence: state.presence.packEntries(),
  durations: state.durations.pack(),
});

/** What only grows with the items is not made objects of before somebody asks for it. */
export const unpackState = (packed: PackedState): JobState => ({
  ...packed,
  done: ItemSet.unpack(packed.done),
  open: new OpenItems().adopt(packed.open),
  presence: new PackableMap<never, never>().adopt(packed.presence),
  durations: DurationSamples.unpack(packed.durations),
});

/** The memory of a packed state that goes over to another thread instead of being copied. */
export const buffersOf = ({ open, presence, durations }: PackedState): ArrayBuffer[] => [
  open.bytes.buffer,
  presence.bytes.buffer,
  durations.buffer,
];
