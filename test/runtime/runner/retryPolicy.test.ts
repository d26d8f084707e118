import assert from "node:assert/strict";
import { attemptsFor, delayMs, type RetryOptions } from "../../../src/runtime/runner/retryPolicy.js";
import { randomSource } from "../../support/random.js";

describe("how often an item is tried", () => {
  const table: [string, RetryOptions | false | undefined, number][] = [
    ["rate-limit", undefined, 8],
    ["overloaded", {}, 8],
    ["timeout", undefined, 4],
    ["network", undefined, 4],
    ["worker-died", undefined, 4],
    ["auth", undefined, 1],
    ["bad-request", undefined, 1],
    ["context-too-long", undefined, 1],
    ["refused", undefined, 1],
    ["bad-reply", undefined, 1],
    ["budget", undefined, 1],
    ["bug", undefined, 1],
    ["other", undefined, 1],
    ["a worker's own cause", undefined, 1],
    ["constructor", { attempts: {} }, 1],
    ["rate-limit", false, 1],
    ["rate-limit", { attempts: 3 }, 3],
    ["rate-limit", { attempts: 0 }, 1],
    ["refused", { attempts: 3 }, 1],
    ["bad-reply", { attempts: { "bad-reply": 2 } }, 2],
    ["rate-limit", { attempts: { "bad-reply": 2 } }, 8],
    ["rate-limit", { attempts: { "rate-limit": 1 } }, 1],
  ];
  for (const [cause, options, attempts] of table)
    it(`${cause} with ${JSON.stringify(options) ?? "defaults"}: ${attempts}`, () =>
      assert.equal(attemptsFor(cause, options), attempts));
});

describe("how long to wait before a retry", () => {
  const longest = () => 1;
  it("at most doubles with each retry, up to the cap", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 2_000].map((retry) => delayMs(retry, undefined, longest));
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });
  it("follows the job's own delays", () => {
    const options = { baseDelayMs: 10, maxDelayMs: 25 };
    assert.deepEqual(
      [1, 2, 3].map((retry) => delayMs(retry, options, longest)),
      [10, 20, 25],
    );
    assert.equal(delayMs(50, { baseDelayMs: 0 }, longest), 0);
  });
  it("is spread evenly from nothing to the longest", () => {
    const source = randomSource(7);
    const random = () => source(1_000_000) / 1_000_000;
    const waits = Array.from({ length: 4_000 }, () => delayMs(3, undefined, random));
    const quarters = [0, 0, 0, 0];
    for (const ms of waits) quarters[Math.min(Math.floor(ms / 1_000), 3)]!++;
    for (const count of quarters) assert.ok(count > 900 && count < 1_100, `${quarters}`);
  });
});
