import assert from "node:assert/strict";
import fc from "fast-check";
import { durationSampleSize } from "../../../src/runtime/config.js";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import type { CheckpointRecord, DoneRecord, MeasuredRecord } from "../../../src/runtime/format/record.js";
import { latestRun } from "../../../src/runtime/state/jobState.js";
import { anyStreams, comparable, fold, interleave } from "../../support/jobLogs.js";
import { randomSource } from "../../support/random.js";

const a = keyOf("a");
const attempt = { item: a, run: 1, attempt: 1, atMs: 1000 };

describe("the fold", () => {
  it("gives the same state however items' records are mixed, and however often they come", () => {
    fc.assert(
      fc.property(anyStreams, fc.integer(), (streams, seed) => {
        const inOrder = fold(streams.flat());
        const mixed = fold(interleave(streams, randomSource(seed)));
        assert.deepEqual(comparable(mixed), comparable(inOrder));
      }),
      { numRuns: 400 },
    );
  });

  it("gives the same state when a whole log is read again on top of itself", () => {
    fc.assert(
      fc.property(anyStreams, (streams) => {
        const log = streams.flat().sort((x, y) => x.atMs - y.atMs);
        assert.deepEqual(comparable(fold([...log, ...log])), comparable(fold(log)));
      }),
      { numRuns: 100 },
    );
  });

  it("keeps the newest durations, whatever order they come in", () => {
    const dones = Array.from({ length: 3000 }, (_, i): DoneRecord => {
      return { type: "done", item: keyOf(i), atMs: i * 10, ms: (i * 7919) % 1000, run: 1 };
    });
    const expected = dones.slice(-durationSampleSize).map(({ ms, atMs, run }) => ({ ms, atMs, run }));
    for (const order of [
      dones,
      dones.toReversed(),
      interleave(
        dones.map((d) => [d]),
        randomSource(3),
      ),
    ])
      assert.deepEqual(fold(order).durations.newest(), expected);
  });

  it("sums costs to the same figure in every order", () => {
    const dones = [0.1, 0.2, 0.3, 1e-7, 12345.678901].map((usd, i): DoneRecord => {
      return { type: "done", item: keyOf(i), atMs: 0, usage: { usd } };
    });
    assert.equal(fold(dones).usage.usd, fold(dones.toReversed()).usage.usd);
    assert.equal(fold(dones).usage.usd, 12346.2789011);
  });

  it("counts each attempt's usage once, and only what finished as saved", () => {
    const usage = { inputTokens: 10, usd: 0.5 };
    const state = fold([
      { ...attempt, type: "failed", cause: "timeout", message: "", usage },
      { ...attempt, type: "failed", cause: "timeout", message: "", usage },
      { ...attempt, attempt: 2, type: "done", usage, ms: 7 },
    ]);
    assert.deepEqual([state.usage.inputTokens, state.usage.usd], [20, 1]);
    assert.deepEqual([state.doneUsage.inputTokens, state.doneUsage.usd, state.doneMs], [10, 0.5, 7]);
    const run = latestRun(state)!;
    assert.deepEqual([run.done, run.failed], [1, 1]);
  });

  it("takes a finished step for a start, since a power cut can lose the start's record", () => {
    const state = fold([{ ...attempt, type: "step", step: "s", op: "o" }]);
    const { phase, attempt: number, run } = state.open.get(a)!;
    assert.deepEqual([phase, number, run], ["started", 1, 1]);
  });

  it("keeps the total of the latest run, unknown until that run says so", () => {
    const started = (run: number): CheckpointRecord => {
      return { type: "run-started", atMs: run * 1000, run, pid: 1, host: "h", token: "t" };
    };
    const input = (run: number, total: number, atMs = run * 1000 + 1): CheckpointRecord => {
      return { type: "input", atMs, run, total };
    };
    const log = [started(1), input(1, 5)];
    assert.equal(fold(log).total, 5);
    assert.equal(fold([...log, started(2)]).total, null);
    assert.equal(fold([...log, started(2), input(2, 9), ...log]).total, 9);
    assert.equal(fold([input(2, 7, 2001), input(2, 9, 2002), input(2, 7, 2001)]).total, 9);
  });
});

describe("what a foreign file's item took", () => {
  const done: DoneRecord = { type: "done", item: a, atMs: 1000 };
  const measured: MeasuredRecord = { ...attempt, type: "measured", ms: 40, usage: { usd: 2 } };

  it("counts alike before and after the line that finishes it", () => {
    for (const log of [
      [measured, done],
      [done, measured],
      [measured, done, measured, done],
    ]) {
      const state = fold(log);
      assert.deepEqual(
        [state.doneMs, state.doneUsage.usd, state.usage.usd, state.runs.get(1)?.done],
        [40, 2, 2, 1],
      );
    }
  });

  it("is spent, but not saved, where that line was never written", () => {
    const again = { ...measured, attempt: 2, ms: 50 };
    const state = fold([measured, again]);
    assert.deepEqual([state.doneMs, state.doneUsage.usd, state.usage.usd], [null, null, 4]);
    assert.deepEqual(
      [fold([measured, again, done]).doneMs, fold([measured, again, done]).doneUsage.usd],
      [50, 2],
    );
  });

  it("counts where the finished items come as one checkpoint", () => {
    const snapshot: CheckpointRecord = {
      type: "snapshot",
      atMs: 0,
      items: [a],
      turn: 1,
      state: {},
      stateText: "{}",
    };
    assert.equal(fold([measured, snapshot, snapshot]).doneMs, 40);
    assert.equal(fold([snapshot, measured]).doneMs, 40);
  });
});

describe("agent-resume's checkpoints", () => {
  it("replace one another: the last one counts", () => {
    const snapshot = (turn: number, ...ids: string[]): CheckpointRecord => {
      return { type: "snapshot", atMs: turn, items: ids.map(keyOf), turn, state: {}, stateText: "{}" };
    };
    const state = fold([snapshot(5, "a", "b"), snapshot(1, "c")]);
    assert.deepEqual([...state.done], [keyOf("c")]);
    assert.equal(state.snapshot?.turn, 1);
  });
});
