import { isDeepStrictEqual } from "node:util";
import type { ItemKey } from "../format/itemId.js";
import type { CheckpointRecord, CompactedRecord, FailedRecord, StepRecord, Usage } from "../format/record.js";
import { applyRecord } from "./fold.js";
import {
  addUsage,
  createJobState,
  type JobState,
  noUsage,
  type OpenItem,
  type UsageTotals,
} from "./jobState.js";

/** How many records a compaction drops, by why nothing needs them any more. */
export interface Dropped {
  /** Of attempts that were superseded by a later one, or by the item's end. */
  failures: number;
  /** Starts of items that went on since. */
  starts: number;
  /** Results of steps of items that are done. */
  steps: number;
  /** Items that left the input and came back, and totals of earlier inputs. */
  inputs: number;
  /** Records that say nothing new. */
  repeats: number;
}

/** What is needed of an item that is not done. Numbers count the records of the log. */
interface Pending {
  /** What began or ended its latest attempt. */
  latest: number;
  failure: number;
  progress: number;
  failures: { at: number; record: FailedRecord }[];
  steps: Map<string, number>;
  stepNames: string[];
}

/**
 * Finds out which records of a log a reader needs to come to the same state. Pure: the log is given record by
 * record, and what is dropped is summed, so that no total changes.
 */
export class Compaction {
  readonly state: JobState = createJobState();
  readonly dropped: Dropped = { failures: 0, starts: 0, steps: 0, inputs: 0, repeats: 0 };
  /** A byte for each record that was taken: a large log has millions of them. */
  private isKept = new Uint8Array(1024);
  private taken = 0;
  private readonly pending = new Map<ItemKey, Pending>();
  private readonly presence = new Map<ItemKey, number>();
  private readonly said = new Map<string, string>();
  private readonly sums: { at: number; record: CompactedRecord }[] = [];
  private readonly steps = new Map<string, number>();
  private readonly runs = new Map<
    number,
    { run: number; atMs: number; failed: number; usage: UsageTotals }
  >();
  private readonly paces = new Map<number, number>();
  /** Records that say what was spent: no sum holds that by item. */
  private readonly spends = new Set<number>();
  private readonly usage: UsageTotals = createJobState().usage;
  private input = -1;

  /** Takes the next record of the log. */
  take(record: CheckpointRecord): void {
    const at = this.keepNext();
    switch (record.type) {
      case "job":
      case "run-started":
      case "run-ended":
      case "run-lost":
        this.takeOnce(record, at);
        if (this.state.total === null) this.drop(this.input, "inputs");
        if (this.state.total === null) this.input = -1;
        return;
      case "input":
        return this.takeInput(record, at);
      case "gone":
      case "back":
        return this.takePresence(record, at);
      case "started":
      case "waiting":
      case "failed":
      case "step":
      case "spent":
      case "progress":
        return this.takeAttempt(record, at);
      case "pace":
        return this.takePace(record, at);
      case "done":
        return this.takeDone(record, at);
      case "compacted":
        if (this.state.compactions.has(record.key)) this.drop(at, "repeats");
        else this.sums.push({ at, record });
        return applyRecord(this.state, record);
      case "write-error":
        this.drop(at, "repeats"); // the fragment that it tells of goes as well
        return applyRecord(this.state, record);
      default:
        return applyRecord(this.state, record);
    }
  }

  /**
   * Call once, after the last record.
   * @param key names the sums; another for each compaction
   * @returns what the dropped records said in sum, to be written instead of them; null where nothing is dropped
   */
  finish(key: string): CompactedRecord | null {
    for (const { failure, failures } of this.pending.values())
      for (const { at, record } of failures) if (at !== failure) this.sumFailure(record);
    for (const [item, at] of this.presence) if (!this.state.presence.get(item)!.gone) this.drop(at, "inputs");
    return this.droppedCount === 0 ? null : this.summed(key);
  }

  get droppedCount(): number {
    return Object.values(this.dropped).reduce((sum, count) => sum + count, 0);
  }

