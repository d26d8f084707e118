import assert from "node:assert/strict";
import { RecentEta } from "../../src/extension/recentEta.js";
import { noUsage, type RunState } from "../../src/runtime/state/jobState.js";
import type { RunEtaInput } from "../../src/runtime/state/runEta.js";

const startedAtMs = 1_748_107_200_000;
const run: RunState = {
  ...{ run: 1, startedAtMs, pid: 1, host: "ada", token: "t", concurrency: 4 },
  ...{ done: 100, failed: 0, usage: noUsage() },
};
const durations = Array.from({ length: 100 }, (_, n) => ({
  ms: 900 + 2 * n,
  atMs: startedAtMs + n * 250,
  run: 1,
}));

describe("the estimate of a run that goes on", () => {
  const inputAfter = (ms: number, waiting: number, of: RunState = run): RunEtaInput => ({
    ...{ run: of, durations: () => durations, underWay: [], waiting, nowMs: startedAtMs + ms },
  });
  /** Whether another number of items makes another estimate so long after the first, or that one runs down. */
  function isMadeAnew(firstMs: number, waiting: number, laterMs: number, later: RunState = run): boolean {
    const recent = new RecentEta();
    const first = recent.of(inputAfter(firstMs, waiting))!;
    const second = recent.of(inputAfter(firstMs + laterMs, 2 * waiting, later))!;
    const hasRunDown = Math.abs(first.p50Ms - laterMs - second.p50Ms) < 1;
    assert.ok(hasRunDown || second.p50Ms > 1.5 * first.p50Ms);
    return !hasRunDown;
  }

  it("runs down for two seconds, and is made anew then", () => {
    assert.equal(isMadeAnew(30_000, 100, 1_800), false);
    assert.equal(isMadeAnew(30_000, 100, 2_000), true);
  });

  it("is good for longer where an hour is left of a run that has gone for minutes, but not for its first seconds", () => {
    assert.equal(isMadeAnew(300_000, 20_000, 9_000), false);
    assert.equal(isMadeAnew(300_000, 20_000, 11_000), true);
    assert.equal(isMadeAnew(10_000, 20_000, 2_100), true);
  });

  it("is made anew within two seconds where the run says that it pauses or slows down", () => {
    const slower = { ...run, pace: { n: 1, concurrency: 1 } };
    assert.equal(isMadeAnew(300_000, 20_000, 2_100, slower), true);
  });
});
