import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { eventsOf, gate, TestJob } from "../../support/jobs.js";

describe("a run", () => {
  let job: TestJob;
  beforeEach(() => {
    job = new TestJob();
  });
  afterEach(() => job.remove());

  const upper = (item: string) => item.toUpperCase();

  it("does every item once, tells it in order, and has nothing to do the second time", async () => {
    const first = await job.run({ items: ["a", "b"], process: upper });
    assert.deepEqual(
      first.events.map(({ event }) => event).filter((event) => event !== "notice"), // of the temporary folder
      ["run-started", "item-started", "item-done", "item-started", "item-done", "run-ended"],
    );
    assert.deepEqual([first.outcome.reason, first.outcome.done], ["finished", 2]);
    const second = await job.run({ items: ["a", "b"], process: upper });
    assert.deepEqual([second.outcome.reason, second.outcome.done], ["finished", 0]);
    assert.deepEqual(await job.results(), { '"a"': "A", '"b"': "B" });
  });

  it("works on as many items at a time as it is told, and no more", async () => {
    let now = 0;
    let most = 0;
    const until = (count: number) => {
      const full = gate();
      return async () => {
        most = Math.max(most, ++now);
        if (now === count) full.open();
        await full.passed;
        now--;
      };
    };
    const items = Array.from({ length: 40 }, (_, i) => i);
    await job.run({ items, concurrency: 3, process: until(3) });
    assert.equal(most, 3);
    await job.run({ items: items.map((n) => n + 100), process: until(7) }, { concurrency: 7 });
    assert.equal(most, 7);
  });

  it("fails an item with whatever it throws, and does the others", async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const oddities: Record<string, unknown> = {
      error: new Error("plain"),
      text: "a text",
      nothing: undefined,
      null: null,
      big: 10n,
      circular,
      symbol: Symbol("s"),
      "odd message": Object.assign(new Error("x"), { message: { code: 5 }, stack: 7 }),
    };
    const run = await job.run({
      items: [...Object.keys(oddities), "fine"],
      process(item: string) {
        if (item in oddities) throw oddities[item];
      },
    });
    assert.equal(run.outcome.error, undefined);
    assert.deepEqual([run.outcome.done, run.outcome.failed], [1, Object.keys(oddities).length]);
    for (const { message } of eventsOf(run, "item-failed")) assert.equal(typeof message, "string");
  });

  it("fails an item whose result is no JSON as a bad reply, and does the others", async () => {
    const circular: unknown[] = [];
    circular.push(circular);
    const results: Record<string, unknown> = {
      function: () => 1,
      bigint: { deep: [1n] },
      nan: Number.NaN,
      circular,
      map: new Map([[1, 2]]),
      "undefined in an array": [1, undefined],
      symbol: Symbol("s"),
      throwing: {
        toJSON() {
          throw new Error("no");
        },
      },
    };
    const run = await job.run({
      items: [...Object.keys(results), "fine"],
      concurrency: 2,
      process: (item: string) => results[item] ?? { kept: 1, left: undefined },
    });
    const failures = eventsOf(run, "item-failed");
    assert.deepEqual(
      Object.fromEntries(failures.map(({ item, cause }) => [item, cause])),
      Object.fromEntries(Object.keys(results).map((name) => [name, "bad-reply"])),
    );
    assert.deepEqual(await job.results(), { '"fine"': { kept: 1 } });
  });

  it("tries failed items again in the next run, and counts their attempts over all runs", async () => {
    const process = (_: string, ctx: ItemContext) => {
      if (ctx.attempt < 3) throw new Error(`attempt ${ctx.attempt}`);
      return ctx.attempt;
    };
    assert.equal((await job.run({ items: ["a"], process })).outcome.reason, "finished-with-failures");
    assert.equal((await job.run({ items: ["a"], process })).outcome.status.failed, 1);
    assert.equal((await job.run({ items: ["a"], process })).outcome.reason, "finished");
    assert.deepEqual(await job.results(), { '"a"': 3 });
  });

  it("does not count done items that left the input, and counts them again when they are back", async () => {
    await job.run({ items: ["a", "b", "c"], process: upper });
    const without = await job.run({ items: ["a", "d"], process: upper });
    const { total, done, gone } = without.outcome.status;
    assert.deepEqual({ total, done, gone }, { total: 2, done: 2, gone: 2 });
    const again = await job.run({ items: ["a", "b"], process: upper });
    assert.deepEqual([again.outcome.done, again.outcome.status.done, again.outcome.status.gone], [0, 2, 2]);
  });

  it("refuses an input with an id twice before it writes anything, naming it", async () => {
    await assert.rejects(job.run({ items: ["a", "b", "a"], process: upper }), {
      code: "AJ_DUPLICATE_IDS",
      message: /"a"/,
    });
    assert.throws(() => statSync(job.checkpoint));
  });

  it("has no total until a stream ends, and ends with an error where an id comes twice", async () => {
    const totals: (number | null)[] = [];
    const one = await job.run(
      { items: new Set(["a", "b"]), process: upper },
      { onOpen: (status) => totals.push(status().total) },
    );
    totals.push(eventsOf(one, "run-started")[0]!.total, one.outcome.status.total);
    assert.deepEqual(totals, [null, null, 2]);
    const twice = await job.run({ items: ["c", "d", "c"].values(), process: upper });
    assert.equal((twice.outcome.error as { code: string }).code, "AJ_DUPLICATE_IDS");
    assert.equal(twice.outcome.reason, "error");
    assert.equal(Object.keys(await job.results()).length, 4);
  });

  it("stops at its limit, and is finished where the limit was all there was", async () => {
    const definition = { items: ["a", "b", "c"], process: upper };
    assert.deepEqual((await job.run(definition, { limit: 2 })).outcome.reason, "limit");
    assert.deepEqual((await job.run(definition, { limit: 1 })).outcome.reason, "finished");
  });

  it("stops in order once its budget is spent, goes on with a larger one", async () => {
    const definition = (usd: number) => ({
      items: ["a", "b", "c"],
      budget: { usd },
      process(_: string, ctx: ItemContext) {
        ctx.usage({ usd: 0.5 });
      },
    });
    const first = await job.run(definition(1));
    assert.deepEqual([first.outcome.reason, first.outcome.done], ["budget", 2]);
    assert.equal((await job.run(definition(1))).outcome.done, 0);
    assert.equal((await job.run(definition(9))).outcome.reason, "finished");
  });

  it("that spent its budget with the last item is finished, now and the next time", async () => {
    const definition = {
      items: ["a", "b"],
      budget: { usd: 1 },
      process(_: string, ctx: ItemContext) {
        ctx.usage({ usd: 0.5 });
      },
    };
    assert.equal((await job.run(definition)).outcome.reason, "finished");
    assert.equal((await job.run(definition)).outcome.reason, "finished");
  });

  it("writes what items log beside the checkpoint, a line each with its item", async () => {
    await job.run({
      items: ["a\nb"],
      process(_: string, ctx: ItemContext) {
        ctx.log("one\ntwo", { n: 1 });
        ctx.usage("no reply");
      },
    });
    const lines = readFileSync(`${job.checkpoint}.log`, "utf8").trimEnd().split("\n");
    assert.equal(lines.length, 4);
    assert.match(lines[0]!, /^\d{4}-\S+Z \[=run\] run 1 writes from here on \(\S+\)$/);
    assert.match(lines[1]!, /^\d{4}-\S+Z \[a⏎b#[\da-f]{8}\] one$/);
    assert.match(lines[2]!, /\[a⏎b#[\da-f]{8}\] two \{ n: 1 \}$/);
    assert.match(lines[3]!, /says nothing of tokens/);
  });

  it("records usage of failed attempts too", async () => {
    const run = await job.run({
      items: ["a"],
      process(_: string, ctx: ItemContext) {
        ctx.usage({ inputTokens: 3, usd: 0.25 });
        throw new Error("after paying");
      },
    });
    assert.deepEqual([run.outcome.usage.inputTokens, run.outcome.usage.usd], [3, 0.25]);
  });
});
