import assert from "node:assert/strict";
import fc from "fast-check";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import type { CheckpointRecord } from "../../../src/runtime/format/record.js";
import { CheckpointScanner, type ScanSummary } from "../../../src/runtime/format/scan.js";
import { type Holder, type JobStatus, type LostRun, statusOf } from "../../../src/runtime/state/status.js";
import { anyStreams, fold } from "../../support/jobLogs.js";

const startMs = 1_748_107_200_000;
const holder: Holder = { pid: 7, host: "ada", token: "t1", sinceMs: startMs, local: true };
const scan = (changes: Partial<ScanSummary> = {}): ScanSummary => {
  return { ...new CheckpointScanner().summary(), format: "agent-jobs", ...changes };
};
const of = (records: CheckpointRecord[], held: Holder | null = null, nowMs = startMs + 1000): JobStatus =>
  statusOf(fold(records), scan(), held, nowMs);

const run = (number: number, token = `t${number}`): CheckpointRecord => {
  return { type: "run-started", atMs: startMs, run: number, pid: 7, host: "ada", token, concurrency: 2 };
};
const input = (total: number, number = 1): CheckpointRecord => ({
  type: "input",
  atMs: startMs,
  run: number,
  total,
});
const ended = (number: number): CheckpointRecord => {
  return { type: "run-ended", atMs: startMs, run: number, reason: "stopped" };
};
const of1 = (id: string, number = 1, attempt = 1) => ({
  item: keyOf(id),
  atMs: startMs,
  run: number,
  attempt,
});
const started = (id: string, number = 1, attempt = 1): CheckpointRecord => ({
  ...of1(id, number, attempt),
  type: "started",
});
const failed = (id: string, number = 1, attempt = 1): CheckpointRecord => {
  return { ...of1(id, number, attempt), type: "failed", cause: "timeout", message: "late" };
};
const done = (id: string, ms?: number): CheckpointRecord => ({
  ...of1(id),
  type: "done",
  ...(ms !== undefined && { ms }),
});

describe("a job's counts", () => {
  it("add up: remaining = total − done − failed − in doubt, and what is in flight is inside of remaining", () => {
    const log = [
      run(1),
      input(10),
      done("a"),
      failed("b"),
      started("c"),
      started("d"),
      failed("e"),
      started("e", 1, 2),
    ];
    const live = of(log, holder);
    assert.deepEqual([live.done, live.failed, live.inDoubt, live.inFlight, live.remaining], [1, 1, 0, 3, 8]);
    const dead = of(log);
    assert.deepEqual([dead.done, dead.failed, dead.inDoubt, dead.inFlight, dead.remaining], [1, 1, 3, 0, 5]);
  });

  it("are never negative and never more than the log says", () => {
    fc.assert(
      fc.property(anyStreams, fc.boolean(), (streams, isHeld) => {
        const state = fold(streams.flat());
        const status = statusOf(state, scan(), isHeld ? { ...holder, token: "t0" } : null, startMs);
        const { done: finished, failed: bad, inDoubt, inFlight, remaining, gone } = status;
        for (const count of [finished, bad, inDoubt, inFlight, gone]) assert.ok(count >= 0);
        assert.equal(finished + gone, state.done.size);
        assert.ok(bad + inDoubt + inFlight <= state.open.size);
        assert.equal(
          remaining,
          state.total === null ? null : Math.max(0, state.total - finished - bad - inDoubt),
        );
        assert.equal(isHeld || inFlight === 0, true);
      }),
    );
  });

  it("leave out what left the input, and take it in again when it comes back", () => {
    const gone = (id: string, type: "gone" | "back", number: number): CheckpointRecord => {
      return { type, item: keyOf(id), atMs: startMs, run: number };
    };
    const log = [
      run(1),
      input(3),
      done("a"),
      failed("b"),
      run(2),
      input(1, 2),
      gone("a", "gone", 2),
      gone("b", "gone", 2),
    ];
    const left = of(log);
    assert.deepEqual([left.total, left.done, left.failed, left.gone, left.remaining], [1, 0, 0, 1, 1]);
    const back = of([...log, run(3), input(3, 3), gone("a", "back", 3), gone("b", "back", 3)]);
    assert.deepEqual([back.total, back.done, back.failed, back.gone, back.remaining], [3, 1, 1, 0, 1]);
  });

  it("show an item of a run that was killed as in doubt until it is tried again", () => {
    const log = [run(1), input(2), started("a")];
    assert.deepEqual(
      of(log).inDoubtItems.map(({ item }) => item),
      [keyOf("a")],
    );
    // The lock has been taken by the next run, which has not written anything yet.
    assert.equal(of(log, { ...holder, token: "t2" }).inDoubt, 1);
    const again = of([...log, run(2), started("a", 2, 2)], { ...holder, token: "t2" });
    assert.deepEqual([again.inDoubt, again.inFlight], [0, 1]);
  });
});

