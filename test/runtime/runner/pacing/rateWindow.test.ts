import assert from "node:assert/strict";
import { RateWindow } from "../../../../src/runtime/runner/pacing/rateWindow.js";
import { randomSource } from "../../../support/random.js";

/** The most that arrived in any span; one that ends where another begins is not in it. */
function fullest(arrivals: { atMs: number; amount: number }[], windowMs: number): number {
  return Math.max(
    ...arrivals.map(({ atMs }) =>
      arrivals
        .filter((other) => other.atMs >= atMs && other.atMs < atMs + windowMs)
        .reduce((sum, { amount }) => sum + amount, 0),
    ),
  );
}

describe("a rate window", () => {
  it("never lets more than its limit arrive in any span, however long requests are on their way", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = randomSource(seed);
      const limit = 1 + random(20);
      const windowMs = 1_000 * (1 + random(60));
      const window = new RateWindow(limit, windowMs);
      const arrivals: { atMs: number; amount: number }[] = [];
      const answers: { atMs: number; act: () => void }[] = [];
      let nowMs = 0;
      const moveTo = (atMs: number) => {
        for (const answer of answers.sort((a, b) => a.atMs - b.atMs).splice(0))
          if (answer.atMs <= atMs) answer.act();
          else answers.push(answer);
        nowMs = atMs;
      };
      for (let sent = 0; sent < 120; sent++) {
        if (random(3) === 0) moveTo(nowMs + random(windowMs));
        const amount = 1 + random(limit);
        for (let waitMs = window.waitMs(nowMs, amount); waitMs > 0; waitMs = window.waitMs(nowMs, amount))
          moveTo(nowMs + waitMs);
        const charge = window.take(nowMs, amount);
        const atMs = nowMs + random(2_000);
        const answeredMs = atMs + random(5_000);
        arrivals.push({ atMs, amount });
        answers.push({ atMs: answeredMs, act: () => window.arrived(charge, answeredMs) });
      }
      assert.ok(fullest(arrivals, windowMs) <= limit, `seed ${seed}`);
    }
  });

  it("counts a request from its answer on, and for no longer than its way may take where none comes", () => {
    const window = new RateWindow(1, 1_000);
    const charge = window.take(0, 1);
    assert.equal(window.waitMs(0, 1), 3_000);
    window.arrived(charge, 100);
    assert.equal(window.waitMs(100, 1), 1_000);
    assert.equal(window.waitMs(1_100, 1), 0);
  });

  it("frees what was not sent at once, and takes the real amount for the expected one", () => {
    const window = new RateWindow(10, 1_000);
    const charge = window.take(0, 10);
    assert.ok(window.waitMs(0, 1) > 0);
    charge.amount = 4;
    assert.equal(window.waitMs(0, 6), 0);
    window.giveBack(charge);
    assert.equal(window.waitMs(0, 10), 0);
  });

  it("lets more than its limit through once nothing else counts, as no wait would help", () => {
    const window = new RateWindow(10, 1_000);
    assert.equal(window.waitMs(0, 50), 0);
    window.take(0, 5);
    assert.equal(window.waitMs(0, 50), 3_000);
    assert.equal(window.waitMs(3_000, 50), 0);
  });
});