  /** Whether the record of this number, counted from 0, stays. */
  keeps(at: number): boolean {
    return this.isKept[at] === 1;
  }

  private keepNext(): number {
    if (this.taken === this.isKept.length) {
      const larger = new Uint8Array(2 * this.taken);
      larger.set(this.isKept);
      this.isKept = larger;
    }
    this.isKept[this.taken] = 1;
    return this.taken++;
  }

  private summed(key: string): CompactedRecord {
    for (const { at, record } of this.sums) {
      this.isKept[at] = 0; // the new sums hold these
      for (const { run, ts, failed, usage } of record.runs)
        this.sumRun(run, Math.round(ts * 1000), failed, usage);
      for (const [name, count] of record.steps) this.steps.set(name, (this.steps.get(name) ?? 0) + count);
      addUsage(this.usage, record.usage);
    }
    // Its time keeps the log's latest.
    const atMs = this.state.lastRecordAtMs ?? 0;
    const runs = [...this.runs.values()].map(({ run, atMs: ms, failed, usage: took }) => {
      return { run, ts: ms / 1000, failed, ...told(took) };
    });
    const steps = [...this.state.steps.keys()].map((name): [string, number] => {
      return [name, this.steps.get(name) ?? 0];
    });
    return { type: "compacted", atMs, key, runs, steps, ...told(this.usage) };
  }

  /** Of a run only the latest pace counts. */
  private takePace(record: CheckpointRecord & { type: "pace" }, at: number): void {
    const before = this.state.runs.get(record.run)?.pace;
    applyRecord(this.state, record);
    if (this.state.runs.get(record.run)?.pace === before) return this.drop(at, "repeats");
    this.drop(this.paces.get(record.run) ?? -1, "inputs");
    this.paces.set(record.run, at);
  }

  private drop(at: number, why: keyof Dropped): void {
    if (at < 0 || !this.isKept[at] || this.spends.has(at)) return;
    this.isKept[at] = 0;
    this.dropped[why]++;
  }

  /** Of what a run says of itself the latest counts. */
  private takeOnce(record: CheckpointRecord & { run?: number }, at: number): void {
    const name = `${record.type} ${record.run ?? ""}`;
    const text = JSON.stringify(record);
    if (this.said.get(name) === text) this.drop(at, "repeats");
    this.said.set(name, text);
    applyRecord(this.state, record);
  }

  private takeInput(record: CheckpointRecord & { type: "input" }, at: number): void {
    applyRecord(this.state, record);
    const { total, totalRun, totalAtMs } = this.state;
    const counts = totalRun === record.run && totalAtMs === record.atMs && total === record.total;
    this.drop(counts ? this.input : at, "inputs");
    if (counts) this.input = at;
  }

  private takePresence(record: CheckpointRecord & { type: "gone" | "back" }, at: number): void {
    applyRecord(this.state, record);
    const { run, atMs, gone } = this.state.presence.get(record.item)!;
    if (run !== record.run || atMs !== record.atMs || gone !== (record.type === "gone"))
      return this.drop(at, "inputs");
    this.drop(this.presence.get(record.item) ?? -1, "inputs");
    this.presence.set(record.item, at);
  }

  private takeAttempt(record: CheckpointRecord & { type: AttemptKind }, at: number): void {
    const why = record.type === "failed" ? "failures" : record.type === "step" ? "steps" : "starts";
    const before = copyOf(this.state.open.get(record.item));
    applyRecord(this.state, record);
    const now = this.state.open.get(record.item);
    if (!now) return this.drop(at, this.state.done.has(record.item) ? why : "repeats");
    let item = this.pending.get(record.item);
    if (!item) {
      item = { latest: -1, failure: -1, progress: -1, failures: [], steps: new Map(), stepNames: [] };
      this.pending.set(record.item, item);
    }
    const { latest, failure, progress } = item;
    if (isOtherAttempt(before, now)) item.latest = at;
    if (record.type === "spent" && before?.spent !== now.spent) this.spends.add(at);
    if (record.type === "failed" && before?.failure !== now.failure) {
      item.failure = at;
      item.failures.push({ at, record });
    }
    if (before?.progress !== now.progress) item.progress = at;
    const isNewStep = record.type === "step" && this.takeStep(item, record, at, before);
    const isNew = [item.latest, item.failure, item.progress].includes(at) || isNewStep;
    if (!isNew) return this.drop(at, "repeats");
    // What this one supersedes; a failure is needed for as long as no later one is.
    const needed = [item.latest, item.failure, item.progress];
    for (const old of new Set([latest, failure, progress]))
      if (old >= 0 && !needed.includes(old) && !isStep(item, old))
        this.drop(
          old,
          old === failure || item.failures.some((each) => each.at === old) ? "failures" : "starts",
        );
  }

