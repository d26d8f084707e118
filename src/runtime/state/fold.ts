import { durationSampleSize } from "../config.js";
import type { ItemKey } from "../format/itemId.js";
import type {
  CheckpointRecord,
  CompactedRecord,
  DoneRecord,
  FailedRecord,
  MeasuredRecord,
  PresenceRecord,
  RunEndedRecord,
  RunLostRecord,
  RunStartedRecord,
  SnapshotRecord,
  StartedRecord,
  StepRecord,
} from "../format/record.js";
import { addUsage, type JobState, type OpenItem, type RunState } from "./jobState.js";

/**
 * Applies one record to the state, in place. Records of different items may come in any order, and repeats change
 * nothing; of one item they must come in the order they were written. (An F2 snapshot is the exception: it
 * replaces what earlier ones said, so a file of them must be read in its order.)
 */
export function applyRecord(state: JobState, record: CheckpointRecord): void {
  if (record.atMs > (state.lastRecordAtMs ?? Number.NEGATIVE_INFINITY)) state.lastRecordAtMs = record.atMs;
  switch (record.type) {
    case "job":
      state.job = record.job;
      state.label = record.label ?? null;
      state.jobFile = record.file ?? null;
      state.formatVersion = Math.max(record.v, state.formatVersion ?? 0);
      state.createdAtMs = Math.min(record.atMs, state.createdAtMs ?? record.atMs);
      return;
    case "run-started":
      return startRun(state, record);
    case "input":
      if (!isLater(record, { run: state.totalRun, atMs: state.totalAtMs })) return;
      state.total = record.total;
      state.totalRun = record.run;
      state.totalAtMs = record.atMs;
      return;
    case "gone":
    case "back":
      return takePresence(state, record);
    case "started":
      return startItem(state, record);
    case "step":
      return finishStep(state, record);
    case "failed":
      return failItem(state, record);
    case "done":
      return finishItem(state, record);
    case "measured":
      return measureItem(state, record);
    case "run-ended":
      return endRun(state, record);
    case "run-lost":
      return loseRun(state, record);
    case "compacted":
      return takeSums(state, record);
    case "snapshot":
      return takeSnapshot(state, record);
    case "write-error":
    case "unknown":
      return;
  }
}

/** Of two records that replace each other: the later one, so that a repeat of the earlier changes nothing. */
function isLater(a: { run: number; atMs: number }, b: { run: number; atMs: number }): boolean {
  return a.run > b.run || (a.run === b.run && a.atMs >= b.atMs);
}

function takePresence(state: JobState, { item, type, run, atMs }: PresenceRecord): void {
  const known = state.presence.get(item);
  if (!known || isLater({ run, atMs }, known)) state.presence.set(item, { run, atMs, gone: type === "gone" });
}

/** A run's entry may be made by a record that came before its start was delivered. */
function runOf(state: JobState, number: number, atMs: number): RunState {
  let run = state.runs.get(number);
  if (!run) {
    run = { run: number, startedAtMs: atMs, pid: 0, host: "", token: "", done: 0, failed: 0 };
    state.runs.set(number, run);
  } else if (run.token === "") run.startedAtMs = Math.min(run.startedAtMs, atMs);
  return run;
}

function startRun(state: JobState, record: RunStartedRecord): void {
  const run = runOf(state, record.run, record.atMs);
  run.startedAtMs = record.atMs;
  run.pid = record.pid;
  run.host = record.host;
  run.token = record.token;
  if (record.concurrency !== undefined) run.concurrency = record.concurrency;
  if (record.params !== undefined) run.params = record.params;
  // The total is of the latest run's input, which is unknown until it says so.
  if (record.run > state.totalRun) {
    state.totalRun = record.run;
    state.totalAtMs = Number.NEGATIVE_INFINITY;
    state.total = null;
  }
}

function endRun(state: JobState, record: RunEndedRecord): void {
  const { atMs, reason, signal } = record;
  runOf(state, record.run, atMs).ended = { atMs, reason, ...(signal !== undefined && { signal }) };
}

function loseRun(state: JobState, { run, atMs, cause, detail }: RunLostRecord): void {
  runOf(state, run, atMs).lost ??= { cause, ...(detail !== undefined && { detail }) };
}

/** What the records said that a compaction dropped. */
function takeSums(state: JobState, { key, runs, steps, usage }: CompactedRecord): void {
  if (state.compactions.has(key)) return;
  state.compactions.add(key);
  for (const { run, ts, failed } of runs) runOf(state, run, Math.round(ts * 1000)).failed += failed;
  for (const [step, count] of steps) state.steps.set(step, (state.steps.get(step) ?? 0) + count);
  addUsage(state.usage, usage);
}

