import assert from "node:assert/strict";
import { CheckpointScanner } from "../../src/runtime/format/scan.js";
import { createJobState } from "../../src/runtime/state/jobState.js";
import { type JobStatus, statusOf } from "../../src/runtime/state/status.js";
import { columnsOf, progressText } from "../../src/view/progress.js";

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
const text = (status: Partial<JobStatus>, width = 400, name = "nightly") =>
  progressText({ name, status: { ...busy, ...status }, elapsedMs: 60_000, doneBefore: 727, nowMs, width });

describe("a run's progress in a line", () => {
  it("says counts, rate, range, failures by cause, retries, pace and cost", () => {
    assert.equal(
      text({}),
      "nightly  ████████████████░░░░  847/1,000 · 84% · 2.0/s · 12–15 min left · 3 failed · 2 timeout, 1 rate-limit · 2 to be tried again · 8 of 32 at a time · $1.20",
    );
  });

  it("says how long a pause lasts yet, and why", () => {
    const pause = { untilMs: nowMs + 12_000, cause: "rate-limit" };
    assert.match(text({ pause }), / · 84% · paused 12 s: rate-limit · /);
  });

  it("says how many items have finished each stage, in order", () => {
    const stages = [
      { name: "fetch", done: 900 },
      { name: "store", done: 847 },
    ];
    assert.match(text({ stages }), / · fetch 900 › store 847$/);
  });

  it("fits every width, and keeps the counts longest", () => {
    for (let width = 8; width <= 200; width++) {
      const line = text({}, width, "夜間バッチ処理の仕事");
      assert.ok(columnsOf(line) <= width, `${width}: ${line}`);
      if (width >= 12) assert.ok(line.includes("847/1,000"), `${width}: ${line}`);
    }
    assert.equal(text({}, 45), "847/1,000 · 84% · 12–15 min left · 3 failed");
  });

  it("counts wide characters as two columns, and marks as none", () => {
    assert.deepEqual(["ab", "日本", "e\u0301", "😀"].map(columnsOf), [2, 4, 1, 2]);
  });

  it("shows nothing of a name that acts on a terminal", () => {
    assert.ok(!text({}, 80, "a\u001b[2Kb").includes("\u001b"));
  });

  it("says only what is known where there is no total", () => {
    const stream = { total: null, eta: null, failed: 0, retrying: 0, failedItems: [], inFlight: 8 };
    assert.equal(
      text({ ...stream, concurrency: null, spent: { usd: null, tokens: null } }),
      "nightly  847 done · 2.0/s · 60 s so far · 8 in flight",
    );
  });
});
