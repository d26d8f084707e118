import assert from "node:assert/strict";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { RunControl } from "../../../src/runtime/runner/runControl.js";
import { maxIterations } from "../../../src/runtime/session/stopConditions.js";
import { eventsOf, TestJob } from "../../support/jobs.js";

describe("a run ends early", () => {
  let job: TestJob;
  beforeEach(() => {
    job = new TestJob();
  });
  afterEach(() => job.remove());
  const items = Array.from({ length: 40 }, (_, i) => `i${i}`);

  it("at its deadline, and goes on from there", async () => {
    const process = () => new Promise((go) => setTimeout(go, 20));
    const run = await job.run({ items, deadlineMs: 100, process });
    assert.deepEqual([run.outcome.reason, run.outcome.detail], ["deadline", "0.1 s"]);
    assert.ok(run.outcome.done > 0 && run.outcome.done < 40);
    assert.equal((await job.run({ items, concurrency: 40, process })).outcome.reason, "finished");
  });

  it("at a stop condition, which says its figures", async () => {
    const run = await job.run({ items, stopWhen: maxIterations(5), process: () => 1 });
    assert.equal(run.outcome.reason, "stop-condition");
    assert.match(run.outcome.detail!, /5 iterations/);
    assert.equal(run.outcome.done, 5);
  });

  it("at a budget in tokens, of all runs together", async () => {
    const process = (_: string, ctx: ItemContext) => ctx.usage({ inputTokens: 60, outputTokens: 40 });
    const first = await job.run({ items, budget: { tokens: 1_000 }, concurrency: 4, process });
    assert.deepEqual([first.outcome.reason, first.outcome.done], ["budget", 10]);
    assert.equal((await job.run({ items, budget: { tokens: 1_000 }, process })).outcome.done, 0);
    assert.equal(
      (await job.run({ items, budget: { tokens: 1_500 }, concurrency: 4, process })).outcome.done,
      5,
    );
  });

  it("where a budget in dollars meets a model whose price nobody knows", async () => {
    const run = await job.run({
      items,
      budget: { usd: 1 },
      process: (_: string, ctx: ItemContext) =>
        ctx.usage({ model: "my-own", inputTokens: 1, outputTokens: 1 }),
    });
    assert.equal(run.outcome.reason, "error");
    assert.match(String(run.outcome.error), /No price is known for the model my-own.*prices/);
    assert.ok(run.outcome.done <= 1);
  });

  it("and tells once that a model has no price, where there is no budget", async () => {
    const run = await job.run({
      items,
      process: (_: string, ctx: ItemContext) =>
        ctx.usage({ model: "my-own", inputTokens: 1, outputTokens: 1 }),
    });
    assert.equal(run.outcome.done, 40);
    assert.equal(eventsOf(run, "notice").filter(({ message }) => message.includes("my-own")).length, 1);
  });

  it("with what does not end in time after a stop in doubt", async () => {
    const control = new RunControl();
    const run = await job.run(
      {
        items: ["a"],
        stopGraceMs: 50,
        process: () => {
          control.stop("stopped");
          return new Promise(() => {});
        },
      },
      { control },
    );
    assert.deepEqual([run.outcome.reason, run.outcome.status.inDoubt], ["stopped", 1]);
  });

  it("having done only the items that were asked for", async () => {
    const { outcome } = await job.run(
      { items, process: () => 1 },
      { only: new Set(['"i3"', '"i7"']) as never },
    );
    assert.deepEqual([outcome.done, outcome.reason], [2, "limit"]);
  });
});

describe("a run stage by stage", () => {
  let job: TestJob;
  beforeEach(() => {
    job = new TestJob();
  });
  afterEach(() => job.remove());

  it("has all items through one stage before the next, and leaves nothing in doubt in between", async () => {
    const calls: string[] = [];
    const control = new RunControl();
    const definition = {
      items: ["a", "b", "c"],
      order: "stages",
      stages: {
        fetch: (item: string) => calls.push(`fetch ${item}`) && item,
        store: (item: string) => {
          calls.push(`store ${item}`);
          if (item === "a" && !control.stopping) control.stop("stopped");
          return item;
        },
      },
    };
    const first = await job.run(definition, { control });
    assert.deepEqual(calls, ["fetch a", "fetch b", "fetch c", "store a"]);
    const { done, inDoubt, failed, remaining, stages } = first.outcome.status;
    assert.deepEqual([done, inDoubt, failed, remaining], [1, 0, 0, 2]);
    assert.deepEqual(stages, [
      { name: "fetch", done: 3 },
      { name: "store", done: 1 },
    ]);
    calls.length = 0;
    assert.equal((await job.run(definition)).outcome.reason, "finished");
    assert.deepEqual(calls, ["store b", "store c"]);
  });
});
