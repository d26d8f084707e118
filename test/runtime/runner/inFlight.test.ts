import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as passTime } from "node:timers/promises";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { TestJob } from "../../support/jobs.js";

/** The most items that the file shows as begun and not ended, at any place where a kill could cut it. */
function mostOpen(checkpoint: string): number {
  const open = new Set<string>();
  let most = 0;
  for (const line of readFileSync(checkpoint, "utf8").trimEnd().split("\n")) {
    const { type, item, id } = JSON.parse(line) as { type?: string; item?: string; id?: string };
    if (type === "started") open.add(item!);
    else if (type === "failed" || type === "waiting") open.delete(item!);
    else if (type === undefined) open.delete(id!);
    most = Math.max(most, open.size);
  }
  return most;
}

describe("what a kill leaves in doubt", () => {
  let job: TestJob;
  beforeEach(() => {
    job = new TestJob();
  });
  afterEach(() => job.remove());

  const items = Array.from({ length: 200 }, (_, i) => `item-${i}`);
  const first = (item: string, { step }: ItemContext) => step("first", item, () => item);

  for (const concurrency of [1, 4]) {
    it(`is no more than was in flight: ${concurrency} at a time`, async () => {
      const process = async (item: string, context: ItemContext) => {
        await first(item, context);
        if (item.endsWith("7")) throw new Error("unlucky");
        return item.repeat(100);
      };
      await job.run({ items, concurrency, retry: { attempts: 2, baseDelayMs: 1 }, process });
      assert.equal(mostOpen(job.checkpoint), concurrency);
    });

    it(`is no more than was in flight, where results are no JSON: ${concurrency} at a time`, async () => {
      const throwing = {
        toJSON() {
          throw new Error("no");
        },
      };
      const process = (item: string) =>
        item.endsWith("7") ? { n: 1n } : item.endsWith("3") ? throwing : item.repeat(100);
      const { outcome } = await job.run({ items, concurrency, process });
      assert.deepEqual([outcome.done, outcome.failed], [160, 40]);
      assert.equal(mostOpen(job.checkpoint), concurrency);
    });

    it(`is no more than was in flight, by stages: ${concurrency} at a time`, async () => {
      const stages = { first, second: (item: string) => item };
      await job.run({ items, concurrency, order: "stages", stages });
      assert.equal(mostOpen(job.checkpoint), concurrency);
    });

    it(`is no more than was in flight, where files are longer read than worked on: ${concurrency} at a time`, async () => {
      for (let i = 0; i < 40; i++) writeFileSync(join(job.folder, `${i}.txt`), "text");
      const process = ({ path }: { path: string }) => passTime(Number.parseInt(path, 10) % 7);
      const { outcome } = await job.run({ items: "*.txt", concurrency, process });
      assert.equal(outcome.done, 40);
      assert.equal(mostOpen(job.checkpoint), concurrency);
    });
  }
});
