import type { WritableRecord } from "../../src/runtime/format/record.js";
import { mixedLog } from "../support/mixedLog.js";
import { encodeAll } from "../support/scan.js";

export interface WrittenLog {
  /** As a reader gives them back. */
  records: WritableRecord[];
  bytes: Buffer;
  /** Where each record's line ends, its newline included. */
  ends: number[];
}

/** So many records of every kind, in a file of our own format. */
export function writtenLog(count: number): WrittenLog {
  const records = (JSON.parse(JSON.stringify(mixedLog(count))) as WritableRecord[]).slice(0, count);
  const bytes = encodeAll(records);
  const ends = [...bytes.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1);
  return { records, bytes, ends };
}
