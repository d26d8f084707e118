import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ReadAs, scannerFor } from "../../src/runtime/foreign/scannerFor.js";
import { idText } from "../../src/runtime/format/itemId.js";
import type { CheckpointRecord } from "../../src/runtime/format/record.js";
import type { ScanSummary } from "../../src/runtime/format/scan.js";
import { applyRecord } from "../../src/runtime/state/fold.js";
import { createJobState, type JobState } from "../../src/runtime/state/jobState.js";
import { root } from "../setup/root.js";

export const foreignFixture = (name: string): string => join(root, "test/fixtures/foreign", name);

/** What was read of some bytes, given a piece at a time. */
export interface ReadForeign {
  state: JobState;
  summary: ScanSummary;
  records: CheckpointRecord[];
}

export function readForeign(
  bytes: Buffer | string,
  readAs: ReadAs = {},
  pieceBytes = bytes.length,
): ReadForeign {
  const all = Buffer.from(bytes);
  const { scanner } = scannerFor(all, readAs);
  const state = createJobState();
  const records: CheckpointRecord[] = [];
  const take = (record: CheckpointRecord) => {
    records.push(record);
    applyRecord(state, record);
  };
  const step = Math.max(1, pieceBytes);
  for (let at = 0; at < all.length; at += step) {
    const piece = Buffer.from(all.subarray(at, at + step));
    for (const { record } of scanner.push(piece)) take(record);
    piece.fill(0x7e); // a reader's buffer is used again
  }
  const tail = scanner.tailRecord();
  if (tail) take(tail.record);
  return { state, summary: scanner.summary(), records };
}

export const readFixture = (name: string, readAs: ReadAs = {}, pieceBytes?: number): ReadForeign =>
  readForeign(readFileSync(foreignFixture(name)), readAs, pieceBytes);

/** Ids of what is done, sorted; and of what failed, `id: cause`. */
export function outcomeOf(state: JobState): { done: string[]; failed: string[]; open: string[] } {
  const failed: string[] = [];
  const open: string[] = [];
  for (const [item, { phase, failure }] of state.open)
    if (phase === "failed") failed.push(`${idText(item)}: ${failure?.cause}`);
    else open.push(idText(item));
  return { done: [...state.done].map(idText).sort(), failed: failed.sort(), open: open.sort() };
}
