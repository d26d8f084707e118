import { keyOf } from "../../src/runtime/format/itemId.js";
import { encodeRecord, jobRecord, type WritableRecord } from "../../src/runtime/format/record.js";
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
  /** How the run ended; left out: it is live, or was killed. */
  ended?: "finished" | "stopped" | "finished-with-failures";
}

const holder: Holder = { pid: 4121, host: "ada", token: "t1", sinceMs: startMs, local: true };

/** A job of one run with eight at a time, seen a moment after its last record. */
export function sampleView(sample: Sample): JobView {
  const { name = "nightly", total = 1000, done = 0, failed = {}, begun = 0, label = null } = sample;
  const base = { run: 1, attempt: 1 };
  let atMs = startMs;
  const records: WritableRecord[] = [
    jobRecord(startMs, name, label, `../${name}.job.ts`),
    { type: "run-started", atMs, run: 1, pid: 4121, host: "ada", token: "t1", concurrency: 8 },
  ];
  if (total !== null) records.push({ type: "input", atMs, run: 1, total });
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
  if (sample.ended) records.push({ type: "run-ended", atMs, run: 1, reason: sample.ended });
  const state = createJobState();
  const scanner = new CheckpointScanner();
  const bytes = Buffer.concat([
    ...records.map(encodeRecord),
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
  });
}
