/** Joins checkpoints of one job, as runs on several machines leave them, into a new one. */
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { formatVersion } from "./config.js";
import { AgentJobsError } from "./errors.js";
import type { ItemKey } from "./format/itemId.js";
import {
  type CheckpointRecord,
  checksumOf,
  type DoneRecord,
  encodeRecord,
  type JobRecord,
  type WritableRecord,
} from "./format/record.js";
import { CheckpointScanner, type ScanSummary } from "./format/scan.js";
import { applyRecord } from "./state/fold.js";
import { addUsage, createJobState, type JobState } from "./state/jobState.js";
import { syncFolder } from "./store/appendFile.js";
import { Lock } from "./store/lock.js";
import { asWriteError, exists, type FileIdentity, identify } from "./store/replaceFile.js";

/** One of the files that are joined, and what its numbers become. */
interface Source {
  path: string;
  identity: FileIdentity;
  state: JobState;
  header: JobRecord;
  runs: Map<number, number>;
  /** Attempts of items that earlier files have as well are counted on from theirs. */
  attemptsBefore: Map<ItemKey, number>;
}

export interface MergeOutcome {
  path: string;
  /** Done items of each file, and of all together: an item that is done in several counts once. */
  done: { each: number[]; all: number };
  runs: number;
  records: number;
}

/**
 * Joins checkpoints of our own format that are of one job and label. Done wins; of an item that is done in several,
 * the first file's result stays. Runs are numbered anew, in the order in which they were started. The total is kept
 * where all agree, else it is unknown until the next run.
 * @throws AgentJobsError AJ_OTHER_JOB, AJ_DAMAGED, AJ_UNKNOWN_FORMAT, AJ_NEWER_FORMAT, AJ_READ; AJ_WRITE where
 *   `into` exists; JobHeldError AJ_HELD while a run writes to one of them
 */
export async function mergeCheckpoints(paths: readonly string[], into: string): Promise<MergeOutcome> {
  const locks: Lock[] = [];
  try {
    for (const path of [...paths, into].sort()) locks.push(await Lock.acquire(path, { exclusive: true }));
    if (await exists(into)) throw isThere(into);
    const sources: Source[] = [];
    for (const path of paths) sources.push(await look(path, sources[0]));
    numberRuns(sources);
    const draft = `${into}.draft-${randomUUID()}`;
    try {
      const records = await writeMerged(sources, draft);
      // A second name, not a rename: that would replace what has come to be there meanwhile.
      await link(draft, into).catch((error) => {
        throw (error as NodeJS.ErrnoException).code === "EEXIST" ? isThere(into) : error;
      });
      await syncFolder(dirname(into));
      const done = new Set(sources.flatMap(({ state }) => [...state.done]));
      return {
        path: into,
        done: { each: sources.map(({ state }) => state.done.size), all: done.size },
        runs: new Set(sources.flatMap(({ runs }) => [...runs.values()])).size,
        records,
      };
    } finally {
      await rm(draft, { force: true });
    }
  } catch (error) {
    throw asWriteError(error, into);
  } finally {
    for (const lock of locks) await lock.release();
  }
}

const isThere = (path: string): AgentJobsError =>
  new AgentJobsError("AJ_WRITE", `Will not write ${path}: it exists. Name a file that does not.`);

async function look(path: string, first: Source | undefined): Promise<Source> {
  const identity = await identify(path);
  const state = createJobState();
  let header: JobRecord | undefined;
  const summary = await scan(path, identity, (record) => {
    if (record.type === "job") header ??= record;
    applyRecord(state, record);
  });
  refuseUnfit(path, summary, state);
  if (!header)
    throw new AgentJobsError("AJ_OTHER_JOB", `Cannot merge ${path}: it does not say which job it is of.`);
  if (first && (first.state.job !== state.job || first.state.label !== state.label))
    throw new AgentJobsError(
      "AJ_OTHER_JOB",
      `Cannot merge ${path}: it is of job ${nameOf(state)}, and ${first.path} is of ${nameOf(first.state)}. Only checkpoints of one job can be joined.`,
    );
  return { path, identity, state, header, runs: new Map(), attemptsBefore: new Map() };
}

const nameOf = ({ job, label }: JobState): string => (label ? `"${job}" (${label})` : `"${job}"`);

function refuseUnfit(
  path: string,
  { format, damageCount }: ScanSummary,
  { formatVersion: version }: JobState,
) {
  if (format !== "agent-jobs")
    throw new AgentJobsError(
      "AJ_UNKNOWN_FORMAT",
      `Cannot merge ${path}: it is no checkpoint of Agent Jobs' own format.`,
    );
  if ((version ?? 0) > formatVersion)
    throw new AgentJobsError("AJ_NEWER_FORMAT", `Cannot merge ${path}: update Agent Jobs to read it.`);
  if (damageCount > 0)
    throw new AgentJobsError(
      "AJ_DAMAGED",
      `Will not merge ${path}: ${damageCount} of its lines ${damageCount === 1 ? "is" : "are"} damaged. Repair it first: agent-jobs repair ${path}`,
    );
}

