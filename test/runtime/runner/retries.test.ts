import assert from "node:assert/strict";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { RunControl } from "../../../src/runtime/runner/runControl.js";
import { CheckpointFollower } from "../../../src/runtime/store/follow.js";
import { eventsOf, gate, TestJob } from "../../support/jobs.js";

const http = (status: number, headers: Record<string, string> = {}) =>
  Object.assign(new Error(`HTTP ${status}`), { status, headers });
const quick = { retry: { baseDelayMs: 0 } };

describe("attempts at an item", () => {
  let job: TestJob;
  beforeEach(() => {
    job = new TestJob();
  });
  afterEach(() => job.remove());
  const state = async () => {
    const follower = new CheckpointFollower(job.checkpoint);
    await follower.refresh();
    return follower.state;
  };

  it("are as many as its cause is worth, and one where nobody gains by a second", async () => {
    const calls: Record<string, number> = {};
    const statuses: Record<string, number> = { limited: 429, overloaded: 529, bad: 400, auth: 401 };
    const run = await job.run({
      ...quick,
      items: [...Object.keys(statuses), "fine"],
      process(item: string) {
        calls[item] = (calls[item] ?? 0) + 1;
        if (item in statuses) throw http(statuses[item]!);
      },
    });
    assert.deepEqual(calls, { limited: 8, overloaded: 8, bad: 1, auth: 1, fine: 1 });
    assert.equal(eventsOf(run, "item-retry").length, 14);
    assert.deepEqual(
      eventsOf(run, "item-failed")
        .map(({ item }) => item)
        .sort(),
      ["auth", "bad", "limited", "overloaded"],
    );
    assert.deepEqual(
      [run.outcome.done, run.outcome.failed, run.outcome.reason],
      [1, 4, "finished-with-failures"],
    );
  });

  it("end with the first that succeeds; what the others cost is counted, too", async () => {
    let calls = 0;
    const run = await job.run({
      ...quick,
      items: ["a"],
      process(_: string, ctx: ItemContext) {
        ctx.usage({ usd: 1 });
        if (++calls < 3) throw http(503);
        return ctx.attempt;
      },
    });
    assert.deepEqual(await job.results(), { '"a"': 3 });
    assert.equal(run.outcome.usage.usd, 3);
    assert.equal((await state()).runs.get(1)?.usage.usd, 3);
    assert.equal((await state()).doneUsage.usd, 1);
  });

  it("wait as long as the service asks, all of the run's, which is told and recorded", async () => {
    let calls = 0;
    const times: number[] = [];
    const run = await job.run({
      ...quick,
      items: ["a", "b", "c"],
      process() {
        times.push(performance.now());
        if (++calls === 1) throw http(429, { "retry-after-ms": "300" });
      },
    });
    assert.ok(times[1]! - times[0]! >= 295, `${times[1]! - times[0]!} ms`);
    const [pace] = eventsOf(run, "pace");
    assert.equal(pace?.cause, "rate-limit");
    assert.ok(pace!.pauseMs! > 200);
    assert.equal((await state()).runs.get(1)?.pauses?.length, 1);
  });

  it("fail by what the job itself says of the error", async () => {
    const run = await job.run({
      ...quick,
      items: ["a"],
      classify: (error: Error) => (error.message === "try later" ? "bad-request" : undefined),
      process() {
        throw Object.assign(new Error("try later"), { status: 429 });
      },
    });
    assert.deepEqual(
      eventsOf(run, "item-failed").map(({ cause }) => cause),
      ["bad-request"],
    );
  });

  it("that take too long are ended, whether they heed it or not, and what they still do has no effect", async () => {
    const late = gate();
    const ended: unknown[] = [];
    const run = await job.run({
      items: ["heeds", "ignores"],
      concurrency: 2,
      retry: false,
      itemTimeoutMs: 50,
      async process(item: string, ctx: ItemContext) {
        if (item === "heeds")
          return new Promise((_, reject) =>
            ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)),
          );
        await late.passed;
        await ctx.step("late", {}, () => 1).catch((error) => ended.push(error.name));
        await ctx.fetch("http://127.0.0.1:9/").catch((error) => ended.push(error.name));
      },
    });
    assert.deepEqual(
      eventsOf(run, "item-failed")
        .map(({ item, cause }) => [item, cause])
        .sort(),
      [
        ["heeds", "timeout"],
        ["ignores", "timeout"],
      ],
    );
    late.open();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    assert.deepEqual(ended, ["AbortError", "BudgetError"]);
    assert.equal((await state()).steps.size, 0);
  });

  it("that wait when the run is stopped count as failed, and are made by the next run", async () => {
    const control = new RunControl();
    const run = await job.run(
      {
        items: ["a", "b"],
        retry: { baseDelayMs: 60_000 },
        process(item: string) {
          if (item === "a") throw http(503);
          control.stop("stopped");
        },
      },
      { control },
    );
    assert.deepEqual([run.outcome.failed, run.outcome.status.failed, run.outcome.status.inDoubt], [1, 1, 0]);
    assert.equal((await job.run({ items: ["a", "b"], process: () => 1 })).outcome.done, 1);
  });
});
