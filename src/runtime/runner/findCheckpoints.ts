import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { sniffBytes } from "../config.js";
import { CheckpointScanner } from "../format/scan.js";
import { openPlain } from "../store/plainFile.js";
import { notedCheckpoint } from "./elsewhere.js";
import { defaultCheckpointOf, jobNameOf } from "./jobPaths.js";
import { namedPlace } from "./namedPlace.js";

/** A checkpoint of a job file. */
export interface FoundCheckpoint {
  path: string;
  /** Of the runs that it is of; null for unlabelled ones. */
  label: string | null;
}

/**
 * The checkpoints of a job file, without running it: the path that a JSON job names or that a run noted, else the
 * default path, and those of labelled runs; else the ones in `checkpoints/` whose header names the job file. Empty
 * where there is none.
 * @param cleared also those of which only a backup is left
 */
export async function findCheckpoints(jobFile: string, cleared = false): Promise<FoundCheckpoint[]> {
  const base = await expectedCheckpoint(jobFile);
  const folder = dirname(base);
  const files = await readdir(folder).catch(() => [] as string[]);
  const names = cleared ? [...new Set(files.map((name) => name.replace(/\.bak-.*$/, "")))] : files;
  const stem = base.slice(folder.length + 1).replace(/\.[^.]+$/, "");
  const ending = base.slice(folder.length + 1 + stem.length);
  const found = names.filter(
    (name) => name.endsWith(ending) && (name === stem + ending || name.startsWith(`${stem}@`)),
  );
  const labelOf = (name: string) =>
    name === stem + ending ? null : name.slice(stem.length + 1, name.length - ending.length);
  if (found.length > 0)
    return found.sort().map((name) => ({ path: join(folder, name), label: labelOf(name) }));
  const byHeader: FoundCheckpoint[] = [];
  for (const name of names.filter((n) => n.endsWith(".jsonl")).sort()) {
    const header = await headerOf(join(folder, name));
    if (
      header?.job === jobNameOf(jobFile) &&
      header.file &&
      resolve(folder, header.file) === resolve(jobFile)
    )
      byHeader.push({ path: join(folder, name), label: header.label ?? null });
  }
  return byHeader;
}

/** Where an unlabelled run of a job file has its checkpoint, as far as can be told without running it. */
export async function expectedCheckpoint(jobFile: string): Promise<string> {
  if (!jobFile.endsWith(".json")) return (await notedCheckpoint(jobFile)) ?? defaultCheckpointOf(jobFile);
  const named = await checkpointMember(jobFile);
  return (named && namedPlace(dirname(jobFile), named)) || defaultCheckpointOf(jobFile);
}

async function checkpointMember(jobFile: string): Promise<string | undefined> {
  try {
    const { checkpoint } = JSON.parse(await readWithoutWaiting(jobFile)) as { checkpoint?: unknown };
    return typeof checkpoint === "string" ? checkpoint : undefined;
  } catch {
    return undefined; // running it will say what is wrong with it
  }
}

/** A FIFO with the name of a job file has nothing to say, and must not keep a listing waiting. */
async function readWithoutWaiting(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/** The job that a checkpoint's header names, from its first bytes; null where it has none. */
export async function headerOf(
  checkpoint: string,
): Promise<{ job: string; file?: string; label?: string } | null> {
  const file = await openPlain(checkpoint).catch(() => undefined);
  if (!file) return null;
  try {
    const bytes = Buffer.alloc(sniffBytes);
    const { bytesRead } = await file.read(bytes, 0, sniffBytes, 0);
    for (const { record } of new CheckpointScanner().push(bytes.subarray(0, bytesRead)))
      if (record.type === "job") return record;
    return null;
  } finally {
    await file.close();
  }
}
