import fc from "fast-check";
import { type ItemKey, keyOf } from "../../src/runtime/format/itemId.js";
import type { CheckpointRecord, StepRecord, Usage } from "../../src/runtime/format/record.js";
import { applyRecord } from "../../src/runtime/state/fold.js";
import { createJobState, type JobState } from "../../src/runtime/state/jobState.js";

type Untimed = CheckpointRecord extends infer R ? (R extends unknown ? Omit<R, "atMs"> : never) : never;

const usage: fc.Arbitrary<Usage> = fc.record(
  { inputTokens: fc.nat(1000), outputTokens: fc.nat(1000), usd: fc.double({ min: 0, max: 1, noNaN: true }) },
  { requiredKeys: [] },
);
const outcome = fc.constantFrom("done", "failed", "lost");
const attempt = fc.record({
  ...{ outcome, isStarted: fc.boolean(), steps: fc.nat(3), ms: fc.nat(9000), usage },
  ...{ spends: fc.array(usage, { maxLength: 2 }), passes: fc.nat(2), willRetry: fc.boolean() },
});
const presence = fc.array(fc.constantFrom("gone" as const, "back" as const), { maxLength: 3 });

/** What happens to one item, in order: attempts over several runs, steps, leaving the input and coming back. */
function itemRecords(item: ItemKey, tries: Attempt[], left: ("gone" | "back")[]): Untimed[] {
  const records: Untimed[] = [];
  tries.forEach(({ outcome: end, isStarted, steps, ms, usage: used, spends, passes, willRetry }, i) => {
    const base = { item, run: 1 + (i >> 1), attempt: i + 1 };
    if (isStarted) records.push({ type: "started", ...base });
    for (let n = 0; n < steps; n++) {
      const step: Omit<StepRecord, "atMs"> = {
        type: "step",
        ...base,
        step: `step${n}`,
        op: `op${n}`,
        result: n,
      };
      records.push(step);
    }
    spends.forEach((spent, n) => {
      records.push({ type: "spent", ...base, n: n + 1, usage: spent });
    });
    if (passes > 0) records.push({ type: "progress", ...base, fraction: 1 / passes });
    for (let pass = 0; pass < passes; pass++) {
      records.push({ type: "waiting", ...base, pass });
      if (isStarted) records.push({ type: "started", ...base, pass: pass + 1 });
    }
    const retry = willRetry ? { retry: true as const } : {};
    if (end === "failed")
      records.push({ type: "failed", ...base, cause: "timeout", message: "late", usage: used, ...retry });
    if (end === "done") records.push({ type: "done", ...base, ms, usage: used, result: i });
  });
  left.forEach((type, i) => {
    records.push({ type, item, run: 1 + (i >> 1) });
  });
  return records;
}

interface Attempt {
  outcome: string;
  isStarted: boolean;
  steps: number;
  ms: number;
  usage: Usage;
  spends: Usage[];
  passes: number;
  willRetry: boolean;
}

function runRecords(totals: number[][]): Untimed[] {
  return totals.flatMap((inputs, i): Untimed[] => [
    {
      type: "run-started",
      run: i + 1,
      pid: 7,
      host: "ada",
      token: `t${i}`,
      concurrency: i + 1,
      params: { i },
    },
    ...inputs.map((total): Untimed => ({ type: "input", run: i + 1, total })),
    ...inputs.map((until, n): Untimed => ({ type: "pace", run: i + 1, n: n + 1, concurrency: until, until })),
    { type: "write-error", run: i + 1, code: "ENOSPC" },
    { type: "run-ended", run: i + 1, reason: "stopped" },
  ]);
}

/** Streams of records; within each the order counts, between them it does not. */
export const anyStreams: fc.Arbitrary<CheckpointRecord[][]> = fc
  .tuple(
    fc.array(fc.tuple(fc.array(attempt, { maxLength: 5 }), presence), { minLength: 1, maxLength: 25 }),
    fc.array(fc.array(fc.nat(50), { maxLength: 2 }), { maxLength: 3 }),
  )
  .map(([items, totals]) => {
    const streams: Untimed[][] = items.map(([tries, left], i) =>
      itemRecords(keyOf(`item-${i}`), tries, left),
    );
    streams.push(runRecords(totals), [{ type: "job", v: 1, job: "j", label: "l" }]);
    let n = 0;
    return streams.map((stream) =>
      stream.map((record) => ({ ...record, atMs: 1_748_107_200_000 + 17 * n++ }) as CheckpointRecord),
    );
  });

/** All records, each stream in its order, mixed by the given choices; every now and then one comes again. */
export function interleave(
  streams: readonly CheckpointRecord[][],
  choose: (below: number) => number,
): CheckpointRecord[] {
  const rest = streams.map((stream) => [...stream]).filter((stream) => stream.length > 0);
  const mixed: CheckpointRecord[] = [];
  while (rest.length > 0) {
    const at = choose(rest.length);
    mixed.push(rest[at]!.shift()!);
    if (rest[at]!.length === 0) rest.splice(at, 1);
    while (choose(3) === 0) mixed.push(mixed[choose(mixed.length)]!);
  }
  return mixed;
}

export function fold(records: Iterable<CheckpointRecord>): JobState {
  const state = createJobState();
  for (const record of records) applyRecord(state, record);
  return state;
}

/** A state as it is documented to be the same for every order: the durations count as a set of the newest. */
export function comparable(state: JobState) {
  return { ...state, durations: state.durations.newest() };
}
