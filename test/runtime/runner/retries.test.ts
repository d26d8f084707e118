import assert from "node:assert/strict";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { RunControl } from "../../../src/runtime/runner/runControl.js";
import { eventsOf, gate, TestJob } from "../../support/jobs.js";

const failing = (cause: string) => Object.assign(new Error(`a fault: ${cause}`), { failureCause: cause });

describe("a run's retries", () => {
  let job: TestJob;
  beforeEach(() => {
    job = new TestJob();
  });
  afterEach(() => job.remove());

  const expected: Record<string, number> = {
    ...{ "rate-limit": 8, overloaded: 8, timeout: 4, network: 4, "worker-died": 4 },
    ...{ auth: 1, "bad-request": 1, "context-too-long": 1, refused: 1, "bad-reply": 1, bug: 1, other: 1 },
  };
  for (const [cause, attempts] of Object.entries(expected))
    it(`of an item that fails by ${cause} make ${attempts} attempts in all`, async () => {
      let called = 0;
      const run = await job.run({
        items: ["a"],
        retry: { baseDelayMs: 0 },
        process() {
          called++;
          throw failing(cause);
        },
      });
      assert.deepEqual([called, run.outcome.failed], [attempts, 1]);
      assert.equal(eventsOf(run, "item-retry").length, attempts - 1);
      assert.deepEqual(
        eventsOf(run, "item-failed").map((told) => [told.attempt, told.cause]),
        [[attempts, cause]],
      );
    });

  it("are by the cause that `classify` names; one that throws, or names none, changes nothing", async () => {
    const attempts: Record<string, number> = {};
    const run = await job.run({
      items: ["mine", "throws", "none"],
      retry: { baseDelayMs: 0, attempts: { network: 2, other: 3 } },
      classify(_: unknown, item: string) {
        if (item === "throws") throw new Error("in classify");
        return item === "mine" ? "network" : undefined;
      },
      process(item: string) {
        attempts[item] = (attempts[item] ?? 0) + 1;
        throw new Error("no");
      },
    });
    assert.deepEqual(attempts, { mine: 2, throws: 3, none: 3 });
    assert.deepEqual(
      eventsOf(run, "item-failed")
        .map(({ item, cause }) => [item, cause])
        .sort(),
      [
        ["mine", "network"],
        ["none", "other"],
        ["throws", "other"],
      ],
    );
  });

  it("wait as long as the service asked, and so does every other item", async () => {
    const begun: number[] = [];
    const run = await job.run({
      items: ["a", "b"],
      retry: { baseDelayMs: 0 },
      process() {
        begun.push(performance.now());
        if (begun.length === 1)
          throw Object.assign(new Error("slow down"), { status: 429, headers: { "retry-after-ms": "120" } });
      },
    });
    assert.equal(run.outcome.done, 2);
    assert.ok(begun[1]! - begun[0]! >= 119, `the next began after ${begun[1]! - begun[0]!} ms`);
    const pause = eventsOf(run, "pace").find(({ pauseMs }) => pauseMs !== undefined);
    assert.equal(pause?.cause, "rate-limit");
  });

  it("count as begun once, so that a limit of items is not used up by them", async () => {
    const tried: string[] = [];
    const { outcome } = await job.run(
      {
        items: ["a", "b", "c"],
        retry: { baseDelayMs: 0 },
        process(item: string) {
          tried.push(item);
          if (tried.filter((other) => other === item).length < 3) throw failing("network");
        },
      },
      { limit: 2 },
    );
    assert.deepEqual([outcome.reason, outcome.done, tried.length], ["limit", 2, 6]);
  });

  it("that a stop cuts off are told as failed, and made by the next run", async () => {
    const control = new RunControl();
    const definition = {
      items: ["a", "b"],
      retry: { baseDelayMs: 1e9, maxDelayMs: 1e9 },
      process() {
        throw failing("network");
      },
    };
    const run = await job.run(definition, {
      control,
      onEvent(event) {
        if (event.event === "item-retry" && event.item === "b") control.stop("stopped");
      },
    });
    assert.deepEqual([run.outcome.reason, run.outcome.failed, run.outcome.status.failed], ["stopped", 2, 2]);
    assert.deepEqual(
      eventsOf(run, "item-failed")
        .map(({ item, attempt, cause }) => [item, attempt, cause])
        .sort(),
      [
        ["a", 1, "network"],
        ["b", 1, "network"],
      ],
    );
    const next = await job.run({ ...definition, process: () => 1 });
    assert.deepEqual([next.outcome.reason, next.outcome.done], ["finished", 2]);
  });

  it("that a stop cuts off while a pause holds them back are told as failed too", async () => {
    const control = new RunControl();
    const run = await job.run(
      {
        items: ["a"],
        retry: { baseDelayMs: 0 },
        limits: { requestsPerMinute: 1 },
        process() {
          throw failing("network");
        },
      },
      {
        control,
        onEvent({ event }) {
          if (event === "item-retry") setTimeout(() => control.stop("stopped"), 30);
        },
      },
    );
    assert.deepEqual([run.outcome.reason, run.outcome.failed], ["stopped", 1]);
    assert.equal(eventsOf(run, "item-failed").length, 1);
  });

  it("end with the run where three items in a row may not ask the service", async () => {
    const run = await job.run({
      items: ["a", "b", "c", "d"],
      process() {
        throw failing("auth");
      },
    });
    assert.deepEqual([run.outcome.reason, run.outcome.failed], ["auth", 3]);
  });

  it("end with the run at so many failed items as `maxFailures` says", async () => {
    let tried = 0;
    const run = await job.run({
      items: ["a", "b", "c", "d", "e"],
      maxFailures: 2,
      retry: { baseDelayMs: 0, attempts: { network: 3 } },
      process() {
        tried++;
        throw failing("network");
      },
    });
    assert.deepEqual([run.outcome.reason, run.outcome.failed], ["max-failures", 2]);
    assert.ok(tried <= 8, `${tried} attempts`);
  });

  it("of an item that is too slow are made once it heeds its signal, by timeout", async () => {
    let attempts = 0;
    const run = await job.run({
      items: ["a"],
      itemTimeoutMs: 20,
      retry: { baseDelayMs: 0 },
      async process(_: string, ctx: ItemContext) {
        if (++attempts === 2) return "in time";
        await new Promise((_, reject) =>
          ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)),
        );
      },
    });
    assert.equal(run.outcome.done, 1);
    assert.deepEqual(
      eventsOf(run, "item-retry").map(({ cause }) => cause),
      ["timeout"],
    );
  });

  it("of an item that does not heed its signal are made without it, and what it still does has no effect", async () => {
    const abandoned = gate();
    const late: unknown[] = [];
    let attempts = 0;
    const run = await job.run({
      items: ["a"],
      itemTimeoutMs: 20,
      retry: { baseDelayMs: 0 },
      async process(_: string, ctx: ItemContext) {
        if (++attempts === 1) {
          await abandoned.passed;
          ctx.usage({ usd: 3 });
          ctx.progress(0.5);
          for (const act of [() => ctx.step("s", 1, () => "stale"), () => ctx.fetch("http://127.0.0.1:9/")])
            late.push(await act().catch((error: Error) => error.name));
          return "stale";
        }
        abandoned.open();
        while (late.length < 2) await new Promise(setImmediate);
        return ctx.step("s", 1, () => "fresh");
      },
    });
    assert.deepEqual(await job.results(), { '"a"': "fresh" });
    assert.deepEqual([run.outcome.usage.usd, eventsOf(run, "item-progress").length], [null, 0]);
    assert.equal(late.includes("stale"), false);
  }).timeout(10_000);
});