  /** A resume gives the results of all finished steps back, also of one with other inputs. */
  private takeStep(item: Pending, { step, op }: StepRecord, at: number, before?: OpenItem): boolean {
    if (!before?.steps?.has(step)) item.stepNames.push(step);
    else if (item.steps.has(op)) return false;
    if (!item.steps.has(op)) item.steps.set(op, at);
    return true;
  }

  private takeDone(record: CheckpointRecord & { type: "done" }, at: number): void {
    if (this.state.done.has(record.item)) this.drop(at, "repeats");
    applyRecord(this.state, record);
    const item = this.pending.get(record.item);
    if (!item) return;
    this.pending.delete(record.item);
    this.drop(item.progress, "starts");
    for (const { at: failedAt, record: failed } of item.failures) {
      this.sumFailure(failed);
      this.drop(failedAt, "failures");
    }
    for (const step of item.steps.values()) this.drop(step, "steps");
    for (const name of item.stepNames) this.steps.set(name, (this.steps.get(name) ?? 0) + 1);
    this.drop(item.latest, "starts");
  }

  private sumFailure({ run, atMs, usage }: FailedRecord): void {
    this.sumRun(run, atMs, 1, usage);
    addUsage(this.usage, usage);
  }

  private sumRun(run: number, atMs: number, failed: number, usage: Usage | undefined): void {
    const sum = this.runs.get(run) ?? { run, atMs, failed: 0, usage: noUsage() };
    addUsage(sum.usage, usage);
    this.runs.set(run, { ...sum, atMs: Math.min(sum.atMs, atMs), failed: sum.failed + failed });
  }
}

type AttemptKind = "started" | "waiting" | "failed" | "step" | "spent" | "progress";

/** The figures that are known, as a record has them. */
function told(totals: UsageTotals): { usage?: Usage } {
  const usage = Object.fromEntries(Object.entries(totals).filter(([, amount]) => amount !== null));
  return Object.keys(usage).length > 0 ? { usage } : {};
}

const copyOf = (open: OpenItem | undefined): OpenItem | undefined =>
  open && { ...open, ...(open.steps && { steps: new Set(open.steps) }) };

const isStep = (item: Pending, at: number): boolean => [...item.steps.values()].includes(at);

function isOtherAttempt(before: OpenItem | undefined, now: OpenItem): boolean {
  return (
    before?.attempt !== now.attempt ||
    before.run !== now.run ||
    before.phase !== now.phase ||
    before.pass !== now.pass ||
    before.atMs !== now.atMs
  );
}

/** A state as a compaction leaves it the same: which sums made it up, and what came back to the input, is forgotten. */
export function lasting(state: JobState) {
  const presence = new Map([...state.presence].filter(([, { gone }]) => gone));
  // Of runs that have ended: what they paused does not matter to any estimate.
  const runs = new Map([...state.runs].map(([n, { pauses: _, drops: __, ...run }]) => [n, run]));
  return { ...state, runs, presence, compactions: new Set(), durations: state.durations.newest() };
}

/** Whether two states are the same in all that a compaction keeps. */
export function lastAlike(a: JobState, b: JobState): boolean {
  const [{ done, ...rest }, { done: others, ...otherRest }] = [lasting(a), lasting(b)];
  return done.equals(others) && isDeepStrictEqual(rest, otherRest);
}
