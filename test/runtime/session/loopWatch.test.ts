import assert from "node:assert/strict";
import type { Usage } from "../../../src/runtime/format/record.js";
import { LoopWatch } from "../../../src/runtime/session/loopWatch.js";
import {
  anyOf,
  custom,
  maxIterations,
  maxSeconds,
  maxTokens,
  maxUsd,
  noProgress,
} from "../../../src/runtime/session/stopConditions.js";

/** How many turns a loop makes of which each takes as much. */
function turns(loop: LoopWatch, usage?: Usage): number {
  let count = 0;
  while (loop.next(usage)) count++;
  return count;
}

describe("a watched loop", () => {
  it("makes as many turns as it may, and says what stopped it", () => {
    const loop = new LoopWatch(anyOf(maxIterations(20), maxUsd(0.5)));
    assert.deepEqual([loop.stopped], [undefined]);
    assert.equal(turns(loop), 20);
    assert.equal(loop.stopped?.condition, "max-iterations");
    assert.equal(loop.figures.iterations, 20);
  });

  it("ends after the call that reached the cost, whatever binary fractions add up to", () => {
    const loop = new LoopWatch(anyOf(maxIterations(20), maxUsd(0.8)));
    let spent: Usage | undefined;
    let count = 0;
    while (loop.next(spent)) {
      spent = { usd: count === 0 ? 0.7 : 0.1 }; // 0.7 + 0.1 is 0.7999999999999999
      count++;
    }
    assert.equal(count, 2);
    assert.deepEqual([loop.stopped?.condition, loop.stopped?.value], ["max-usd", 0.8]);
  });

  it("counts the tokens of all calls of a turn", () => {
    const loop = new LoopWatch(maxTokens(100));
    assert.ok(loop.next());
    loop.count({ inputTokens: 40, outputTokens: 20 });
    assert.ok(loop.next({ inputTokens: 39 }));
    assert.ok(!loop.next({ outputTokens: 1 }));
    assert.equal(loop.stopped?.value, 100);
  });

  it("stays stopped, for the first reason", () => {
    let tired = true;
    const loop = new LoopWatch(
      anyOf(
        custom("tired", () => tired),
        maxTokens(1),
      ),
    );
    assert.ok(!loop.next());
    tired = false;
    assert.ok(!loop.next({ inputTokens: 5, usd: 1 }));
    assert.equal(loop.stopped?.condition, "tired");
    assert.deepEqual([loop.figures.tokens, loop.figures.usd], [5, 1]);
  });

  it("stops for want of progress only where none is noted", () => {
    let nowMs = 100;
    const loop = new LoopWatch(anyOf(noProgress({ seconds: 10 }), maxSeconds(60)), () => nowMs);
    for (let i = 0; i < 5; i++) {
      assert.ok(loop.next());
      nowMs += 9000;
      loop.progress();
    }
    nowMs += 9999;
    assert.ok(loop.next());
    nowMs += 1;
    assert.ok(!loop.next());
    assert.deepEqual([loop.stopped?.condition, loop.stopped?.value], ["no-progress", 10]);
  });

  it("with a limit on the cost does not go on after a call whose cost is unknown", () => {
    const loop = new LoopWatch(maxUsd(5));
    assert.equal(turns(loop, { model: "in-house-7b", inputTokens: 10, outputTokens: 1 }), 0);
    assert.equal(loop.figures.unpricedCalls, 1);
    assert.equal(turns(new LoopWatch(anyOf(maxUsd(5), maxIterations(3))), { usd: 0, inputTokens: 10 }), 3);
  });

  it("is refused what is no condition", () => {
    assert.throws(() => new LoopWatch(undefined as never), TypeError);
  });
});
