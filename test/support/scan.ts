import { checksumOf, encodeRecord, type WritableRecord } from "../../src/runtime/format/record.js";
import type { Salvaged } from "../../src/runtime/format/salvage.js";
import {
  CheckpointScanner,
  type Fault,
  type ScannedRecord,
  type ScanSummary,
} from "../../src/runtime/format/scan.js";
import { applyRecord } from "../../src/runtime/state/fold.js";
import { createJobState, type JobState } from "../../src/runtime/state/jobState.js";

export interface Scanned {
  records: ScannedRecord[];
  faults: { fault: Fault; salvaged: readonly Salvaged[] }[];
  summary: ScanSummary;
  state: JobState;
  /** Keys of the done items, in order of the set. */
  done: string[];
}

/** Reads bytes as a reader of a file does, in chunks of a size. */
export function scanBytes(bytes: Buffer | string, chunkBytes = 64 * 1024, maxLineBytes?: number): Scanned {
  const whole = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  const faults: Scanned["faults"] = [];
  const records: ScannedRecord[] = [];
  const scanner = new CheckpointScanner(maxLineBytes, (fault, salvaged) => faults.push({ fault, salvaged }));
  for (let at = 0; at < whole.length; at += chunkBytes)
    for (const scanned of scanner.push(whole.subarray(at, at + chunkBytes))) records.push(scanned);
  const tail = scanner.tailRecord();
  if (tail) records.push(tail);
  const state = createJobState();
  for (const { record } of records) applyRecord(state, record);
  return { records, faults, summary: scanner.summary(), state, done: [...state.done] };
}

/** A line of our own format from the text before its checksum: `{"id":"a","ts":1` becomes a whole line. */
export function checksummed(head: string | Buffer): Buffer {
  const body = Buffer.from(head as string);
  return Buffer.concat([body, Buffer.from(`,"c":"${checksumOf(body)}"}\n`)]);
}

export const encodeAll = (records: readonly WritableRecord[]): Buffer =>
  Buffer.concat(records.map(encodeRecord));
