/**
 * A trial of one item: an attempt whose result waits beside the checkpoint until a person keeps or discards it. What it
 * spends goes into the checkpoint at once, as of any attempt: that holds whatever becomes of the result.
 */
import { rm } from "node:fs/promises";
import { AgentJobsError, systemCodeOf } from "./errors.js";
import type { ItemKey } from "./format/itemId.js";
import type { DoneRecord, RunStartedRecord, StepRecord, WritableRecord } from "./format/record.js";
import { CheckpointScanner, type ScanSummary } from "./format/scan.js";
import { type JobState, latestRun, type OpenItem } from "./state/jobState.js";
import type { LostRun } from "./state/status.js";
import { trialNote, withoutTrialNote } from "./state/trialNote.js";
import { AppendFile, type Durability } from "./store/appendFile.js";
import { JsonlStore } from "./store/jsonlStore.js";
import { lossRecords } from "./store/lossNote.js";
import { encodeChecked } from "./store/ownLog.js";
import { streamPlain } from "./store/plainFile.js";
import type { CheckpointStore, JobLog, LoadedJob, OpenOptions } from "./store/store.js";

/** What a trial gave that is neither kept nor discarded. */
export interface Trial {
  item: ItemKey;
  run: number;
  /** The lock's token of its run, by which the checkpoint knows it. */
  token: string;
  steps: StepRecord[];
  /** Undefined where the trial was ended before it had a result, or the item failed. */
  done?: DoneRecord;
}

/** The file beside a checkpoint that holds the latest trial's result: of our own format, so that a tear shows. */
export const trialPathOf = (checkpoint: string): string => `${checkpoint}.tried`;

/** A checkpoint that takes all records of a run but those of one item's result, which wait beside it. */
export class TrialStore implements CheckpointStore {
  readonly supports;
  readonly url;

  constructor(
    private readonly store: JsonlStore,
    private readonly item: ItemKey,
  ) {
    this.supports = store.supports;
    this.url = store.url;
  }

  load(job: string): Promise<LoadedJob> {
    return this.store.load(job);
  }

  async open(job: string, options?: OpenOptions): Promise<JobLog> {
    const log = await this.store.open(job, options);
    try {
      const path = trialPathOf(this.store.path);
      // Paid for, and nobody has said what becomes of it.
      if ((await readTrial(this.store.path))?.done) throw waits(path);
      await rm(path, { force: true });
      return new TrialLog(log, this.item, await AppendFile.open(path));
    } catch (error) {
      await log.close();
      throw error;
    }
  }
}

class TrialLog implements JobLog {
  /** How the item stood before the trial. */
  private readonly before: OpenItem | undefined;

  constructor(
    private readonly log: JobLog,
    private readonly item: ItemKey,
    private readonly beside: AppendFile,
  ) {
    const open = log.state.open.get(item);
    this.before = open && { ...open };
  }

  get job(): string {
    return this.log.job;
  }
  get state(): JobState {
    return this.log.state;
  }
  get scan(): ScanSummary {
    return this.log.scan;
  }
  get token(): string {
    return this.log.token;
  }
  get lost(): LostRun | null {
    return this.log.lost ?? null;
  }

  async append(records: readonly WritableRecord[], durability: Durability): Promise<void> {
    const held: WritableRecord[] = [];
    const passed: WritableRecord[] = [];
    for (const record of records) {
      if (record.type === "run-started") {
        const start = asTrial(record);
        held.push(start);
        passed.push(start);
      } else if (!("item" in record) || record.item !== this.item) passed.push(record);
      else if (record.type === "done" || record.type === "step") held.push(record);
      else {
        passed.push(record);
        if (record.type === "started") held.push(record);
      }
    }
    const done = held.find((record) => record.type === "done");
    if (done) return this.hold(done);
    if (passed.length > 0) await this.log.append(passed, durability);
    if (held.length > 0) await this.beside.append(Buffer.concat(held.map(encodeChecked)), durability);
  }

  stopRequested(): Promise<boolean> {
    return this.log.stopRequested();
  }

  async close(): Promise<void> {
    try {
      await this.beside.close();
    } finally {
      await this.log.close();
    }
  }

  /** First what the result cost, then the result, then that the item stands as it did. */
  private async hold({ usage, ...done }: DoneRecord): Promise<void> {
    const { atMs, item, attempt = 1, run = 0 } = done;
    const of = { atMs, item, run, attempt };
    const spent = this.state.open.get(item)?.spent;
    const n = (spent?.attempt === attempt ? spent.n : 0) + 1;
    if (usage) await this.log.append([{ ...of, type: "spent", n, usage }], "synced");
    await this.beside.append(encodeChecked(done), "synced");
    const end = this.endOf(of);
    if (end) await this.log.append([end], "synced");
  }

