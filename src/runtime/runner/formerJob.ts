/** A job that may have been renamed: what it finished is kept by its former name, and a run would do all of it again. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { CheckpointFollower } from "../store/follow.js";
import { backupsOf } from "../store/replaceFile.js";
import { expectedCheckpoint, headerOf } from "./findCheckpoints.js";
import { recorded } from "./jobChanges.js";
import { hashOfJobFile, hashOfProgramJob } from "./sources.js";

export interface FormerJob {
  /** Absolute path. */
  checkpoint: string;
  /** The job file that it names, which is not there any more. Absolute path. */
  jobFile: string;
  /** How many items are done in it. */
  done: number;
}

/** So many files of a folder are looked at. */
const maxLookedAt = 1_000;

/**
 * Looks, where a job never had a checkpoint, for one beside it whose job file is gone and was the same as this one, but
 * for lines that only say how it is run. Null where there is none; of several the one with most done items. Never throws.
 */
export async function formerJob(jobFile: string): Promise<FormerJob | null> {
  try {
    return await lookFor(jobFile);
  } catch {
    return null; // running it will say what is wrong with it
  }
}

async function lookFor(jobFile: string): Promise<FormerJob | null> {
  const expected = await expectedCheckpoint(jobFile);
  // It had a checkpoint by its own name.
  if ((await backupsOf(expected)).length > 0) return null;
  const folder = dirname(expected);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jsonl"));
  if (names.length === 0) return null;
  const text = await readFile(jobFile, "utf8");
  const hash = jobFile.endsWith(".json") ? hashOfProgramJob(JSON.parse(text)) : hashOfJobFile(text);
  let former: FormerJob | null = null;
  for (const name of names.slice(0, maxLookedAt)) {
    const checkpoint = join(folder, name);
    const header = await headerOf(checkpoint);
    if (!header?.file || header.label !== undefined) continue;
    const file = resolve(folder, header.file);
    if (dirname(file) !== dirname(jobFile) || existsSync(file)) continue;
    const done = await doneOf(checkpoint, relative(dirname(jobFile), file).replaceAll(sep, "/"), hash);
    if (done > (former?.done ?? 0)) former = { checkpoint, jobFile: file, done };
  }
  return former;
}

/** How many items are done in a checkpoint whose latest run had a file with this hash; else 0. */
async function doneOf(checkpoint: string, file: string, hash: string): Promise<number> {
  const follower = new CheckpointFollower(checkpoint);
  await follower.refresh();
  const { state } = follower;
  return recorded(state, "sources")?.[file] === hash ? state.done.size : 0;
}
