/** Reading what items wrote to the log beside a checkpoint. */
import type { FileHandle } from "node:fs/promises";
import { maxLogLineBytes, readChunkBytes } from "../config.js";
import { AgentJobsError, messageOf, systemCodeOf } from "../errors.js";
import type { ItemKey } from "../format/itemId.js";
import { LineSplitter } from "../format/lines.js";
import { openPlain } from "../store/plainFile.js";
import { logPathOf, olderLogPathOf } from "./itemLog.js";
import { type LoggedRun, parseLogLine, runBegunBy, tagOf } from "./itemLogTag.js";

export interface LogLine {
  /** ISO 8601, UTC, with milliseconds. */
  time: string;
  /** One line; keys were taken out of it, and what cannot be seen made visible, as it was written. */
  text: string;
  /** Whose line it is; left out where the log does not say. */
  run?: LoggedRun;
}

export interface ItemLogLines {
  /** The newest, in the order in which they were written. */
  lines: LogLine[];
  /** How many earlier ones there are that were not kept. */
  left: number;
}

/**
 * All lines of one item, oldest first, from both files of the log. Holds one line at a time.
 * @throws AgentJobsError AJ_READ, AJ_NOT_A_FILE
 */
export async function* itemLogLines(checkpoint: string, item: ItemKey): AsyncGenerator<LogLine> {
  const wanted = tagOf(item);
  for await (const { tag, time, text, run } of taggedLines(checkpoint))
    if (tag === wanted) yield { time, text, ...(run && { run }) };
}

/**
 * The newest lines of each of several items, in one reading of the log. Items without a line are left out.
 * @param max how many lines of an item are kept at most
 * @throws AgentJobsError AJ_READ, AJ_NOT_A_FILE
 */
export async function newestItemLines(
  checkpoint: string,
  items: Iterable<ItemKey>,
  max: number,
): Promise<Map<ItemKey, ItemLogLines>> {
  const byTag = new Map<string, ItemKey>();
  for (const item of items) byTag.set(tagOf(item), item);
  const kept = new Map<ItemKey, { ring: LogLine[]; count: number }>();
  if (byTag.size > 0)
    for await (const { tag, time, text, run } of taggedLines(checkpoint)) {
      const item = byTag.get(tag);
      if (item === undefined) continue;
      let entry = kept.get(item);
      if (!entry) {
        entry = { ring: [], count: 0 };
        kept.set(item, entry);
      }
      entry.ring[entry.count++ % max] = { time, text, ...(run && { run }) };
    }
  const found = new Map<ItemKey, ItemLogLines>();
  for (const [item, { ring, count }] of kept) {
    const oldest = count > max ? count % max : 0;
    const lines = [...ring.slice(oldest), ...ring.slice(0, oldest)];
    found.set(item, { lines, left: count - lines.length });
  }
  return found;
}

interface TaggedLine extends LogLine {
  tag: string;
}

async function* taggedLines(checkpoint: string): AsyncGenerator<TaggedLine> {
  const files = await openLogs(logPathOf(checkpoint));
  let run: LoggedRun | undefined;
  try {
    for (const file of files)
      for await (const line of linesOf(file)) {
        const parts = parseLogLine(line);
        if (!parts || parts.tag === null) continue;
        const begun = runBegunBy(parts);
        if (begun) run = begun;
        else yield { ...parts, tag: parts.tag, ...(run && { run }) };
      }
  } catch (error) {
    throw unreadable(logPathOf(checkpoint), error);
  } finally {
    for (const file of files) await file.close();
  }
}

/** The older file, then the newer. A rotation between the two openings would give one file twice. */
async function openLogs(path: string): Promise<FileHandle[]> {
  for (;;) {
    const newer = await openLog(path);
    const older = await openLog(olderLogPathOf(path));
    const files = [older, newer].filter((file) => file !== undefined);
    if (!older || !newer || (await older.stat()).ino !== (await newer.stat()).ino) return files;
    for (const file of files) await file.close();
  }
}

async function openLog(path: string): Promise<FileHandle | undefined> {
  try {
    return await openPlain(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCodeOf(error) ?? "")) return undefined;
    throw unreadable(path, error);
  }
}

/** Lines as text; of a line that is longer than `maxLogLineBytes` its beginning. */
async function* linesOf(file: FileHandle): AsyncGenerator<string> {
  const splitter = new LineSplitter(maxLogLineBytes, "cut");
  for (let offsetBytes = 0; ; ) {
    const chunk = Buffer.allocUnsafe(readChunkBytes);
    const { bytesRead } = await file.read(chunk, 0, chunk.length, offsetBytes);
    if (bytesRead === 0) return;
    offsetBytes += bytesRead;
    for (const { bytes, lengthBytes } of splitter.push(chunk.subarray(0, bytesRead)))
      yield `${bytes!.toString("utf8")}${lengthBytes > bytes!.length ? "…" : ""}`;
  }
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof AgentJobsError) return error;
  return new AgentJobsError(
    "AJ_READ",
    `Cannot read the log ${path}: ${messageOf(error)}. Make it readable, then try again.`,
    { cause: error },
  );
}
