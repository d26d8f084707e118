import assert from "node:assert/strict";
import { AdaptiveConcurrency } from "../../../../src/runtime/runner/pacing/adaptiveConcurrency.js";

describe("adaptive concurrency", () => {
  it("is halved by an overload, and not once more by those that were under way by then", () => {
    const concurrency = new AdaptiveConcurrency(32, true);
    assert.equal(concurrency.onOverload(0, 100), true);
    for (let i = 0; i < 31; i++) assert.equal(concurrency.onOverload(i, 100 + i), false);
    assert.equal(concurrency.allowed, 16);
    concurrency.onOverload(101, 200);
    assert.equal(concurrency.allowed, 8);
  });

  it("never falls below 1", () => {
    const concurrency = new AdaptiveConcurrency(3, true);
    for (let nowMs = 1; nowMs < 10; nowMs++) concurrency.onOverload(nowMs, nowMs);
    assert.equal(concurrency.allowed, 1);
    assert.equal(concurrency.onOverload(10, 10), false);
  });

  it("rises by one a round of successes that began since, up to its maximum", () => {
    const concurrency = new AdaptiveConcurrency(8, true);
    concurrency.onOverload(0, 100);
    for (let i = 0; i < 100; i++) concurrency.onSuccess(99);
    assert.equal(concurrency.allowed, 4);
    let rounds = 0;
    for (; concurrency.allowed < 8; rounds++)
      for (let i = concurrency.allowed; i > 0; i--) concurrency.onSuccess(100);
    assert.ok(rounds >= 4 && rounds <= 6, `${rounds} rounds from 4 to 8`);
    concurrency.onSuccess(100);
    assert.equal(concurrency.allowed, 8);
  });

  it("stays as it is where it is not to adapt", () => {
    const concurrency = new AdaptiveConcurrency(8, false);
    assert.equal(concurrency.onOverload(0, 100), false);
    assert.equal(concurrency.allowed, 8);
  });
});
