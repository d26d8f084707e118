/** Takes back that a person marked items as done. */
import type { FileHandle } from "node:fs/promises";
import type { ItemKey } from "./format/itemId.js";
import { encodeRecord } from "./format/record.js";
import { CheckpointScanner } from "./format/scan.js";
import { applyRecord } from "./state/fold.js";
import { createJobState } from "./state/jobState.js";
import { lossRecords } from "./store/lossNote.js";
import { readChunks } from "./store/readChunks.js";
import { identify, replaceFile } from "./store/replaceFile.js";

const newline = Buffer.from("\n");
const copyChunkBytes = 1024 * 1024;

/**
 * Rewrites a checkpoint without a person's marks on some items, so that they are in doubt again; all else stays byte for
 * byte, and the file as it was is kept as a backup. An item that a run has done stays done.
 * @returns how many marks were taken back; the file is left alone where there are none
 * @throws as `replaceFile` does
 */
export async function takeBackMarks(path: string, items: readonly ItemKey[]): Promise<number> {
  const identity = await identify(path);
  const chosen = new Set(items);
  const state = createJobState();
  const scanner = new CheckpointScanner();
  /** Byte ranges of the lines that go, newline included. */
  const dropped: { start: number; end: number }[] = [];
  for await (const chunk of readChunks(path, identity))
    for (const { record, offsetBytes, lengthBytes } of scanner.push(chunk))
      if (record.type === "done" && record.by === "person" && chosen.has(record.item))
        dropped.push({ start: offsetBytes, end: offsetBytes + lengthBytes + 1 });
      else applyRecord(state, record);
  if (dropped.length === 0) return 0;
  const summary = scanner.summary();
  await replaceFile(path, identity, async ({ source, target, lost }) => {
    let at = 0;
    for (const { start, end } of [...dropped, { start: identity.sizeBytes, end: identity.sizeBytes }]) {
      await copy(source, target, at, start);
      at = end;
    }
    const records = lossRecords(state, lost, summary, Date.now());
    if (records.length > 0 && summary.openTail) await target.writeFile(newline);
    for (const record of records) await target.writeFile(encodeRecord(record));
  });
  return dropped.length;
}

async function copy(source: FileHandle, target: FileHandle, start: number, end: number): Promise<void> {
  const chunk = Buffer.allocUnsafe(Math.min(copyChunkBytes, end - start));
  for (let at = start; at < end; ) {
    const { bytesRead } = await source.read(chunk, 0, Math.min(chunk.length, end - at), at);
    if (bytesRead === 0) return; // it shrank, which is noticed before it would be replaced
    await target.writeFile(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
}
