import { maxErrorChars } from "../config.js";
import { type FailedRecord, jobRecord, type RunEndedRecord, type WritableRecord } from "../format/record.js";
import { redact } from "../redact.js";
import { causeOf } from "../runner/causes.js";
import { operationId } from "../session/operationCache.js";
import type { OldDone, OldJob, OldStep } from "./oldJob.js";

export interface Naming {
  job: string;
  label: string | null;
  /** The old file as the run's end names it. */
  source: string;
  /** Names the run, so that joined checkpoints tell it from others. */
  token: string;
  nowMs: number;
}

/**
 * What a new checkpoint says of an old job. One run that ended as `migrated` stands for all that its program did: it
 * has no process, no concurrency and no parameters, so that no estimate goes by it, and no change is told of what
 * nobody recorded.
 */
export function* migratedRecords(old: OldJob, naming: Naming): Generator<WritableRecord> {
  const { job, label, source, token, nowMs } = naming;
  const run =
    1 + old.beside.reduce((last, record) => ("run" in record ? Math.max(last, record.run ?? 0) : last), 0);
  const atMs = old.changedAtMs;
  const place = { run, atMs };
  yield jobRecord(nowMs, job, label, null);
  for (const record of old.beside) yield record as WritableRecord;
  yield {
    ...place,
    type: "run-started",
    atMs: Math.min(old.startedAtMs ?? atMs, atMs),
    pid: 0,
    host: "",
    token,
  };
  if (old.total !== null) yield { ...place, type: "input", total: old.total };
  for (const one of old.done) yield* doneRecords(one, place);
  for (const { item, message, attempts, ...at } of old.failed) {
    const text = redact(message).slice(0, maxErrorChars);
    const failed: FailedRecord = {
      ...place,
      ...at,
      type: "failed",
      item,
      attempt: attempts,
      cause: causeOfText(message),
      message: text,
    };
    yield failed;
  }
  for (const { item, attempt, ...at } of old.inDoubt)
    yield { ...place, ...at, type: "started", item, attempt };
  for (const { item, steps } of old.waiting) {
    const attempt = { ...place, item, attempt: 1 };
    for (const step of steps) yield { ...attempt, type: "step", ...stepMembers(step) };
    yield { ...attempt, type: "waiting", pass: 0 };
  }
  const end: RunEndedRecord = { ...place, type: "run-ended", reason: "migrated", detail: source };
  yield { ...end, done: old.done.length, failed: old.failed.length };
}

function* doneRecords(
  { steps = [], isMeasured, ...one }: OldDone,
  place: { run: number; atMs: number },
): Generator<WritableRecord> {
  const { item, attempt = 1 } = one;
  for (const step of steps) yield { ...place, type: "step", item, attempt, ...stepMembers(step) };
  const { run, ...at } = place;
  yield { ...at, ...one, type: "done", ...(!isMeasured && { run }) };
}

/** As a step without inputs: the old file's results go by stage and item, and what they were made from is not told. */
const stepMembers = ({ name, result }: OldStep) => ({
  step: name,
  op: operationId(name, null),
  ...(result !== undefined && { result }),
});

/** Python's `str(error)` of an SDK's error begins with the HTTP status. */
function causeOfText(message: string): string {
  const status = /^(?:Error code: )?([45]\d\d)\b/.exec(message)?.[1];
  return causeOf(Object.assign(new Error(message), status !== undefined && { status: Number(status) }));
}
