// A folder of 200 checkpoints, 1 GB in all, one of a million items; the ten that grow are made by their writer.
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord, jobRecord, type WritableRecord } from "../../../src/runtime/format/record.js";

export const growingJobs = 10;
/** Items of the largest job. @param share of the whole data */
export const manyItems = (share: number): number => Math.round(1_000_000 * share);
const stillJobs = 189;
/** Jobs before any that grow. */
export const jobsAtFirst = stillJobs + 1;
const wholeBytes = 1_000_000_000;
const startMs = Date.UTC(2026, 0, 1);
const linesAtOnce = 5_000;

/** An id of `idBytes` bytes. */
const idOf = (n: number): string => `item-${String(n).padStart(7, "0")}`;
export const idBytes = idOf(0).length;
export const million = "million";

/** Items as a run leaves them, one after the other: done, but for every hundredth, which failed. */
function itemRecords(from: number, to: number): Buffer {
  const lines: Buffer[] = [];
  for (let n = from; n < to; n++) {
    const shared = { atMs: startMs + n * 10, item: keyOf(idOf(n)), attempt: 1, run: 1 };
    const record: WritableRecord =
      n % 100 === 99
        ? { ...shared, type: "failed", cause: "rate-limit", message: `429 for ${n}`, ms: 900 }
        : { ...shared, type: "done", result: { label: "positive", score: 0.93 }, ms: 900 + (n % 100) };
    lines.push(encodeRecord(record));
  }
  return Buffer.concat(lines);
}

function writeJob(path: string, name: string, total: number, items: Iterable<Buffer>): number {
  const file = openSync(path, "w");
  let bytes = 0;
  const write = (part: Buffer) => {
    bytes += writeSync(file, part);
  };
  write(encodeRecord(jobRecord(startMs, name, null, null)));
  const run = { atMs: startMs, run: 1 };
  write(encodeRecord({ ...run, type: "run-started", pid: 1, host: "bench", token: `t-${name}` }));
  write(encodeRecord({ ...run, type: "input", total }));
  for (const part of items) write(part);
  const endMs = startMs + total * 10;
  write(encodeRecord({ type: "run-ended", run: 1, atMs: endMs, reason: "finished" }));
  // What is measured is not what the system still has to write.
  fsyncSync(file);
  closeSync(file);
  return bytes;
}

function* parts(items: number): Generator<Buffer> {
  for (let n = 0; n < items; n += linesAtOnce) yield itemRecords(n, Math.min(items, n + linesAtOnce));
}

/** Writes the checkpoints. Gives their size. */
export function writeCheckpoints(folder: string, share: number): number {
  const checkpoints = join(folder, "checkpoints");
  mkdirSync(checkpoints, { recursive: true });
  const many = manyItems(share);
  let bytes = writeJob(join(checkpoints, `${million}.jsonl`), million, many, parts(many));
  const lineBytes = itemRecords(0, 100).length / 100;
  const items = Math.round((wholeBytes * share - bytes) / stillJobs / lineBytes);
  const body = [...parts(items)];
  for (let n = 0; n < stillJobs; n++)
    bytes += writeJob(join(checkpoints, `still-${n}.jsonl`), `still-${n}`, items, body);
  return bytes;
}
