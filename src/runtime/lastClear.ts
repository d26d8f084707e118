/** What is left of a checkpoint that was cleared: its newest backup tells when, and how its last run had ended. */
import { CheckpointScanner } from "./format/scan.js";
import { openPlain } from "./store/plainFile.js";
import { backupsOf } from "./store/replaceFile.js";

export interface LastClear {
  /** When the checkpoint was moved to its backup, milliseconds since 1970. */
  atMs: number;
  /** Its last run had done all items: a job may ask to be cleared then (`onSuccess`). */
  finished: boolean;
}

/** A run's end is its last record. */
const tailBytes = 64 * 1024;

/** Looks beside a checkpoint that is not there. Null where no backup tells of it. Never throws. */
export async function lastClear(path: string): Promise<LastClear | null> {
  const newest = (await backupsOf(path).catch(() => [])).at(-1);
  const time = newest && /\.bak-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:-\d+)?$/.exec(newest);
  if (!newest || !time) return null;
  const [year, month, day, hour, minute, second] = time.slice(1).map(Number) as [number, ...number[]];
  const atMs = Date.UTC(year, month! - 1, day, hour, minute, second);
  return { atMs, finished: await endsFinished(newest).catch(() => false) };
}

async function endsFinished(path: string): Promise<boolean> {
  const file = await openPlain(path);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
    let finished = false;
    // What it begins with may be the rest of a line, and is then no record.
    for (const { record } of new CheckpointScanner().push(bytes.subarray(0, bytesRead)))
      if (record.type === "run-ended") finished = record.reason === "finished";
      else if (record.type === "run-started") finished = false;
    return finished;
  } finally {
    await file.close();
  }
}
