import { keyOf } from "../../src/runtime/format/itemId.js";
import {
  encodeRecord,
  jobRecord,
  type LossCause,
  type RunEndReason,
  type WritableRecord,
} from "../../src/runtime/format/record.js";
import { CheckpointScanner } from "../../src/runtime/format/scan.js";
import { applyRecord } from "../../src/runtime/state/fold.js";
import { createJobState } from "../../src/runtime/state/jobState.js";
import type { Holder } from "../../src/runtime/state/status.js";
import { type JobView, jobView } from "../../src/view/jobView.js";

export const startMs = Date.UTC(2026, 10, 21, 4, 0, 0);

export interface Sample {
  name?: string;
  total?: number | null;
  done?: number;
  /** Messages by cause. */
  failed?: Record<string, string[]>;
  /** Items that were begun and have no end. */
  begun?: number;
  damaged?: boolean;
  live?: boolean;
  stopping?: boolean;
  label?: string;
  /** Milliseconds from the last record to now. */
  silentMs?: number;
  readError?: string;
  /** The job file is there no more. */
  isStranded?: boolean;
  /** The last line was cut short while it was written. */
  torn?: boolean;
  /** How the run ended; left out: it is live, or was killed. */
  ended?: RunEndReason;
  /** How it ended that could not say so itself, as its successor wrote it down. */
  lost?: LossCause;
  /** Which limit it was that ended the run. */
  endDetail?: string;
  /** The run's pace: how many at a time from its last record on, and for how long none begins, and why. */
  pace?: { concurrency: number; pauseMs?: number; cause?: string };
  /** Names of the stages, in order, and how many items finished each. */
  stages?: Record<string, number>;
  /** What a run before this one took. */
  spentBefore?: { inputTokens: number; outputTokens: number; usd: number };
}

const holder: Holder = { pid: 4121, host: "ada", token: "t1", sinceMs: startMs, local: true };

/** A job of one run with eight at a time, seen a moment after its last record. */
export function sampleView(sample: Sample): JobView {
  const { name = "nightly", total = 1000, done = 0, failed = {}, begun = 0, label = null } = sample;
  const { spentBefore, stages, pace } = sample;
  const run = spentBefore ? 2 : 1;
  const base = { run, attempt: 1 };
  let atMs = startMs;
  const began = {
    atMs,
    pid: 4121,
    host: "ada",
    concurrency: 8,
    ...(stages && { stages: Object.keys(stages) }),
  };
  const records: WritableRecord[] = [
    jobRecord(startMs, name, label, `../${name}.job.ts`),
    ...(spentBefore
      ? ([
          { type: "run-started", ...began, run: 1, token: "t0" },
          { type: "done", atMs, run: 1, attempt: 1, item: keyOf("before"), usage: spentBefore },
        ] satisfies WritableRecord[])
      : []),
    { type: "run-started", ...began, run, token: "t1" },
  ];
  if (total !== null) records.push({ type: "input", atMs, run, total });
  const next = () => {
    atMs += 250;
    return { ...base, atMs };
  };
  const usage = { inputTokens: 800, outputTokens: 100, usd: 0.001 };
  for (let i = 0; i < done; i++)
    records.push({ type: "done", ...next(), item: keyOf(`done-${i}`), ms: 2_000, usage });
  for (const [cause, messages] of Object.entries(failed))
    for (const [i, message] of messages.entries())
      records.push({ type: "failed", ...next(), item: keyOf(`${cause}-${i}`), cause, message });
  for (let i = 0; i < begun; i++) records.push({ type: "started", ...next(), item: keyOf(`begun-${i}`) });
  for (const [step, count] of Object.entries(stages ?? {}))
    for (let i = 0; i < count; i++)
      records.push({ type: "step", ...next(), item: keyOf(`staged-${i}`), step, op: `${step}-${i}` });
  if (pace) {
    const { concurrency, pauseMs, cause } = pace;
    const until = pauseMs === undefined ? {} : { until: (atMs + pauseMs) / 1_000 };
    records.push({
      type: "pace",
      atMs,
      run,
      n: 1,
      concurrency,
      ...until,
      ...(cause !== undefined && { cause }),
    });
  }
  const detail = sample.endDetail === undefined ? {} : { detail: sample.endDetail };
  if (sample.ended) records.push({ type: "run-ended", atMs, run, reason: sample.ended, ...detail });
  if (sample.lost) records.push({ type: "run-lost", atMs, run, cause: sample.lost });
  const state = createJobState();
  const scanner = new CheckpointScanner();
  const bytes = Buffer.concat([
    ...records.map(encodeRecord),
    ...(sample.torn ? [Buffer.from('{"type":"done","it')] : []),
    ...(sample.damaged ? [Buffer.from('{"id":"x","ts":1,"c":"00000000"}\n')] : []),
  ]);
  for (const { record } of scanner.push(bytes)) applyRecord(state, record);
  return jobView({
    checkpoint: `checkpoints/${name}.jsonl`,
    fallbackName: name,
    state,
    scan: scanner.summary(),
    holder: sample.live ? holder : null,
    nowMs: atMs + (sample.silentMs ?? 0),
    ...(sample.readError !== undefined && { readError: sample.readError }),
    stopping: sample.stopping ?? false,
    goneJobFile: sample.isStranded ? `../${name}.job.ts` : null,
  });
}