async function scan(
  path: string,
  { sizeBytes }: FileIdentity,
  onRecord: (record: CheckpointRecord) => void | Promise<void>,
): Promise<ScanSummary> {
  const scanner = new CheckpointScanner();
  if (sizeBytes > 0)
    for await (const chunk of createReadStream(path, { end: sizeBytes - 1 }))
      for (const { record } of scanner.push(chunk as Buffer)) await onRecord(record);
  const tail = scanner.tailRecord();
  if (tail) await onRecord(tail.record);
  return scanner.summary();
}

/** A run that two files have, because one began as a copy of the other, stays one: its token tells. */
function numberRuns(sources: readonly Source[]): void {
  const found = sources.flatMap((source, at) =>
    [...source.state.runs.values()].map((run) => ({
      source,
      run,
      name: run.token === "" ? `${at}/${run.run}` : `${run.token}/${run.run}`,
    })),
  );
  found.sort((a, b) => a.run.startedAtMs - b.run.startedAtMs || a.run.run - b.run.run);
  const numbers = new Map<string, number>();
  for (const { source, run, name } of found) {
    if (!numbers.has(name)) numbers.set(name, numbers.size + 1);
    source.runs.set(run.run, numbers.get(name)!);
  }
}

async function writeMerged(sources: readonly Source[], draft: string): Promise<number> {
  const target = await open(draft, "wx", 0o600);
  try {
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    let records = 0;
    const flush = async () => {
      await target.writeFile(Buffer.concat(pending));
      [pending, pendingBytes] = [[], 0];
    };
    const write = async (record: WritableRecord) => {
      const line = encodeRecord(record);
      records++;
      pending.push(line);
      pendingBytes += line.length;
      if (pendingBytes > 1024 * 1024) await flush();
    };
    await write(sources[0]!.header);
    await writeAttempts(sources, write);
    await writeDone(sources, write);
    await writeTotal(sources, write);
    await flush();
    await target.sync();
    return records;
  } finally {
    await target.close();
  }
}

type Write = (record: WritableRecord) => Promise<void>;

/** All but what is done comes first, so that what attempts cost counts although another file has the item done. */
async function writeAttempts(sources: readonly Source[], write: Write): Promise<void> {
  const seen = new Set<string>();
  const attempts = new Map<ItemKey, number>();
  for (const source of sources) {
    const own = new Map<ItemKey, number>();
    const done = new Set<ItemKey>();
    await scan(source.path, source.identity, async (record) => {
      if (record.type === "done") done.add(record.item);
      const isLate = "item" in record && done.has(record.item) && !("total" in record);
      if ("attempt" in record && record.attempt !== undefined)
        own.set(record.item, Math.max(own.get(record.item) ?? 0, record.attempt));
      if (notMerged.has(record.type) || (isLate && record.type !== "gone" && record.type !== "back")) return;
      const text = JSON.stringify(record);
      const name = `${checksumOf(Buffer.from(text))} ${text.length} ${record.atMs}`;
      if (seen.has(name)) return; // of a common beginning
      seen.add(name);
      await write(renumbered(record as WritableRecord, source, attempts));
    });
    for (const [item, count] of own) {
      const before = attempts.get(item) ?? 0;
      if (before > 0) source.attemptsBefore.set(item, before);
      attempts.set(item, before + count);
    }
  }
}

const notMerged = new Set(["job", "done", "input", "write-error", "unknown", "snapshot"]);

function renumbered<R extends WritableRecord>(
  record: R,
  { runs }: Source,
  attempts: ReadonlyMap<ItemKey, number>,
): R {
  const changed = { ...record } as R & { run?: number; attempt?: number; item?: ItemKey };
  if (changed.run !== undefined) changed.run = runs.get(changed.run) ?? changed.run;
  if (changed.attempt !== undefined) changed.attempt += attempts.get(changed.item!) ?? 0;
  if (changed.type === "compacted")
    changed.runs = changed.runs.map((sum) => ({ ...sum, run: runs.get(sum.run) ?? sum.run }));
  return changed;
}

/** What a second end of an item cost was spent as well. */
async function writeDone(sources: readonly Source[], write: Write): Promise<void> {
  const ends = new Map<ItemKey, string>();
  const { usage } = createJobState();
  for (const source of sources) {
    const own = new Set<ItemKey>();
    await scan(source.path, source.identity, async (record) => {
      if (record.type !== "done" || own.has(record.item)) return;
      own.add(record.item);
      const text = checksumOf(Buffer.from(JSON.stringify(record)));
      const known = ends.get(record.item);
      if (known === undefined) {
        ends.set(record.item, text);
        await write(renumbered<DoneRecord>(record, source, source.attemptsBefore));
      } else if (known !== text) addUsage(usage, record.usage);
    });
  }
  const spent = Object.fromEntries(Object.entries(usage).filter(([, amount]) => amount !== null));
  if (Object.keys(spent).length > 0)
    await write({
      ...{ type: "compacted", atMs: lastAtMs(sources), key: randomUUID(), runs: [], steps: [] },
      usage: spent,
    });
}

async function writeTotal(sources: readonly Source[], write: Write): Promise<void> {
  const totals = new Set(sources.map(({ state }) => state.total));
  const [total] = totals;
  const run = Math.max(...sources.flatMap(({ runs }) => [...runs.values()]));
  if (totals.size === 1 && total != null && run > 0)
    await write({ type: "input", atMs: lastAtMs(sources), run, total });
}

const lastAtMs = (sources: readonly Source[]): number =>
  Math.max(...sources.map(({ state }) => state.lastRecordAtMs ?? 0));
