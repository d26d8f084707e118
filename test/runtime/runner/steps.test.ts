import assert from "node:assert/strict";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { eventsOf, TestJob } from "../../support/jobs.js";

describe("ctx.step", () => {
  let job: TestJob;
  beforeEach(() => {
    job = new TestJob();
  });
  afterEach(() => job.remove());

  for (const [name, value] of Object.entries({
    undefined: undefined,
    null: null,
    "an empty text": "",
    "an empty object": {},
    false: false,
    0: 0,
  })) {
    it(`gives back ${name} on a resume without doing the step again`, async () => {
      let done = 0;
      const seen: unknown[] = [];
      const definition = (fails: boolean) => ({
        items: ["a"],
        async process(_: string, ctx: ItemContext) {
          const step = () => {
            done++;
            return value;
          };
          seen.push(await ctx.step("s", { x: 1 }, step));
          if (fails) throw new Error("later");
        },
      });
      await job.run(definition(true));
      assert.equal((await job.run(definition(false))).outcome.reason, "finished");
      assert.equal(done, 1);
      assert.deepEqual(seen, [value, value]);
    });
  }

  it("is done again for other inputs, another name, and another item", async () => {
    const done: string[] = [];
    await job.run({
      items: ["a", "b"],
      async process(item: string, ctx: ItemContext) {
        const long = "x".repeat(300);
        const step = (name: string, inputs: unknown) =>
          ctx.step(name, inputs, () => void done.push(`${item} ${name}`));
        await step("s", { text: `${long}1` });
        await step("s", { text: `${long}2` });
        await step("t", { text: `${long}2` });
        await step("t", { text: `${long}2` });
      },
    });
    assert.deepEqual(done, ["a s", "a s", "a t", "b s", "b s", "b t"]);
  });

  it("asked for twice at the same time is done once", async () => {
    let done = 0;
    await job.run({
      items: ["a"],
      async process(_: string, ctx: ItemContext) {
        const step = () => ctx.step("s", 1, async () => ++done);
        return Promise.all([step(), step()]);
      },
    });
    assert.deepEqual(await job.results(), { '"a"': [1, 1] });
  });

  it("gives at once what a resume would give back", async () => {
    const seen: unknown[] = [];
    const definition = (fails: boolean) => ({
      items: ["a"],
      async process(_: string, ctx: ItemContext) {
        seen.push(await ctx.step("s", 1, () => ({ at: new Date(0), none: undefined })));
        if (fails) throw new Error("later");
      },
    });
    await job.run(definition(true));
    await job.run(definition(false));
    assert.deepEqual(seen[0], { at: "1970-01-01T00:00:00.000Z" });
    assert.deepEqual(seen[1], seen[0]);
  });

  it("that throws fails its item, and is done again by the next run", async () => {
    let done = 0;
    const definition = {
      items: ["a"],
      process: (_: string, ctx: ItemContext) =>
        ctx.step("s", 1, () => {
          if (++done === 1) throw new RangeError("once");
          return done;
        }),
    };
    const first = await job.run(definition);
    assert.equal(first.outcome.reason, "finished-with-failures");
    assert.equal((await job.run(definition)).outcome.reason, "finished");
    assert.deepEqual(await job.results(), { '"a"': 2 });
  });

  it("whose result is no JSON fails its item alone, as a bad reply", async () => {
    const run = await job.run({
      items: ["a", "b"],
      process: (item: string, ctx: ItemContext) => ctx.step("s", 1, () => (item === "a" ? 1n : 2)),
    });
    const [failure] = eventsOf(run, "item-failed");
    assert.deepEqual([failure?.item, failure?.cause], ["a", "bad-reply"]);
    assert.match(failure!.message, /step "s"/);
    assert.deepEqual(await job.results(), { '"b"': 2 });
  });
});