describe("a job's progress", () => {
  const all = [run(1), input(2), done("a"), done("b"), ended(1)];

  it("is finished only once nothing is left, failed or in doubt", () => {
    assert.equal(of(all).progress, "finished");
    assert.equal(of([run(1), input(2), done("a"), failed("b")]).progress, "finished-with-failures");
    assert.equal(of([run(1), input(2), done("a"), started("b")]).progress, "stopped");
    assert.equal(of([run(1), input(3), done("a"), done("b")]).progress, "stopped");
    assert.equal(of([...all, run(2)]).progress, "stopped");
    assert.equal(of([run(1), input(0)]).progress, "finished");
  });

  it("is stopped, never finished, for a file that knows no total", () => {
    assert.equal(of([done("a")]).progress, "stopped");
  });

  it("is empty or unreadable where there is no job to speak of", () => {
    const nothing = fold([]);
    assert.equal(statusOf(nothing, scan({ format: "empty" }), null, startMs).progress, "empty");
    assert.equal(statusOf(nothing, scan({ format: "unknown" }), null, startMs).progress, "unreadable");
    assert.equal(statusOf(nothing, scan({ format: "empty" }), holder, startMs).progress, "running");
  });

  it("is running while the lock is held, whatever the counts say", () => {
    assert.equal(of(all, holder).progress, "running");
  });

  it("is stalled after max(60 s, 5 × the 95th percentile of item time) without a record", () => {
    const progress = (records: CheckpointRecord[], silentMs: number) =>
      of(records, holder, startMs + silentMs).progress;
    const quick = [run(1), input(9), done("a", 10)];
    assert.equal(progress(quick, 60_000), "running");
    assert.equal(progress(quick, 60_001), "stalled");
    const slow = [run(1), input(9), done("a", 20_000), done("b", 30_000)];
    assert.equal(progress(slow, 150_000), "running");
    assert.equal(progress(slow, 150_001), "stalled");
    assert.equal(progress([], 60_001), "stalled");
  });

  it("does not count as silent what the machine slept, nor for its estimate as work of what is in flight", () => {
    const hours = 8 * 3_600_000;
    const asleep = [{ fromMs: startMs + 30_000, toMs: startMs + 30_000 + hours }];
    const log = [run(1), input(9), done("a", 20_000), done("b", 20_000), started("c"), started("d")];
    const at = (ms: number, spans = asleep) =>
      statusOf(fold(log), scan(), holder, startMs + ms, null, undefined, spans);
    assert.equal(at(hours + 31_000, []).progress, "stalled");
    const woken = at(hours + 31_000);
    assert.equal(woken.progress, "running");
    assert.deepEqual(woken.eta, at(31_000, []).eta);
    assert.equal(at(hours + 100_000).progress, "running");
    assert.equal(at(hours + 100_001).progress, "stalled");
  });

  it("has no estimate once no item of a live run is left", () => {
    const log = [run(1), input(3), done("a", 900), done("b", 900), started("c")];
    assert.notEqual(of(log, holder).eta, null);
    assert.equal(of([...log, done("c", 900)], holder).eta, null);
    assert.equal(of([...log, failed("c")], holder).eta, null);
    assert.equal(of([run(1), input(0)], holder).eta, null);
  });

  it("is apart from damage", () => {
    const status = statusOf(fold(all), scan({ damageCount: 1 }), null, startMs);
    assert.deepEqual([status.progress, status.damaged], ["finished", true]);
  });
});

describe("the last run", () => {
  it("ended as it said, else as its successor found out, else as its lock tells, else unknown", () => {
    const lost = { token: "t1", cause: "killed" as const };
    const found: CheckpointRecord = { type: "run-lost", atMs: startMs, run: 1, cause: "reboot" };
    const last = (records: CheckpointRecord[], told: LostRun | null = lost) =>
      statusOf(fold(records), scan(), null, startMs, told).lastRun?.ended;
    assert.equal(last([run(1), ended(1)]), "stopped");
    assert.equal(last([run(1), found, ended(1)]), "stopped");
    assert.equal(last([run(1), found]), "reboot");
    assert.equal(last([run(1)]), "killed");
    assert.equal(last([run(1)], { ...lost, token: "another" }), "unknown");
    assert.equal(last([run(1)], null), "unknown");
    assert.equal(of([run(1), found, run(2)], { ...holder, token: "t2" }).lastRun?.ended, "reboot");
    assert.equal(of([run(1)], holder).lastRun, null);
  });
});
