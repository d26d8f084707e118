import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { RunControl } from "../../../src/runtime/runner/runControl.js";
import { TestJob } from "../../support/jobs.js";

describe("a plan", () => {
  let job: TestJob;
  beforeEach(() => {
    job = new TestJob({ "docs/a.md": "one", "docs/b.md": "two", "docs/c.md": "three" });
  });
  afterEach(() => job.remove());

  it("counts done, failed, in doubt, new, gone and changed items without touching anything", async () => {
    const control = new RunControl();
    const definition = {
      items: "docs/*.md",
      process({ path }: { path: string }, ctx: ItemContext) {
        ctx.usage({ inputTokens: 100, outputTokens: 10, usd: 1 });
        if (path.endsWith("b.md")) throw new Error("no");
        if (path.endsWith("c.md")) {
          control.abort("interrupted");
          return new Promise(() => {});
        }
        return path;
      },
    };
    const fresh = await job.plan(definition);
    assert.deepEqual([fresh.total, fresh.new, fresh.toRun, fresh.done], [3, 3, 3, 0]);
    await job.run(definition, { control });
    writeFileSync(join(job.folder, "docs/d.md"), "four");
    writeFileSync(join(job.folder, "docs/a.md"), "one, changed");
    const { total, done, failed, inDoubt, toRun, gone, changed, ...plan } = await job.plan(definition);
    assert.deepEqual(
      { total, done, failed, inDoubt, new: plan.new, toRun, gone, items: changed.items },
      { total: 4, done: 1, failed: 1, inDoubt: 1, new: 1, toRun: 3, gone: 0, items: 1 },
    );
    assert.deepEqual([plan.expected.tokens, plan.expected.usd], [330, 3]);
    rmSync(join(job.folder, "docs/a.md"));
    const without = await job.plan(definition);
    assert.deepEqual([without.total, without.done, without.gone], [3, 0, 1]);
  });

  it("takes the job's own estimate where it has one", async () => {
    const definition = {
      items: ["a", "b"],
      estimate: () => ({ inputTokens: 5, outputTokens: 2, usd: 0.5 }),
      process: (item: string) => item,
    };
    const { expected } = await job.plan(definition);
    assert.deepEqual([expected.tokens, expected.usd, expected.ms], [14, 1, null]);
  });

  it("of a stream says only what the checkpoint knows", async () => {
    const items = new Set(["a"]);
    await job.run({ items, process: (item: string) => item });
    const plan = await job.plan({ items, process: (item: string) => item });
    assert.deepEqual([plan.total, plan.new, plan.toRun, plan.done], [null, null, null, 1]);
  });

  it("of an input with an id twice is an error", async () => {
    await assert.rejects(job.plan({ items: ["a", "a"], process() {} }), { code: "AJ_DUPLICATE_IDS" });
  });
});
