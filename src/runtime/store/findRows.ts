import { type ReadAs, scannerFor } from "../foreign/scannerFor.js";
import { isForeignKind } from "../format/foreignKinds.js";
import type { ItemKey } from "../format/itemId.js";
import type { CheckpointRecord } from "../format/record.js";
import type { ScannedRecord } from "../format/scan.js";
import { openPlain, streamPlain } from "./plainFile.js";

/** A row of another tool's file that says something of an item. */
export interface FoundRow {
  path: string;
  /** Counted from 1. */
  line: number;
  record: CheckpointRecord;
  /** Its text, or the beginning of it. */
  text: string;
  isCut: boolean;
}

/** Of an item no more of the latest rows are given. */
const maxRows = 20;

/**
 * The rows of an item, in the order of the files, which are read for it.
 * @param maxBytes a longer row is cut
 * @throws AgentJobsError AJ_NOT_A_FILE; what the system says
 */
export async function findRows(
  paths: readonly string[],
  item: ItemKey,
  readAs: ReadAs = {},
  maxBytes = 1024 * 1024,
): Promise<FoundRow[]> {
  const found: FoundRow[] = [];
  for (const [index, path] of paths.entries()) {
    const scanned = await scannedOf(path, item, index === 0 ? readAs : {});
    if (scanned.length === 0) continue;
    const file = await openPlain(path);
    try {
      for (const { record, line, offsetBytes, lengthBytes } of scanned) {
        const bytes = Buffer.alloc(Math.min(lengthBytes, maxBytes));
        const { bytesRead } = await file.read(bytes, 0, bytes.length, offsetBytes);
        const text = bytes.toString("utf8", 0, bytesRead);
        found.push({ path, line, record, text, isCut: lengthBytes > maxBytes });
      }
    } finally {
      await file.close();
    }
  }
  return found.slice(-maxRows);
}

async function scannedOf(path: string, item: ItemKey, readAs: ReadAs): Promise<ScannedRecord[]> {
  const found: ScannedRecord[] = [];
  const take = (scanned: ScannedRecord) => {
    if (!("item" in scanned.record) || scanned.record.item !== item) return;
    found.push(scanned);
    if (found.length > maxRows) found.shift();
  };
  let scanner: ReturnType<typeof scannerFor>["scanner"] | undefined;
  for await (const chunk of await streamPlain(path)) {
    scanner ??= scannerFor(chunk as Buffer, readAs).scanner;
    for (const scanned of scanner.push(chunk as Buffer)) take(scanned);
  }
  if (!scanner || !isForeignKind(scanner.summary().format)) return [];
  const tail = scanner.tailRecord();
  if (tail) take(tail);
  return found;
}
