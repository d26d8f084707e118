import { closeSync, fdatasync, openSync, readFileSync, write } from "node:fs";
import { promisify } from "node:util";

/** The lines of one item that a run waits for, in the bytes in which it wrote them. */
export interface ItemLines {
  started: Buffer;
  done: Buffer;
}

interface Waiting {
  bytes: Buffer;
  isSynced: boolean;
  resolve: () => void;
}

/** What a run in which nothing failed wrote of each item. */
export function itemLinesOf(checkpoint: string): ItemLines[] {
  const started = new Map<unknown, Buffer>();
  const items: ItemLines[] = [];
  for (const line of readFileSync(checkpoint, "utf8").split("\n").slice(0, -1)) {
    const record = JSON.parse(line) as { type?: string; id?: unknown; item?: unknown };
    const bytes = Buffer.from(`${line}\n`);
    if (record.type === "started") started.set(record.item, bytes);
    if (record.id !== undefined) items.push({ started: started.get(record.id)!, done: bytes });
  }
  return items;
}

/**
 * The least that does the same as a run: the same bytes by the same two appends an item, which lanes wait for, with the
 * file's batches: one write for all that wait, and one fdatasync for those of them that want it.
 * @returns how long it took, milliseconds
 */
export async function bareRun(path: string, items: readonly ItemLines[], lanes: number): Promise<number> {
  const file = openSync(path, "a");
  let queue: Waiting[] = [];
  let isDraining = false;
  const drain = async () => {
    while (queue.length > 0) {
      await new Promise(setImmediate);
      const batch = queue;
      queue = [];
      await promisify(write)(file, Buffer.concat(batch.map(({ bytes }) => bytes)));
      for (const { isSynced, resolve } of batch) if (!isSynced) resolve();
      const synced = batch.filter(({ isSynced }) => isSynced);
      if (synced.length > 0) await promisify(fdatasync)(file);
      for (const { resolve } of synced) resolve();
    }
    isDraining = false;
  };
  const append = (bytes: Buffer, isSynced: boolean) =>
    new Promise<void>((resolve) => {
      queue.push({ bytes, isSynced, resolve });
      if (isDraining) return;
      isDraining = true;
      void drain();
    });
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const { started, done } = items[next++]!;
      await append(started, false);
      await append(done, true);
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: lanes }, lane));
  const ms = performance.now() - begin;
  closeSync(file);
  return ms;
}