function openItem(state: JobState, record: StartedRecord | FailedRecord | StepRecord): OpenItem {
  let open = state.open.get(record.item);
  if (!open) {
    open = { attempt: 0, run: record.run, phase: "started", atMs: record.atMs };
    state.open.set(record.item, open);
  }
  return open;
}

function startItem(state: JobState, record: StartedRecord): void {
  if (state.done.has(record.item)) return;
  beginAttempt(openItem(state, record), record);
}

function beginAttempt(open: OpenItem, record: StartedRecord | StepRecord): void {
  if (record.attempt <= open.attempt) return;
  open.attempt = record.attempt;
  open.run = record.run;
  open.phase = "started";
  open.atMs = record.atMs;
}

function failItem(state: JobState, record: FailedRecord): void {
  if (state.done.has(record.item)) return;
  const open = openItem(state, record);
  const isRepeat = record.attempt < open.attempt || (open.failure?.attempt ?? -1) >= record.attempt;
  if (isRepeat) return;
  const { item: _, type: __, usage, ms: ___, ...failure } = record;
  open.attempt = record.attempt;
  open.run = record.run;
  open.phase = "failed";
  open.atMs = record.atMs;
  open.failure = failure;
  addUsage(state.usage, usage);
  runOf(state, record.run, record.atMs).failed++;
}

function finishStep(state: JobState, record: StepRecord): void {
  if (state.done.has(record.item)) return;
  const open = openItem(state, record);
  beginAttempt(open, record); // a power cut can lose the record of its start
  open.steps ??= new Set();
  if (open.steps.has(record.step)) return;
  open.steps.add(record.step);
  state.steps.set(record.step, (state.steps.get(record.step) ?? 0) + 1);
}

function finishItem(state: JobState, record: DoneRecord): void {
  if (state.done.has(record.item)) return;
  state.done.add(record.item);
  if (record.by === "person") state.doneByPerson++;
  state.open.delete(record.item);
  addUsage(state.usage, record.usage);
  countFinished(state, record);
  countMeasured(state, record.item);
}

/** What an attempt took is spent at once; it is a finished item's only if the foreign file says that it is done. */
function measureItem(state: JobState, { item, attempt, run, atMs, ms, usage }: MeasuredRecord): void {
  const known = state.measured.get(item);
  if (known && known.attempt >= attempt) return;
  const measures = { ...(ms !== undefined && { ms }), ...(usage !== undefined && { usage }) };
  const isCounted = known?.isCounted ?? false;
  state.measured.set(item, { attempt, run, atMs, ...measures, isCounted });
  addUsage(state.usage, usage);
  if (state.done.has(item)) countMeasured(state, item);
}

function countMeasured(state: JobState, item: ItemKey): void {
  const measured = state.measured.get(item);
  if (!measured || measured.isCounted) return;
  measured.isCounted = true;
  countFinished(state, measured);
}

type Finished = Pick<DoneRecord, "usage" | "run" | "ms" | "atMs">;

function countFinished(state: JobState, { usage, run, ms, atMs }: Finished): void {
  addUsage(state.doneUsage, usage);
  if (run !== undefined) runOf(state, run, atMs).done++;
  if (ms === undefined) return;
  state.doneMs = (state.doneMs ?? 0) + ms;
  keepDuration(state, { ms, atMs, run: run ?? 0 });
}

/** Keeps the newest samples, whatever order they come in: at twice the size the older half goes. */
function keepDuration(state: JobState, sample: JobState["durations"][number]): void {
  state.durations.push(sample);
  if (state.durations.length >= 2 * durationSampleSize) state.durations = newestDurations(state);
}

/** The newest durations, newest last, at most `durationSampleSize`. */
export function newestDurations(state: JobState): JobState["durations"] {
  const byAge = (a: { atMs: number; ms: number; run: number }, b: typeof a) =>
    a.atMs - b.atMs || a.ms - b.ms || a.run - b.run;
  return [...state.durations].sort(byAge).slice(-durationSampleSize);
}

function takeSnapshot(state: JobState, { turn, stateText, items }: SnapshotRecord): void {
  state.snapshot = { turn, stateText };
  state.done = new Set(items);
  for (const item of state.open.keys()) if (state.done.has(item)) state.open.delete(item);
  for (const [item, { isCounted }] of state.measured)
    if (!isCounted && state.done.has(item)) countMeasured(state, item);
}
