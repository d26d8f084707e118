/** Saves a checkpoint's results where a person says. */
import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import type { ReadAs } from "./foreign/scannerFor.js";
import { csvOf, jsonLineOf, type ResultRow } from "./resultRows.js";
import { type ItemResult, readResults } from "./results.js";
import { draftPrefixOf } from "./store/replaceFile.js";

/** Lines are gathered up to this much, so that not each of them is a call of the system. */
const maxGatheredChars = 256 * 1024;

/** Takes the text that comes next in a file. */
export type Write = (text: string) => Promise<void>;

/**
 * Writes results as JSON Lines or, where the path ends in .csv, as a table.
 * @returns how many
 */
export function writeResults(
  results: AsyncIterable<ItemResult>,
  path: string,
  write: Write,
): Promise<number> {
  return /\.csv$/i.test(path) ? writeTable(results, write) : writeLines(results, write);
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
async function writeTable(results: AsyncIterable<ItemResult>, write: Write): Promise<number> {
  const rows: ResultRow[] = [];
  for await (const { item, result } of results) rows.push({ item, result });
  await write(csvOf(rows));
  return rows.length;
}

export interface SaveOptions {
  /** How another tool's file is to be read, where its content does not tell. */
  readAs?: ReadAs;
  /** Ends it: what was at the path stays. */
  signal?: AbortSignal;
  /** Told of each result, with how many there were until then. */
  onResult?: (count: number) => void;
}

/**
 * Saves the results so far, whole or not at all, over whatever is at the path: a person was asked before.
 * @param path absolute; JSON Lines, or a table where it ends in .csv
 * @returns how many results there are in it
 * @throws the signal's reason; Error of the file system
 */
export async function saveResults(
  checkpoint: string,
  path: string,
  { readAs = {}, signal, onResult }: SaveOptions = {},
): Promise<number> {
  const draft = `${draftPrefixOf(path)}${randomUUID()}`;
  const told = async function* () {
    let count = 0;
    for await (const one of readResults(checkpoint, readAs)) {
      signal?.throwIfAborted();
      onResult?.(++count);
      yield one;
    }
  };
  try {
    const file = await open(draft, "wx", 0o600);
    let count: number;
    try {
      count = await writeResults(told(), path, (text) => file.appendFile(text));
      await file.sync();
    } finally {
      await file.close();
    }
    signal?.throwIfAborted();
    await rename(draft, path);
    return count;
  } finally {
    await rm(draft, { force: true });
  }
}
