/** Joins checkpoints of one job, as runs on several machines leave them, into a new one. */
import { randomUUID } from "node:crypto";
import { type FileHandle, link, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { formatVersion } from "./config.js";
import { AgentJobsError } from "./errors.js";
import type { ItemKey } from "./format/itemId.js";
import {
  type CheckpointRecord,
  type DoneRecord,
  encodeRecord,
  type JobRecord,
  type RunLostRecord,
  type WritableRecord,
} from "./format/record.js";
import { CheckpointScanner, type ScanSummary } from "./format/scan.js";
import { ItemColumn, ItemNumbers, SeenTexts } from "./itemColumns.js";
import { applyRecord } from "./state/fold.js";
import { addUsage, createJobState, type JobState } from "./state/jobState.js";
import { lossRecord } from "./state/lostRun.js";
import type { LostRun } from "./state/status.js";
import { Lock } from "./store/lock.js";
import { prepareFolder } from "./store/prepareFolder.js";
import { readChunks } from "./store/readChunks.js";
import { refuseForeign } from "./store/refuseForeign.js";
import {
  asWriteError,
  draftPrefixOf,
  exists,
  type FileIdentity,
  identify,
  sweepDrafts,
} from "./store/replaceFile.js";
import { syncFolder } from "./store/syncFolder.js";

/** One of the files that are joined, and what its numbers become. */
interface Source {
  path: string;
  identity: FileIdentity;
  state: JobState;
  header: JobRecord;
  runs: Map<number, number>;
  /** How the run ended whose lock was in the way: with the lock the evidence goes. */
  lost: RunLostRecord | undefined;
  doneCount: number;
  /** Attempts of items that earlier files have as well are counted on from theirs. */
  attemptsBefore: ItemColumn;
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
  for (const path of [into, ...paths]) await refuseForeign(path, "merge");
  for (const path of paths) await identify(path);
  await prepareFolder(into);
  const locks: Lock[] = [];
  try {
    const losses = new Map<string, LostRun | null>();
    for (const path of [...paths, into].sort()) {
      const lock = await Lock.acquire(path, { exclusive: true });
      locks.push(lock);
      losses.set(path, lock.lost);
    }
    if (await exists(into)) throw isThere(into);
    const sources: Source[] = [];
    for (const path of paths) sources.push(await look(path, losses.get(path), sources[0]));
    numberRuns(sources);
    await sweepDrafts(into);
    const draft = `${draftPrefixOf(into)}${randomUUID()}`;
    try {
      const { records, done } = await writeMerged(sources, draft);
      // A second name, not a rename: that would replace what has come to be there meanwhile.
      await link(draft, into).catch((error) => {
        throw (error as NodeJS.ErrnoException).code === "EEXIST" ? isThere(into) : error;
      });
      await syncFolder(dirname(into));
      return {
        path: into,
        done: { each: sources.map(({ doneCount }) => doneCount), all: done },
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

async function look(
  path: string,
  lost: LostRun | null | undefined,
  first: Source | undefined,
): Promise<Source> {
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
  const doneCount = state.done.size;
  // Of the items nothing more is needed, and a large file has millions of them.
  for (const items of [state.done, state.open, state.presence]) items.clear();
  const loss = lossRecord(state, lost, Date.now());
  const attemptsBefore = new ItemColumn();
  return { path, identity, state, header, runs: new Map(), lost: loss, doneCount, attemptsBefore };
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
  identity: FileIdentity,
  onRecord: (record: CheckpointRecord) => void,
  afterChunk: () => Promise<void> = async () => {},
): Promise<ScanSummary> {
  const scanner = new CheckpointScanner();
  for await (const chunk of readChunks(path, identity)) {
    for (const { record } of scanner.push(chunk)) onRecord(record);
    await afterChunk();
  }
  const tail = scanner.tailRecord();
  if (tail) onRecord(tail.record);
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

async function writeMerged(
  sources: readonly Source[],
  draft: string,
): Promise<{ records: number; done: number }> {
  const target = await open(draft, "wx", 0o600);
  try {
    const output = new RecordOutput(target);
    const items = new ItemNumbers();
    output.add(sources[0]!.header);
    await writeAttempts(sources, items, output);
    const done = await writeDone(sources, items, output);
    writeTotal(sources, output);
    await output.flush();
    await target.sync();
    return { records: output.records, done };
  } finally {
    await target.close();
  }
}

/** Gathers lines, so that not each of them is a call of the system. */
class RecordOutput {
  records = 0;
  private lines: Buffer[] = [];

  constructor(private readonly file: FileHandle) {}

  add(record: WritableRecord): void {
    this.lines.push(encodeRecord(record));
    this.records++;
  }

  readonly flush = async (): Promise<void> => {
    const bytes = Buffer.concat(this.lines);
    this.lines = [];
    await this.file.writeFile(bytes);
  };
}

/** All but what is done comes first, so that what attempts cost counts although another file has the item done. */
async function writeAttempts(
  sources: readonly Source[],
  items: ItemNumbers,
  output: RecordOutput,
): Promise<void> {
  const seen = new SeenTexts();
  for (const [at, source] of sources.entries()) {
    const next = sources[at + 1];
    const own = new ItemColumn();
    const done = new ItemColumn();
    const take = (record: CheckpointRecord) => {
      const item = "item" in record ? items.of(record.item) : -1;
      const isLate = item >= 0 && done.get(item) === 1;
      if (record.type === "done") done.set(item, 1);
      if ("attempt" in record && record.attempt !== undefined && record.attempt > own.get(item)) {
        own.set(item, record.attempt);
        next?.attemptsBefore.set(item, source.attemptsBefore.get(item) + record.attempt);
      }
      if (notMerged.has(record.type) || (isLate && record.type !== "gone" && record.type !== "back")) return;
      const text = Buffer.from(JSON.stringify(record));
      if (!seen.add(crc32(text), text.length, record.atMs)) return; // of a common beginning
      output.add(renumbered(record as WritableRecord, source, items));
    };
    await scan(source.path, source.identity, take, output.flush);
    if (source.lost) output.add(renumbered(source.lost, source, items));
    // What neither this file nor those before it have more attempts of is counted on from there all the same.
    next?.attemptsBefore.fillFrom(source.attemptsBefore);
  }
}

const notMerged = new Set(["job", "done", "input", "write-error", "unknown", "snapshot"]);

function renumbered<R extends WritableRecord>(record: R, source: Source, items: ItemNumbers): R {
  const { runs, attemptsBefore } = source;
  const changed = { ...record } as R & { run?: number; attempt?: number; item?: ItemKey };
  if (changed.run !== undefined) changed.run = runs.get(changed.run) ?? changed.run;
  if (changed.attempt !== undefined) changed.attempt += attemptsBefore.get(items.of(changed.item!));
  if (changed.type === "compacted")
    changed.runs = changed.runs.map((sum) => ({ ...sum, run: runs.get(sum.run) ?? sum.run }));
  return changed;
}

/**
 * What a second end of an item cost was spent as well.
 * @returns how many items are done
 */
async function writeDone(
  sources: readonly Source[],
  items: ItemNumbers,
  output: RecordOutput,
): Promise<number> {
  let doneCount = 0;
  /** The checksum of the end that was taken, and the number, counted from 1, of the last file that has one. */
  const checksums = new ItemColumn();
  const endedIn = new ItemColumn();
  const { usage } = createJobState();
  for (const [at, source] of sources.entries()) {
    const take = (record: CheckpointRecord) => {
      if (record.type !== "done") return;
      const item = items.of(record.item);
      const before = endedIn.get(item);
      if (before === at + 1) return;
      endedIn.set(item, at + 1);
      const checksum = crc32(JSON.stringify(record)) | 0;
      if (before === 0) {
        doneCount++;
        checksums.set(item, checksum);
        output.add(renumbered<DoneRecord>(record, source, items));
      } else if (checksums.get(item) !== checksum) addUsage(usage, record.usage);
    };
    await scan(source.path, source.identity, take, output.flush);
  }
  const spent = Object.fromEntries(Object.entries(usage).filter(([, amount]) => amount !== null));
  if (Object.keys(spent).length > 0)
    output.add({
      ...{ type: "compacted", atMs: lastAtMs(sources), key: randomUUID(), runs: [], steps: [] },
      usage: spent,
    });
  return doneCount;
}

function writeTotal(sources: readonly Source[], output: RecordOutput): void {
  const totals = new Set(sources.map(({ state }) => state.total));
  const [total] = totals;
  const run = Math.max(...sources.flatMap(({ runs }) => [...runs.values()]));
  if (totals.size === 1 && total != null && run > 0)
    output.add({ type: "input", atMs: lastAtMs(sources), run, total });
}

const lastAtMs = (sources: readonly Source[]): number =>
  Math.max(...sources.map(({ state }) => state.lastRecordAtMs ?? 0));
