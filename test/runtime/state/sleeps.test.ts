import assert from "node:assert/strict";
import fc from "fast-check";
import { joined, Sleeps } from "../../../src/runtime/state/sleeps.js";

const startMs = 1_748_107_200_000;
const hourMs = 3_600_000;

describe("the sleeps of a machine", () => {
  const asked = (...times: number[]) => {
    const sleeps = new Sleeps();
    return times.map((ms) =>
      sleeps.at(startMs + ms).map((span) => [span.fromMs - startMs, span.toMs - startMs]),
    );
  };

  it("are the times in which nobody asked who otherwise does every few seconds", () => {
    const slept = [[1_000, 8 * hourMs]];
    assert.deepEqual(asked(0, 1_000, 11_000).at(-1), [], "a busy machine is late");
    assert.deepEqual(asked(0, 1_000, 8 * hourMs, 8 * hourMs + 1_000), [[], [], slept, slept]);
  });

  it("are no longer what was taken for one where the clock was set forward and back again", () => {
    const before = [0, 2 * hourMs];
    assert.deepEqual(asked(0, 2 * hourMs, 5 * hourMs, 5_000).at(-1), []);
    assert.deepEqual(asked(0, 2 * hourMs, 5 * hourMs, 2 * hourMs + 5_000).at(-1), [before]);
  });

  it("are not looked for while nothing runs", () => {
    const sleeps = new Sleeps();
    sleeps.at(startMs);
    sleeps.rest();
    assert.deepEqual(sleeps.at(startMs + hourMs), []);
  });

  it("are joined with pauses that they overlap, so that no time counts twice", () => {
    const span = fc.tuple(fc.nat(20), fc.nat(9)).map(([fromMs, ms]) => ({ fromMs, toMs: fromMs + ms }));
    fc.assert(
      fc.property(fc.array(span), (spans) => {
        const apart = joined(spans);
        const covers = (each: typeof spans, ms: number) =>
          each.filter(({ fromMs, toMs }) => fromMs <= ms && ms < toMs).length;
        for (let ms = 0; ms < 30; ms++) assert.equal(covers(apart, ms), Math.min(1, covers(spans, ms)));
      }),
    );
  });
});
