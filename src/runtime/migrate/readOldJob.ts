/** Tells by its content what another program's file or folder is, and reads it. Nothing is ever written to it or beside it. */
import { constants, isUtf8 } from "node:buffer";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { AgentJobsError, messageOf } from "../errors.js";
import { openPlain } from "../store/plainFile.js";
import { sniffCheckpoint } from "../store/sniff.js";
import { readRows } from "./checkpointRows.js";
import { nonNumbersNote } from "./completedList.js";
import { isJsonCheckpoint, readJsonCheckpoint } from "./jsonCheckpoint.js";
import { readLineFile } from "./lineFile.js";
import type { OldJob } from "./oldJob.js";
import { isMembers, type Members, type OldJson, parseOldJson } from "./oldJson.js";
import { isOperation, isOperationFile, readOperations } from "./operationFolder.js";
import { isPipeline, readPipeline } from "./pipeline.js";
import { isProgressFile, readProgressFile } from "./progressFile.js";
import { isRedisDump, jobsInDump, readRedisDump, tellsFailures } from "./redisDump.js";
import { sqliteRows } from "./sqliteRows.js";
import { countOf, listed } from "./wording.js";

const kindsText =
  "a JSON checkpoint ({completed, results}), an SQLite database with a table `checkpoints`, a pipeline's state, a dump of Redis, a folder of cached operations, a progress file, or a checkpoint of the articles or of agent-resume";

/**
 * @param wanted the job, of a database or dump that holds several; of any other it must be the file's own
 * @throws AgentJobsError AJ_READ, AJ_UNKNOWN_FORMAT, AJ_DAMAGED, AJ_CHANGED; AJ_OTHER_JOB where there are several jobs, or
 *   not the wanted one
 */
export async function readOldJob(path: string, wanted?: string): Promise<OldJob> {
  const found = await stat(path).catch((error: unknown) => {
    throw new AgentJobsError("AJ_READ", `Cannot read ${path}: ${messageOf(error)}. Check the path.`, {
      cause: error,
    });
  });
  const old = found.isDirectory()
    ? await readFolder(path, found.mtimeMs)
    : await readFile(path, found.mtimeMs, wanted);
  if (wanted !== undefined && old.job !== wanted)
    throw new AgentJobsError(
      "AJ_OTHER_JOB",
      `There is no job "${wanted}" in ${path}: ${old.job === null ? "it names none" : `it is of "${old.job}"`}. Nothing was written.`,
    );
  return old;
}

async function readFolder(path: string, writtenAtMs: number): Promise<OldJob> {
  const names = (await readdir(path)).filter(isOperationFile).sort();
  if (names.length === 0)
    throw unknown(path, "it is a folder, and none of its files is named as a cached operation is");
  const files: { name: string; text: string | undefined }[] = [];
  for (const name of names) files.push({ name, text: await textOf(join(path, name)).catch(() => undefined) });
  const old = readOperations(files, writtenAtMs);
  if (old.done.length === 0) throw unknown(path, "none of its files is a whole cached operation");
  return old;
}

async function readFile(path: string, writtenAtMs: number, wanted: string | undefined): Promise<OldJob> {
  if (await isDatabase(path)) {
    const rows = await sqliteRows(path);
    const jobs = [...new Set(rows.map(({ job_id }) => String(job_id)))];
    if (jobs.length === 0) throw unknown(path, "its table `checkpoints` is empty");
    const job = chosen(path, jobs, wanted);
    return readRows(
      rows.filter(({ job_id }) => job_id === job),
      job,
      writtenAtMs,
    );
  }
  const format = await sniffCheckpoint(path);
  if (format === "article" || format === "agent-resume") return readLineFile(path, format);
  if (format === "agent-jobs") throw unknown(path, "it is a checkpoint of ours already");
  const text = await textOf(path);
  if (text.trim() === "") throw unknown(path, "it is empty");
  const { value, hadNonNumbers } = parsedWhole(path, text);
  const old = isMembers(value) ? readMembers(path, value, writtenAtMs, wanted) : undefined;
  if (!old) throw unknown(path, "its shape is none of these");
  if (hadNonNumbers && !old.leftOut.includes(nonNumbersNote)) old.leftOut.push(nonNumbersNote);
  return old;
}

function readMembers(
  path: string,
  members: Members,
  writtenAtMs: number,
  wanted: string | undefined,
): OldJob | undefined {
  if (isRedisDump(members))
    return readDump(path, members, chosen(path, jobsInDump(members), wanted), writtenAtMs);
  if (isPipeline(members)) return readPipeline(members, writtenAtMs);
  if (isProgressFile(members)) return readProgressFile(members, writtenAtMs);
  if (isJsonCheckpoint(members)) return readJsonCheckpoint(members, basename(path), writtenAtMs);
  if (isOperation(members)) throw unknown(path, "it is one cached operation. Name its folder");
  return undefined;
}

function readDump(path: string, members: Members, job: string, writtenAtMs: number): OldJob {
  if (tellsFailures(members, job)) return readRedisDump(members, job, writtenAtMs);
  throw unknown(
    path,
    `it lacks the hash job:${job}:failed (\`{}\` where nothing failed), without which nobody can tell what was queued again without its content and answered so`,
  );
}

function chosen(path: string, jobs: readonly string[], wanted: string | undefined): string {
  if (wanted !== undefined && jobs.includes(wanted)) return wanted;
  if (wanted === undefined && jobs.length === 1) return jobs[0]!;
  throw new AgentJobsError(
    "AJ_OTHER_JOB",
    wanted === undefined
      ? `There are ${countOf(jobs.length, "job")} in ${path}: ${listed(jobs)}. Choose one with --job.`
      : `There is no job "${wanted}" in ${path}: there ${jobs.length === 1 ? "is" : "are"} ${listed(jobs)}.`,
  );
}

async function isDatabase(path: string): Promise<boolean> {
  const file = await openPlain(path);
  try {
    const head = Buffer.alloc(16);
    await file.read(head, 0, head.length, 0);
    return head.toString("latin1") === "SQLite format 3\0";
  } finally {
    await file.close();
  }
}

async function textOf(path: string): Promise<string> {
  const file = await openPlain(path);
  try {
    const { size } = await file.stat();
    if (size > constants.MAX_STRING_LENGTH) throw unknown(path, "it is too large to be read whole");
    const bytes = await file.readFile();
    if (!isUtf8(bytes)) throw unknown(path, "it is no text in UTF-8");
    return bytes.toString("utf8").replace(/^\ufeff/, "");
  } finally {
    await file.close();
  }
}

function parsedWhole(path: string, text: string): OldJson {
  try {
    return parseOldJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw unknown(path, "it is nested too deeply");
    if (!/^\s*\{/.test(text)) throw unknown(path, "its content is no JSON object");
    throw new AgentJobsError(
      "AJ_DAMAGED",
      `Cannot migrate ${path}: its JSON is damaged or breaks off (${messageOf(error)}). Nothing was written. Its program replaces it whole, so that a good one may lie beside it, ending in .tmp, or in a backup.`,
      { cause: error },
    );
  }
}

const unknown = (path: string, why: string): AgentJobsError =>
  new AgentJobsError(
    "AJ_UNKNOWN_FORMAT",
    `Cannot migrate ${path}: ${why}. Nothing was written. What can be migrated is ${kindsText}.`,
  );
