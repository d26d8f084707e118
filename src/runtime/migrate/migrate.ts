/** Makes a checkpoint of ours from another program's file, which stays as it is. */
import { randomUUID } from "node:crypto";
import { link, open, realpath, rm } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { AgentJobsError, JobHeldError, systemCodeOf } from "../errors.js";
import type { WritableRecord } from "../format/record.js";
import { Lock } from "../store/lock.js";
import { liveHolder } from "../store/lockHolder.js";
import { encodeChecked } from "../store/ownLog.js";
import { prepareFolder } from "../store/prepareFolder.js";
import { asWriteError, draftPrefixOf, exists, sweepDrafts } from "../store/replaceFile.js";
import { syncFolder } from "../store/syncFolder.js";
import { migratedRecords } from "./migratedRecords.js";
import type { OldJob } from "./oldJob.js";
import { readOldJob } from "./readOldJob.js";

export interface MigrateOptions {
  /** Which of the old file's jobs. */
  oldJob?: string;
  /** What the new checkpoint is of. */
  job: string;
  label: string | null;
  /** Only read. */
  dryRun?: boolean;
}

/**
 * Reads `from`, and writes `into`, which appears whole or not at all.
 * @returns what the old file says, and what it does not
 * @throws as `readOldJob`; AgentJobsError AJ_WRITE where `into` exists; JobHeldError AJ_HELD while a run holds either;
 *   AJ_RESULT where a result is too long for a record
 */
export async function migrate(from: string, into: string, options: MigrateOptions): Promise<OldJob> {
  if (await exists(into)) throw isThere(into);
  const holder = await liveHolder(from);
  if (holder)
    throw new JobHeldError(
      `Cannot migrate ${from}: a run holds it (pid ${holder.pid} on ${holder.host}). Stop that run or wait.`,
      { pid: holder.pid, host: holder.host, since: new Date(holder.sinceMs).toISOString() },
    );
  const old = await readOldJob(from, options.oldJob);
  if (options.dryRun) return old;
  const { job, label } = options;
  const source = basename(await realpath(from));
  const naming = { job, label, source, token: `migrated-${randomUUID()}`, nowMs: Date.now() };
  await writeNew(into, migratedRecords(old, naming));
  return old;
}

async function writeNew(into: string, records: Iterable<WritableRecord>): Promise<void> {
  const path = await prepareFolder(resolve(into));
  const lock = await Lock.acquire(path, { exclusive: true });
  const draft = `${draftPrefixOf(path)}${randomUUID()}`;
  try {
    if (await exists(path)) throw isThere(path);
    await sweepDrafts(path);
    await writeAll(draft, records);
    // A second name, not a rename: that would replace what has come to be there meanwhile.
    await link(draft, path).catch((error: unknown) => {
      throw systemCodeOf(error) === "EEXIST" ? isThere(path) : error;
    });
    await syncFolder(dirname(path));
  } catch (error) {
    throw asWriteError(error, path);
  } finally {
    await rm(draft, { force: true });
    await lock.release();
  }
}

const batchBytes = 1024 * 1024;

async function writeAll(path: string, records: Iterable<WritableRecord>): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    let lines: Buffer[] = [];
    let bytes = 0;
    for (const record of records) {
      lines.push(encoded(record));
      bytes += lines.at(-1)!.length;
      if (bytes < batchBytes) continue;
      await file.writeFile(Buffer.concat(lines));
      [lines, bytes] = [[], 0];
    }
    await file.writeFile(Buffer.concat(lines));
    await file.sync();
  } finally {
    await file.close();
  }
}

function encoded(record: WritableRecord): Buffer {
  try {
    return encodeChecked(record);
  } catch (error) {
    const item = "item" in record ? ` of ${record.item}` : "";
    throw new AgentJobsError("AJ_RESULT", `Cannot write what is known${item}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

const isThere = (path: string): AgentJobsError =>
  new AgentJobsError("AJ_WRITE", `Will not write ${path}: it exists. Name a file that does not.`);