  /** What was failed stays failed by the same cause, what was not begun waits, what was in doubt stays so. */
  private endOf(of: { atMs: number; item: ItemKey; run: number; attempt: number }) {
    const { failure, phase } = this.before ?? {};
    if (failure) {
      const { cause, message, detail } = failure;
      const note = trialNote(of.attempt, failure.attempt);
      const told = detail === undefined ? note : `${note}\n${withoutTrialNote(detail)}`;
      return { ...of, type: "failed" as const, cause, message, detail: told };
    }
    if (phase === "started") return undefined;
    const pass = this.state.open.get(of.item)?.pass ?? 0;
    return { ...of, type: "waiting" as const, pass };
  }
}

/** Its parameters and code are those of one result, not of the job's. */
function asTrial({ params: _, sources: __, stages: ___, ...start }: RunStartedRecord): RunStartedRecord {
  return start;
}

/** The trial that waits beside a checkpoint; null where there is none. */
export async function readTrial(checkpoint: string): Promise<Trial | null> {
  let start: RunStartedRecord | undefined;
  let item: ItemKey | undefined;
  let done: DoneRecord | undefined;
  const steps: StepRecord[] = [];
  const scanner = new CheckpointScanner();
  try {
    for await (const chunk of await streamPlain(trialPathOf(checkpoint)))
      for (const { record, verified } of scanner.push(Buffer.from(chunk as Buffer))) {
        if (!verified) continue;
        if (record.type === "run-started") start = record;
        else if (record.type === "started") item = record.item;
        else if (record.type === "step") steps.push(record);
        else if (record.type === "done") done = record;
      }
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return null;
    throw error;
  }
  if (!start || item === undefined) return null;
  return { item, run: start.run, token: start.token, steps, ...(done && { done }) };
}

/**
 * Records the result of the trial that waits as its item's.
 * @param name the job's name where the checkpoint has no header
 * @returns the item, and whether it was recorded: one that was done meanwhile keeps the result that it has
 * @throws AgentJobsError AJ_CHANGED where there is no result, or the checkpoint is not the one that it was tried
 *   against; what `JsonlStore.open` does; CheckpointWriteError AJ_WRITE
 */
export async function keepTrial(
  checkpoint: string,
  name: string,
): Promise<{ item: ItemKey; isKept: boolean }> {
  const store = new JsonlStore(checkpoint);
  const { state: before, exists } = await store.load(name);
  if (!exists) throw otherCheckpoint(checkpoint);
  const log = await store.open(before.job ?? name, { label: before.label });
  try {
    const trial = await readTrial(checkpoint);
    if (!trial?.done)
      throw new AgentJobsError(
        "AJ_CHANGED",
        `There is no result of a trial beside ${checkpoint}: it was kept or discarded, or the trial gave none. Nothing was changed.`,
      );
    const { state, scan } = log;
    const { item, run, token, steps, done } = trial;
    if (state.runs.get(run)?.token !== token) throw otherCheckpoint(checkpoint);
    const isKept = !state.done.has(item);
    const atMs = Date.now();
    const told = lossRecords(state, log.lost ?? null, scan, atMs);
    const records: WritableRecord[] = [...told, ...(isKept ? [...steps, { ...done, atMs }] : [])];
    // This is no run, whose first record would tell that the tear before it was survived.
    if (scan.openTail && told.length === 0)
      records.unshift({ type: "write-error", atMs, run: latestRun(state)?.run ?? 0, code: "TORN" });
    if (records.length > 0) await log.append(records, "synced");
    await rm(trialPathOf(checkpoint), { force: true });
    return { item, isKept };
  } finally {
    await log.close();
  }
}

const waits = (path: string): AgentJobsError =>
  new AgentJobsError(
    "AJ_CHANGED",
    `Will not try an item: the result of an earlier trial waits in ${path}. Keep or discard it first (try --keep, try --discard).`,
  );

const otherCheckpoint = (checkpoint: string): AgentJobsError =>
  new AgentJobsError(
    "AJ_CHANGED",
    `${checkpoint} is not the checkpoint that the item was tried against: it was cleared, redone or replaced since. Nothing was changed. Discard the result, or bring that checkpoint back.`,
  );

/** Forgets what a trial gave. What it spent stays recorded in the checkpoint. */
export async function discardTrial(checkpoint: string): Promise<void> {
  await rm(trialPathOf(checkpoint), { force: true });
}
