import assert from "node:assert/strict";
import { CheckpointScanner } from "../../src/runtime/format/scan.js";
import { createJobState } from "../../src/runtime/state/jobState.js";
import { type JobStatus, statusOf } from "../../src/runtime/state/status.js";
import { columnsOf } from "../../src/view/columns.js";
import { type ProgressInput, progressText } from "../../src/view/progress.js";

const nowMs = 1_748_107_200_000;
const quiet = statusOf(createJobState(), new CheckpointScanner().summary(), null, nowMs);
const failure = (cause: string) =>
  ({
    item: cause,
    open: { failure: { cause }, phase: "failed" },
  }) as unknown as JobStatus["failedItems"][number];
const run = { concurrency: 32 } as JobStatus["run"];

const busy: JobStatus = {
  ...{ ...quiet, progress: "running", total: 1000, done: 847, failed: 3, run, concurrency: 8, retrying: 2 },
  eta: { p50Ms: 720_000, p90Ms: 900_000 },
  failedItems: [failure("timeout"), failure("rate-limit"), failure("timeout")],
  spent: { usd: 1.2, tokens: 5000 },
};
const text = (
  status: Partial<JobStatus>,
  { width = 400, name = "nightly", ...more }: Partial<ProgressInput> = {},
) =>
  progressText({
    ...{ name, status: { ...busy, ...status }, elapsedMs: 60_000, doneBefore: 727, nowMs, width },
    ...more,
  });
const bar = "████████████████░░░░";

describe("a run's progress in a line", () => {
  const pause = { untilMs: nowMs + 12_000, cause: "rate-limit" };
  const stages = [
    { name: "fetch", done: 900 },
    { name: "store", done: 847 },
  ];
  const calm = { failed: 0, retrying: 0, failedItems: [], concurrency: 32 };
  const stream = { ...calm, total: null, eta: null, inFlight: 8, spent: { usd: null, tokens: null } };
  const many = ["a", "b", "b", "c", "d"].map(failure);
  const rows: [what: string, status: Partial<JobStatus>, more: Partial<ProgressInput>, line: string][] = [
    [
      "counts, rate, range, failures by cause, retries, pace and cost",
      {},
      {},
      `nightly  ${bar}  847/1,000 · 84% · 2.0/s · 12–15 min left · 3 failed: 2 timeout, 1 rate-limit · 2 to be tried again · 8 of 32 at a time · $1.20`,
    ],
    [
      "how long a pause lasts yet, and why",
      { ...calm, pause },
      {},
      `nightly  ${bar}  847/1,000 · 84% · paused 12 s: rate-limit · 2.0/s · 12–15 min left · $1.20`,
    ],
    [
      "what is spent of a budget in dollars",
      calm,
      { budget: { usd: 20 } },
      `nightly  ${bar}  847/1,000 · 84% · 2.0/s · 12–15 min left · $1.20 of $20.00`,
    ],
    [
      "what is spent of a budget in tokens",
      calm,
      { budget: { tokens: 90_000 } },
      `nightly  ${bar}  847/1,000 · 84% · 2.0/s · 12–15 min left · 5,000 of 90,000 tokens`,
    ],
    [
      "that it stops, and no time that nobody knows",
      { ...calm, inFlight: 4 },
      { isStopping: true },
      `nightly  ${bar}  847/1,000 · 84% · stopping: 4 in flight · 2.0/s · $1.20`,
    ],
    [
      "that nothing has happened for long",
      { ...calm, progress: "stalled", eta: null },
      {},
      `nightly  ${bar}  847/1,000 · 84% · stalled · 2.0/s · 60 s so far · $1.20`,
    ],
    [
      "how many items have finished each stage, in order",
      { ...calm, stages },
      {},
      `nightly  ${bar}  847/1,000 · 84% · 2.0/s · 12–15 min left · $1.20 · fetch 900 › store 847`,
    ],
    [
      "the most frequent causes, and that there are more",
      { ...calm, failed: 5, failedItems: many },
      {},
      `nightly  ${bar}  847/1,000 · 84% · 2.0/s · 12–15 min left · 5 failed: 2 b, 1 a, 1 c, … · $1.20`,
    ],
    [
      "one cause without a count of its own",
      { ...calm, failed: 1, failedItems: [failure("auth")] },
      {},
      `nightly  ${bar}  847/1,000 · 84% · 2.0/s · 12–15 min left · 1 failed: auth · $1.20`,
    ],
    [
      "only what is known where there is no total",
      stream,
      {},
      "nightly  847 done · 2.0/s · 60 s so far · 8 in flight",
    ],
    ["no bar and no percent of nothing", { ...stream, total: 0, done: 0 }, {}, "nightly  0/0 · 60 s so far"],
    [
      "rates below one a minute by the hour",
      stream,
      { elapsedMs: 360 * 60_000 },
      "nightly  847 done · 20.0/h · 6 h so far · 8 in flight",
    ],
  ];
  for (const [what, status, more, line] of rows)
    it(`says ${what}`, () => assert.equal(text(status, more), line));

  const widths: [width: number, status: Partial<JobStatus>, more: Partial<ProgressInput>, line: string][] = [
    [9, {}, {}, "847/1,000"],
    [20, { pause }, {}, "847/1,000 · paused"],
    [39, { pause }, {}, "847/1,000 · paused 12 s: rate-limit"],
    [39, {}, {}, "847/1,000 · 12–15 min left · 3 failed"],
    [39, { inFlight: 4 }, { isStopping: true }, "847/1,000 · stopping: 4 in flight"],
    [79, {}, {}, "nightly  847/1,000 · 84% · 12–15 min left · 3 failed · 8/32 at a time · $1.20"],
    [79, calm, {}, `nightly  ${bar}  847/1,000 · 84% · 2.0/s · 12–15 min left · $1.20`],
    [
      79,
      calm,
      { budget: { usd: 20 } },
      "nightly  ████████░░  847/1,000 · 84% · 2.0/s · 12–15 min left · $1.20 of $20.00",
    ],
  ];
  for (const [width, status, more, line] of widths)
    it(`gives up what matters least on ${width} columns: ${line}`, () =>
      assert.equal(text(status, { width, ...more }), line));

  it("is never longer than the terminal is wide, and keeps the counts longest", () => {
    const everything = { pause, stages, inFlight: 8 };
    const more = { name: "夜間バッチ処理の仕事⚡", budget: { usd: 20 } };
    for (let width = 1; width <= 250; width++) {
      const line = text(everything, { width, ...more });
      assert.ok(columnsOf(line) <= width, `${width}: ${line}`);
      if (width >= 9) assert.ok(line.includes("847/1,000"), `${width}: ${line}`);
    }
  });

  it("shows nothing of a name that acts on a terminal", () => {
    assert.ok(!text({}, { width: 80, name: "a\u001b[2Kb" }).includes("\u001b"));
  });
});
