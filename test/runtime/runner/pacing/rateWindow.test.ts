import assert from "node:assert/strict";
import fc from "fast-check";
import { RateWindow } from "../../../../src/runtime/runner/pacing/rateWindow.js";

describe("a window of requests", () => {
  it("never has more than its limit arrive in any span, however long each takes to arrive", () => {
    const travel = fc.integer({ min: 0, max: 2_000 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(travel, { maxLength: 60 }), (limit, travels) => {
        const windowMs = 1_000;
        const window = new RateWindow(limit, windowMs);
        let nowMs = 0;
        const arrivals: number[] = [];
        for (const travelMs of travels) {
          nowMs += window.waitMs(nowMs, 1);
          const charge = window.take(nowMs, 1);
          arrivals.push(nowMs + travelMs);
          // The answer comes as the request arrives: nobody can know earlier.
          window.arrived(charge, nowMs + travelMs);
        }
        arrivals.sort((a, b) => a - b);
        for (let i = limit; i < arrivals.length; i++)
          assert.ok(arrivals[i]! - arrivals[i - limit]! >= windowMs);
      }),
    );
  });

  it("lets what is over its limit through once nothing else counts", () => {
    const window = new RateWindow(100, 1_000);
    assert.equal(window.waitMs(0, 500), 0);
    window.arrived(window.take(0, 500), 10);
    assert.equal(window.waitMs(20, 1), 990);
    assert.equal(window.waitMs(1_010, 1), 0);
  });

  it("does not count what was given back", () => {
    const window = new RateWindow(1, 1_000);
    window.giveBack(window.take(0, 1));
    assert.equal(window.waitMs(0, 1), 0);
  });
});
