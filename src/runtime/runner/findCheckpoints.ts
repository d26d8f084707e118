import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { sniffBytes } from "../config.js";
import { CheckpointScanner } from "../format/scan.js";
import { openPlain } from "../store/plainFile.js";
import { defaultCheckpointOf, jobNameOf } from "./jobPaths.js";

/**
 * The checkpoints of a job file, without running it: the path that a JSON job names, the default path and those
 * of labelled runs, else the ones in `checkpoints/` whose header names the job file. Empty where there is none.
 */
export async function findCheckpoints(jobFile: string): Promise<string[]> {
  const base = await expectedCheckpoint(jobFile);
  const folder = dirname(base);
  const names = await readdir(folder).catch(() => [] as string[]);
  const stem = base.slice(folder.length + 1).replace(/\.[^.]+$/, "");
  const ending = base.slice(folder.length + 1 + stem.length);
  const found = names.filter(
    (name) => name.endsWith(ending) && (name === stem + ending || name.startsWith(`${stem}@`)),
  );
  if (found.length > 0) return found.sort().map((name) => join(folder, name));
  const byHeader: string[] = [];
  for (const name of names.filter((n) => n.endsWith(".jsonl"))) {
    const header = await headerOf(join(folder, name));
    if (
      header?.job === jobNameOf(jobFile) &&
      header.file &&
      resolve(folder, header.file) === resolve(jobFile)
    )
      byHeader.push(join(folder, name));
  }
  return byHeader.sort();
}

/** Where an unlabelled run of a job file has its checkpoint, as far as can be told without running it. */
export async function expectedCheckpoint(jobFile: string): Promise<string> {
  const named = jobFile.endsWith(".json") ? await checkpointMember(jobFile) : undefined;
  return named ? resolve(dirname(jobFile), named) : defaultCheckpointOf(jobFile);
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
