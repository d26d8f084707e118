import type { FirstReading } from "../../runtime/store/firstReading.js";

/** A checkpoint to read from its beginning. */
export interface ReadingRequest {
  id: number;
  path: string;
}

/** What it came to. Undefined: it is to be read elsewhere. */
export interface ReadingAnswer {
  id: number;
  reading: FirstReading | undefined;
}
