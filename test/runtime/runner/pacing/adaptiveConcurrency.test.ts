import assert from "node:assert/strict";
import { AdaptiveConcurrency } from "../../../../src/runtime/runner/pacing/adaptiveConcurrency.js";

describe("a concurrency that adapts", () => {
  it("is halved once by all that were overloaded together, and again by what began after that", () => {
    const level = new AdaptiveConcurrency(32, true);
    assert.equal(level.onOverload(0, 10), true);
    for (let i = 0; i < 20; i++) assert.equal(level.onOverload(5, 11), false);
    assert.equal(level.allowed, 16);
    assert.equal(level.onOverload(12, 20), true);
    assert.equal(level.allowed, 8);
  });

  it("rises by one a round, up to what the job allows, and never falls below one", () => {
    const level = new AdaptiveConcurrency(4, true);
    for (let i = 0; i < 10; i++) level.onOverload(i * 10, i * 10);
    assert.equal(level.allowed, 1);
    const rises = Array.from({ length: 40 }, () => level.onSuccess(1_000)).filter(Boolean).length;
    assert.equal(rises, 3);
    assert.equal(level.allowed, 4);
  });

  it("learns nothing of its new level from what began before", () => {
    const level = new AdaptiveConcurrency(8, true);
    level.onOverload(50, 100);
    for (let i = 0; i < 100; i++) level.onSuccess(99);
    assert.equal(level.allowed, 4);
  });

  it("stays where it is not to adapt", () => {
    const level = new AdaptiveConcurrency(8, false);
    assert.equal(level.onOverload(0, 0), false);
    assert.equal(level.allowed, 8);
  });
});
