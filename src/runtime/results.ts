import { systemCodeOf } from "./errors.js";
import { type ReadAs, scannerFor } from "./foreign/scannerFor.js";
import { type ItemKey, idText } from "./format/itemId.js";
import type { DoneRecord, SnapshotRecord } from "./format/record.js";
import { CheckpointScanner, type RecordScanner } from "./format/scan.js";
import { eventsPathOf } from "./store/follow.js";
import { streamPlain } from "./store/plainFile.js";

export interface ItemResult {
  item: ItemKey;
  result: unknown;
  /** Of the item that the result was made of, SHA-256 in hex, where a record says so. */
  hash?: string;
}

/**
 * The results of a checkpoint so far, each done item once, in the order in which they finished; also while a run
 * writes. Items without a result come with `undefined`.
 * @param readAs how another tool's file is to be read, where its content does not tell
 */
export async function* readResults(checkpoint: string, readAs: ReadAs = {}): AsyncGenerator<ItemResult> {
  const seen = new Set<ItemKey>();
  const kept = await keptResults(eventsPathOf(checkpoint));
  let snapshot: SnapshotRecord | undefined;
  let scanner: RecordScanner | undefined;
  const take = function* (record: { type: string }): Generator<ItemResult> {
    if (record.type === "snapshot") snapshot = record as SnapshotRecord;
    if (record.type !== "done") return;
    const { item, result, hash } = record as DoneRecord;
    if (seen.has(item)) return;
    seen.add(item);
    yield {
      ...{ item, result: result === undefined ? kept.get(item) : result },
      ...(hash !== undefined && { hash }),
    };
  };
  for await (const chunk of await streamPlain(checkpoint)) {
    scanner ??= scannerFor(chunk as Buffer, readAs).scanner;
    for (const { record } of scanner.push(chunk as Buffer)) yield* take(record);
  }
  const tail = scanner?.tailRecord();
  if (tail) yield* take(tail.record);
  if (!snapshot) return;
  const results = ((snapshot.state as { results?: unknown } | null)?.results ?? {}) as Record<
    string,
    unknown
  >;
  const items = new Set(snapshot.items);
  const seenText = new Set<string>();
  const shared = new Set<string>();
  for (const item of items)
    if (!kept.has(item)) (seenText.has(idText(item)) ? shared : seenText).add(idText(item));
  for (const item of items) {
    const id = idText(item);
    // The file's own results go by text: what was kept beside it goes first, and what `1` and `"1"` share is neither's.
    const own = !kept.has(item) && !shared.has(id) && Object.hasOwn(results, id);
    yield { item, result: own ? results[id] : kept.get(item) };
  }
}

/** Results that a foreign file cannot hold. */
async function keptResults(events: string): Promise<Map<ItemKey, unknown>> {
  const kept = new Map<ItemKey, unknown>();
  const stream = await streamPlain(events).catch((error: unknown) => {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (!stream) return kept;
  const scanner = new CheckpointScanner();
  for await (const chunk of stream)
    for (const { record } of scanner.push(chunk as Buffer))
      if (record.type === "measured" && record.result !== undefined) kept.set(record.item, record.result);
  return kept;
}
