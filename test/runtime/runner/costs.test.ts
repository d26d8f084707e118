import assert from "node:assert/strict";
import { AgentJobsError } from "../../../src/runtime/errors.js";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { RunControl } from "../../../src/runtime/runner/runControl.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { eventsOf, gate, TestJob } from "../../support/jobs.js";

const names = (count: number) => Array.from({ length: count }, (_, i) => `item-${i}`);

describe("a run's spending", () => {
  let job: TestJob;
  beforeEach(() => {
    job = new TestJob();
  });
  afterEach(() => job.remove());

  it("is learned from the first item alone; from the second on, items run side by side", async () => {
    const together: number[] = [];
    let inFlight = 0;
    const { outcome } = await job.run({
      items: names(12),
      concurrency: 4,
      budget: { usd: 100 },
      async process(_: string, ctx: ItemContext) {
        together.push(++inFlight);
        await new Promise(setImmediate);
        ctx.usage({ usd: 0.01 });
        await new Promise((resolve) => setTimeout(resolve, 5));
        inFlight--;
      },
    });
    assert.deepEqual([outcome.done, together[0], together[1]], [12, 1, 1]);
    assert.equal(Math.max(...together), 4);
  });

  it("by tokens is held as by dollars, and says so once", async () => {
    const definition = {
      items: names(5),
      budget: { tokens: 25 },
      process: (_: string, ctx: ItemContext) => ctx.usage({ inputTokens: 6, outputTokens: 4 }),
    };
    const run = await job.run(definition);
    assert.deepEqual([run.outcome.reason, run.outcome.done, run.outcome.failed], ["budget", 2, 0]);
    assert.equal(eventsOf(run, "notice").filter(({ message }) => message.includes("not begun")).length, 1);
    const { usage } = (await job.run({ ...definition, budget: { tokens: 50 } })).outcome;
    assert.deepEqual([usage.inputTokens, usage.outputTokens], [30, 20]);
  });

  it("has its budget written down with each run, as it then was, for whoever reads the checkpoint", async () => {
    const definition = { items: names(1), process: () => null };
    for (const budget of [{ usd: 3 }, undefined, { usd: 5, tokens: 900 }])
      await job.run(budget ? { ...definition, budget } : definition);
    const { state } = await new JsonlStore(job.checkpoint).load("test");
    assert.deepEqual(
      [...state.runs.values()].map((run) => run.budget),
      [{ usd: 3 }, undefined, { usd: 5, tokens: 900 }],
    );
  });

  it("past its budget is told once, however many requests in flight are refused", async () => {
    const all = gate();
    let begun = 0;
    const run = await job.run({
      items: names(4),
      concurrency: 4,
      budget: { usd: 1 },
      estimate: () => ({ usd: 0.1 }),
      async process(_: string, ctx: ItemContext) {
        if (++begun === 4) {
          ctx.usage({ usd: 2 });
          all.open();
        }
        await all.passed;
        await ctx.fetch("http://127.0.0.1:9/");
      },
    });
    assert.deepEqual([run.outcome.reason, run.outcome.failed], ["budget", 4]);
    assert.deepEqual([...new Set(eventsOf(run, "item-failed").map(({ cause }) => cause))], ["budget"]);
    assert.equal(eventsOf(run, "notice").filter(({ message }) => message.includes("Raise")).length, 1);
  });

  it("that cannot be counted, for a model without a price, ends a run that has a budget", async () => {
    const definition = {
      items: names(3),
      process: (_: string, ctx: ItemContext) =>
        ctx.usage({ model: "nobody-knows-me", inputTokens: 10, outputTokens: 1 }),
    };
    const { outcome } = await job.run({ ...definition, budget: { usd: 1 } });
    assert.deepEqual(
      [outcome.reason, (outcome.error as { code: string }).code, outcome.done],
      ["error", "AJ_JOB", 1],
    );
    const without = await job.run(definition);
    assert.deepEqual([without.outcome.reason, without.outcome.done], ["finished", 2]);
    assert.equal(
      eventsOf(without, "notice").filter(({ message }) => message.includes("nobody-knows-me")).length,
      1,
    );
  });

  it("is not guessed where `estimate` throws: the run ends, and what is in flight is kept", async () => {
    const open = gate();
    const run = job.run(
      {
        items: ["a", "b"],
        concurrency: 2,
        budget: { usd: 1 },
        estimate(item: string) {
          if (item === "b") throw new Error("no idea");
          return { usd: 0.1 };
        },
        process: () => open.passed,
      },
      { onEvent: ({ event }) => event === "run-stopping" && open.open() },
    );
    const { outcome } = await run;
    assert.deepEqual(
      [outcome.reason, (outcome.error as { code: string }).code, outcome.done, outcome.status.inDoubt],
      ["error", "AJ_JOB", 1, 0],
    );
  });

  it("adds up over failed attempts, steps and resumes", async () => {
    let isDown = true;
    const definition = {
      items: ["a", "b"],
      retry: { attempts: { other: 2 }, baseDelayMs: 0 },
      async process(item: string, ctx: ItemContext) {
        await ctx.step("paid", item, () => ctx.usage({ usd: 1, inputTokens: 10 }));
        ctx.usage({ usd: 0.25, inputTokens: 1 });
        if (isDown) throw new Error("no");
      },
    };
    const first = await job.run(definition);
    // Each item: its step once, and two attempts.
    assert.deepEqual([first.outcome.usage.usd, first.outcome.usage.inputTokens], [3, 24]);
    isDown = false;
    const second = await job.run(definition);
    assert.deepEqual([second.outcome.usage.usd, second.outcome.usage.inputTokens], [3.5, 26]);
    const runs = eventsOf(second, "item-done").map(({ usage }) => usage?.usd);
    assert.deepEqual(runs, [0.25, 0.25]);
  });

  it("after an attempt's end is not counted: nothing would record it", async () => {
    const abandoned = gate();
    const told = gate();
    const run = await job.run({
      items: ["a", "b"],
      budget: { usd: 5 },
      estimate: () => ({ usd: 1 }),
      async process(item: string, ctx: ItemContext) {
        if (item === "a") {
          void abandoned.passed.then(() => {
            ctx.usage({ usd: 4.5 });
            told.open();
          });
          return;
        }
        abandoned.open();
        await told.passed;
      },
    });
    assert.deepEqual([run.outcome.reason, run.outcome.done, run.outcome.usage.usd], ["finished", 2, null]);
    assert.equal((await job.run({ items: ["c"], process: () => 1 })).outcome.usage.usd, null);
  });

  it("of what a stop left in doubt is kept: what hangs, what heeds its signal, what ends the run by its error", async () => {
    const control = new RunControl();
    const begun = gate();
    let count = 0;
    const definition = {
      items: ["hangs", "heeds", "priced"],
      ...{ concurrency: 3, stopGraceMs: 10 },
      prices: { mine: { inputPerMillion: 1_000_000, outputPerMillion: 0 } },
      async process(item: string, ctx: ItemContext) {
        if (item === "priced") ctx.usage({ model: "mine", inputTokens: 4, outputTokens: 0 });
        else ctx.usage({ usd: 1 });
        if (++count === 3) begun.open();
        await new Promise((_, reject) => {
          if (item === "heeds") ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason));
        }).catch((error) => {
          ctx.usage({ usd: 0.5 });
          throw error;
        });
      },
    };
    const run = job.run(definition, { control });
    await begun.passed;
    control.stop("stopped");
    const { outcome } = await run;
    assert.deepEqual([outcome.reason, outcome.status.inDoubt, outcome.usage.usd], ["stopped", 3, 6.5]);
    const fatal = await job.run({
      ...definition,
      process(item: string, ctx: ItemContext) {
        ctx.usage({ usd: 1 });
        if (item === "hangs") throw new AgentJobsError("AJ_WRITE", "no room");
      },
    });
    assert.deepEqual([fatal.outcome.reason, fatal.outcome.usage.usd], ["error", 9.5]);
    const next = await job.run({ ...definition, process: () => 1 });
    assert.deepEqual([next.outcome.reason, next.outcome.usage.usd], ["finished", 9.5]);
  });

  it("with a price that is none is refused before anything is locked or written", () => {
    const process = () => 1;
    for (const price of [{ inputPerMillion: -1, outputPerMillion: 1 }, { inputPerMillion: 1 }])
      assert.throws(() => job.loaded({ items: [], prices: { mine: price }, process }), { code: "AJ_JOB" });
  });

  it("of tokens a minute, without an estimate, is learned from the first item alone; then as many begin as fit", async () => {
    const control = new RunControl();
    const begun: string[] = [];
    let begunWhenTold = 0;
    const three = gate();
    const { outcome } = await job.run(
      {
        ...{ items: names(40), concurrency: 32, limits: { tokensPerMinute: 1_000 } },
        async process(item: string, ctx: ItemContext) {
          begun.push(item);
          for (let i = 0; i < 20; i++) await new Promise(setImmediate);
          begunWhenTold ||= begun.length;
          if (begun.length >= 3) three.open();
          if (item !== "item-0") await three.passed;
          ctx.usage({ inputTokens: 300 });
          if (begun.length > 1) control.stop("stopped");
        },
      },
      { control },
    );
    assert.deepEqual([begunWhenTold, begun.length, outcome.done], [1, 3, 3]);
  });

  it("of tokens a minute lets a job run on that never tells what its items take", async () => {
    let inFlight = 0;
    let most = 0;
    const { outcome } = await job.run({
      ...{ items: names(60), concurrency: 8, limits: { tokensPerMinute: 1_000 } },
      async process() {
        most = Math.max(most, ++inFlight);
        for (let i = 0; i < 5; i++) await new Promise(setImmediate);
        inFlight--;
      },
    });
    assert.deepEqual([outcome.reason, outcome.done], ["finished", 60]);
    assert.ok(most > 1, String(most));
  });
});
