import type { MessagePort } from "node:worker_threads";
import type { FirstReading, PackedState } from "../../runtime/store/firstReading.js";

/** A checkpoint to read from its beginning. */
export interface ReadingRequest {
  id: number;
  path: string;
}

/** The reading is in the port, whole, when this comes: some parts, and then what is left. Null: it is to be read elsewhere. */
export interface ReadingAnswer {
  id: number;
  port: MessagePort | null;
}

/** Of a state whatever grows with the number of items and is made of objects. */
export const itemMaps = ["open", "presence", "measured"] as const;
export type ItemMap = (typeof itemMaps)[number];

/** Some entries of such a map: so many as are made of bytes in a few milliseconds. */
export interface ReadingPart {
  map: ItemMap;
  entries: [key: never, value: never][];
}

/** The reading without the entries that came before. */
export interface ReadingRest {
  reading: FirstReading;
}

export const isRest = (message: ReadingPart | ReadingRest): message is ReadingRest => "reading" in message;

/** The memory of a state's done items, which goes over to the other thread instead of being copied. */
export const buffersOf = ({ done: { pieces, table } }: PackedState): ArrayBuffer[] => [pieces.buffer, table];
