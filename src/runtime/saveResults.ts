/** Saves a checkpoint's results where a person says. */
import { randomUUID } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename } from "node:path";
import { AgentJobsError, systemCodeOf } from "./errors.js";
import type { ReadAs } from "./foreign/scannerFor.js";
import { cellsOf, csvHead, csvRows, jsonLineOf } from "./resultRows.js";
import { type ItemResult, readResults } from "./results.js";
import { isJobFile } from "./runner/jobPaths.js";
import { draftPrefixOf } from "./store/replaceFile.js";
import { sniffCheckpoint } from "./store/sniff.js";

/** Lines are gathered up to this much, so that not each of them is a call of the system. */
const maxGatheredChars = 256 * 1024;
const maxGatheredRows = 1_000;

/** Takes the text that comes next in a file. */
export type Write = (text: string) => Promise<void>;

/**
 * Writes results as JSON Lines or, where the path ends in .csv, as a table, for which they are read twice. Holds a few at a time.
 * @returns how many
 * @throws AgentJobsError AJ_CHANGED where they are others when they are read again
 */
export function writeResults(
  read: () => AsyncIterable<ItemResult>,
  path: string,
  write: Write,
): Promise<number> {
  return /\.csv$/i.test(path) ? writeTable(read, write) : writeLines(read(), write);
}

async function writeLines(results: AsyncIterable<ItemResult>, write: Write): Promise<number> {
  let count = 0;
  let lines = "";
  for await (const { item, result } of results) {
    count++;
    lines += jsonLineOf({ item, result });
    if (lines.length < maxGatheredChars) continue;
    await write(lines);
    lines = "";
  }
  await write(lines);
  return count;
}

/** The columns of a table are known once all its rows are. */
async function writeTable(read: () => AsyncIterable<ItemResult>, write: Write): Promise<number> {
  const known = new Set<string>();
  let count = 0;
  for await (const { item, result } of read()) {
    count++;
    for (const column of Object.keys(cellsOf({ item, result }))) known.add(column);
  }
  const columns = [...known];
  await write(csvHead(columns));
  let written = 0;
  let rows: Record<string, unknown>[] = [];
  for await (const { item, result } of read()) {
    // What came meanwhile is for the next time.
    if (written + rows.length === count) break;
    const cells = cellsOf({ item, result });
    if (!Object.keys(cells).every((column) => known.has(column))) throw changed();
    rows.push(cells);
    if (rows.length < maxGatheredRows) continue;
    await write(csvRows(rows, columns));
    written += rows.length;
    rows = [];
  }
  if (written + rows.length < count) throw changed();
  if (rows.length > 0) await write(csvRows(rows, columns));
  return count;
}

const changed = (): AgentJobsError =>
  new AgentJobsError(
    "AJ_CHANGED",
    "The checkpoint was changed while its results were written: nothing was saved. Try again.",
  );

export interface SaveOptions {
  /** How another tool's file is to be read, where its content does not tell. */
  readAs?: ReadAs;
  /** Ends it: what was at the path stays. */
  signal?: AbortSignal;
  /** Told how many results were read until now. */
  onResult?: (count: number) => void;
}

/**
 * Saves the results so far, whole or not at all, over whatever is at the path that is no part of a job: a person was asked
 * before. A link stays one, and a file keeps its mode.
 * @param path absolute; JSON Lines, or a table where it ends in .csv
 * @returns how many results there are in it
 * @throws AgentJobsError AJ_WRITE where a job file, a checkpoint, its events or its backup is there, or another tool's results;
 *   AJ_CHANGED where the checkpoint is another in the middle; the signal's reason; Error of the file system
 */
export async function saveResults(
  checkpoint: string,
  path: string,
  { readAs = {}, signal, onResult }: SaveOptions = {},
): Promise<number> {
  const target = await realpath(path).catch((error: unknown) => {
    if (systemCodeOf(error) === "ENOENT") return path;
    throw error;
  });
  const mode = await modeOf(target);
  if (mode !== undefined) await refuseJobs(checkpoint, target);
  const draft = `${draftPrefixOf(target)}${randomUUID()}`;
  const told = async function* () {
    let count = 0;
    for await (const one of readResults(checkpoint, readAs)) {
      signal?.throwIfAborted();
      onResult?.(++count);
      yield one;
    }
  };
  try {
    const file = await open(draft, "wx");
    let count: number;
    try {
      if (mode !== undefined) await file.chmod(mode);
      count = await writeResults(told, path, (text) => file.appendFile(text));
      await file.sync();
    } finally {
      await file.close();
    }
    signal?.throwIfAborted();
    await rename(draft, target);
    return count;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Undefined where there is nothing. */
async function modeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch((error: unknown) => {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  return found && found.mode & 0o777;
}

/** By what is there, not by its name: a path may be written in many ways, and few checkpoints are listed. */
async function refuseJobs(checkpoint: string, target: string): Promise<void> {
  const [own, other] = await Promise.all([stat(checkpoint), stat(target)]);
  const isOwn = own.dev === other.dev && own.ino === other.ino;
  const format = isOwn || isJobFile(target) ? "agent-jobs" : await sniffCheckpoint(target);
  if (["unknown", "empty", "binary", "missing"].includes(format)) return;
  throw new AgentJobsError(
    "AJ_WRITE",
    `Will not save results over ${basename(target)}: it is a part of a job, or another tool's results. Nothing was written. Save them under another name.`,
  );
}
