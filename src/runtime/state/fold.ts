import type { ItemKey } from "../format/itemId.js";
import {
  type CheckpointRecord,
  type CompactedRecord,
  type DoneRecord,
  type FailedRecord,
  isTimed,
  type MeasuredRecord,
  type PaceRecord,
  type PresenceRecord,
  type ProgressRecord,
  type RunEndedRecord,
  type RunLostRecord,
  type RunStartedRecord,
  type SnapshotRecord,
  type SpentRecord,
  type StartedRecord,
  type StepRecord,
  type Usage,
  type WaitingRecord,
} from "../format/record.js";
import { ItemSet } from "./itemSet.js";
import {
  addUsage,
  type JobState,
  noUsage,
  type OpenItem,
  type RunState,
  type UsageTotals,
} from "./jobState.js";

/**
 * Applies one record to the state, in place. Records of different items may come in any order, and repeats change
 * nothing; of one item they must come in the order they were written. (An F2 snapshot is the exception: it
 * replaces what earlier ones said, so a file of them must be read in its order.)
 */
export function applyRecord(state: JobState, record: CheckpointRecord): void {
  if (isTimed(record.atMs) && record.atMs > (state.lastRecordAtMs ?? 0)) state.lastRecordAtMs = record.atMs;
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
    case "spent":
      return spendOnItem(state, record);
    case "waiting":
      return parkItem(state, record);
    case "progress":
      return takeProgress(state, record);
    case "pace":
      return setPace(state, record);
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

/** Runs are counted from 1; what files of other tools say is of none that is known, 0. */
const isOfRun = (run: number | undefined): run is number => run !== undefined && run > 0;

/** A run's entry may be made by a record that came before its start was delivered. */
function runOf(state: JobState, number: number, atMs: number): RunState {
  let run = state.runs.get(number);
  if (!run) {
    const nothing = { pid: 0, host: "", token: "", done: 0, failed: 0, usage: noUsage() };
    run = { run: number, startedAtMs: atMs, ...nothing };
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
  if (record.sources !== undefined) run.sources = record.sources;
  if (record.stages !== undefined) run.stages = record.stages;
  if (record.budget !== undefined) run.budget = record.budget;
  // The total is of the latest run's input, which is unknown until it says so.
  if (record.run > state.totalRun) {
    state.totalRun = record.run;
    state.totalAtMs = Number.NEGATIVE_INFINITY;
    state.total = null;
  }
}

function endRun(state: JobState, record: RunEndedRecord): void {
  const { atMs, reason, signal, detail } = record;
  const told = { ...(signal !== undefined && { signal }), ...(detail !== undefined && { detail }) };
  runOf(state, record.run, atMs).ended = { atMs, reason, ...told };
}

function loseRun(state: JobState, { run, atMs, cause, detail }: RunLostRecord): void {
  runOf(state, run, atMs).lost ??= { cause, ...(detail !== undefined && { detail }) };
}

/** What the records said that a compaction dropped. */
function takeSums(state: JobState, { key, runs, steps, usage }: CompactedRecord): void {
  if (state.compactions.has(key)) return;
  state.compactions.add(key);
  for (const { run: number, ts, failed, usage: took } of runs) {
    const run = runOf(state, number, Math.round(ts * 1000));
    run.failed += failed;
    addUsage(run.usage, took);
  }
  for (const [step, count] of steps) state.steps.set(step, (state.steps.get(step) ?? 0) + count);
  addUsage(state.usage, usage);
}

function setPace(state: JobState, { run: number, atMs, n, concurrency, until, cause }: PaceRecord): void {
  const run = runOf(state, number, atMs);
  if ((run.pace?.n ?? 0) >= n) return;
  if (concurrency < (run.pace?.concurrency ?? run.concurrency ?? 0)) run.drops = (run.drops ?? 0) + 1;
  const untilMs = until === undefined ? undefined : Math.round(until * 1000);
  const pause = untilMs === undefined ? {} : { untilMs };
  run.pace = { n, concurrency, ...pause, ...(cause !== undefined && { cause }) };
  if (untilMs !== undefined) keepPause(run, { fromMs: atMs, toMs: untilMs });
}

const maxPauses = 100;

function keepPause(run: RunState, pause: { fromMs: number; toMs: number }): void {
  const before = run.pauses ?? [];
  const last = before.at(-1);
  const goesOn = last !== undefined && pause.fromMs <= last.toMs;
  const joined = goesOn ? { fromMs: last.fromMs, toMs: Math.max(last.toMs, pause.toMs) } : pause;
  run.pauses = [...(goesOn ? before.slice(0, -1) : before), joined].slice(-maxPauses);
}

/** What an attempt says of how far it has come. */
function takeProgress(state: JobState, record: ProgressRecord): void {
  if (state.done.has(record.item)) return;
  const open = openItem(state, record);
  const { attempt, fraction, atMs } = record;
  const { progress } = open;
  if (progress && (progress.attempt > attempt || (progress.attempt === attempt && progress.atMs >= atMs)))
    return;
  beginAttempt(open, record);
  open.progress = { attempt, fraction, atMs };
}

type AttemptRecord = StartedRecord | FailedRecord | StepRecord | SpentRecord | ProgressRecord | WaitingRecord;

function openItem(state: JobState, record: AttemptRecord): OpenItem {
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

function beginAttempt(open: OpenItem, record: AttemptRecord): void {
  const pass = record.type === "started" ? (record.pass ?? 0) : 0;
  const goesOn = record.attempt === open.attempt && open.phase !== "failed" && pass > (open.pass ?? 0);
  if (record.attempt <= open.attempt && !goesOn) return;
  open.attempt = record.attempt;
  open.run = record.run;
  open.phase = "started";
  open.atMs = record.atMs;
  if (pass > 0) open.pass = pass;
  else delete open.pass;
}

/** Between two stages: the attempt goes on with the next one, in this run or a later one. */
function parkItem(state: JobState, record: WaitingRecord): void {
  if (state.done.has(record.item)) return;
  const open = openItem(state, record);
  beginAttempt(open, record);
  const isCurrent = open.attempt === record.attempt && record.pass >= (open.pass ?? 0);
  if (!isCurrent || open.phase !== "started") return;
  open.phase = "waiting";
  open.run = record.run;
  open.atMs = record.atMs;
  if (record.pass > 0) open.pass = record.pass;
}

/** Calls of an attempt that goes on are paid for, whatever becomes of it. */
function spendOnItem(state: JobState, record: SpentRecord): void {
  if (state.done.has(record.item)) return;
  const open = openItem(state, record);
  const { attempt, n, usage } = record;
  const { spent } = open;
  if (spent && (spent.attempt > attempt || (spent.attempt === attempt && spent.n >= n))) return;
  beginAttempt(open, record);
  open.spent = { attempt, n, usage: spent?.attempt === attempt ? spent.usage : noUsage() };
  addUsage(open.spent.usage, usage);
  spend(state, record, usage);
}

function spend(
  state: JobState,
  { run, atMs }: { run?: number; atMs: number },
  usage: Usage | undefined,
): void {
  if (!usage) return;
  addUsage(state.usage, usage);
  if (isOfRun(run)) addUsage(runOf(state, run, atMs).usage, usage);
}

function failItem(state: JobState, record: FailedRecord): void {
  if (state.done.has(record.item)) return;
  const open = openItem(state, record);
  const isRepeat = record.attempt < open.attempt || (open.failure?.attempt ?? -1) >= record.attempt;
  if (isRepeat) return;
  const { item: _, type: __, usage, ms: ___, retry, ...failure } = record;
  open.attempt = record.attempt;
  open.run = record.run;
  open.phase = "failed";
  open.atMs = record.atMs;
  delete open.pass;
  open.failure = failure;
  if (retry) open.willRetry = true;
  else delete open.willRetry;
  spend(state, record, usage);
  if (isOfRun(record.run)) runOf(state, record.run, record.atMs).failed++;
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
  const spent = state.open.get(record.item)?.spent;
  state.open.delete(record.item);
  spend(state, record, record.usage);
  countFinished(state, record, spent?.attempt === record.attempt ? spent?.usage : undefined);
  countMeasured(state, record.item);
}

/** What an attempt took is spent at once; it is a finished item's only if the foreign file says that it is done. */
function measureItem(state: JobState, { item, attempt, run, atMs, ms, usage }: MeasuredRecord): void {
  const known = state.measured.get(item);
  if (known && known.attempt >= attempt) return;
  const measures = { ...(ms !== undefined && { ms }), ...(usage !== undefined && { usage }) };
  const isCounted = known?.isCounted ?? false;
  state.measured.set(item, { attempt, run, atMs, ...measures, isCounted });
  spend(state, { run, atMs }, usage);
  if (state.done.has(item)) countMeasured(state, item);
}

function countMeasured(state: JobState, item: ItemKey): void {
  const measured = state.measured.get(item);
  if (!measured || measured.isCounted) return;
  measured.isCounted = true;
  countFinished(state, measured);
}

type Finished = Pick<DoneRecord, "usage" | "run" | "ms" | "atMs">;

/** @param spent what `spent` records of the same attempt say besides */
function countFinished(state: JobState, { usage, run, ms, atMs }: Finished, spent?: UsageTotals): void {
  const took = noUsage();
  addUsage(took, usage);
  addUsage(took, spent);
  if (usage || spent) addUsage(state.doneUsage, took);
  if (isOfRun(run)) runOf(state, run, atMs).done++;
  if (ms === undefined) return;
  state.doneMs = (state.doneMs ?? 0) + ms;
  const { usd, inputTokens, outputTokens } = took;
  const tokens =
    inputTokens === null && outputTokens === null ? null : (inputTokens ?? 0) + (outputTokens ?? 0);
  const cost = { ...(usd !== null && { usd }), ...(tokens !== null && { tokens }) };
  state.durations.push({ ms, atMs, run: run ?? 0, ...cost });
}

function takeSnapshot(state: JobState, { turn, stateText, items }: SnapshotRecord): void {
  state.snapshot = { turn, stateText };
  state.done = new ItemSet(items);
  for (const item of state.open.keys()) if (state.done.has(item)) state.open.delete(item);
  for (const [item, { isCounted }] of state.measured)
    if (!isCounted && state.done.has(item)) countMeasured(state, item);
}
