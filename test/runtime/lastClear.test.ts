import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clearCheckpoint, undoLast } from "../../src/runtime/backups.js";
import { lastClear } from "../../src/runtime/lastClear.js";
import { applyRepair, planRepairOf } from "../../src/runtime/repair.js";
import type { ItemContext } from "../../src/runtime/runner/defineJob.js";
import { carryOutSuccess } from "../../src/runtime/runner/onSuccess.js";
import { TestJob } from "../support/jobs.js";

describe("what a backup tells of a checkpoint that is gone", () => {
  let job: TestJob;
  beforeEach(() => {
    job = new TestJob();
  });
  afterEach(() => job.remove());
  const checkpoint = () => join(job.folder, "checkpoints/test.jsonl");

  it("is when it was cleared, and that all was done", async () => {
    const whole = { items: ["a", "b"], process: (item: string) => item };
    const beganMs = Math.floor(Date.now() / 1_000) * 1_000;
    await job.run(whole);
    await carryOutSuccess(job.loaded({ ...whole, onSuccess: "clear" }), () => {});
    const { atMs, finished } = (await lastClear(checkpoint()))!;
    assert.ok(atMs >= beganMs && atMs <= Date.now(), String(atMs));
    assert.equal(finished, true);
  });

  it("is whether what it held had cost anything", async () => {
    const free = { items: ["a"], process: (item: string) => item };
    await job.run(free);
    await clearCheckpoint(checkpoint());
    assert.equal((await lastClear(checkpoint()))?.paid, false);
    await job.run({
      ...{ items: ["a"], retry: false },
      process(_: string, ctx: ItemContext) {
        ctx.usage({ usd: 0.01 });
        throw new Error("no");
      },
    });
    await clearCheckpoint(checkpoint());
    assert.equal((await lastClear(checkpoint()))?.paid, true);
  });

  it("is that its last run was not finished, where items failed or a file says nothing of runs", async () => {
    await job.run({
      ...{ items: ["a"], retry: false },
      process() {
        throw new Error("no");
      },
    });
    await clearCheckpoint(checkpoint());
    assert.equal((await lastClear(checkpoint()))?.finished, false);
    await undoLast(checkpoint());
    assert.equal(await lastClear(checkpoint()), null);
    writeFileSync(checkpoint(), '{"id": "a", "ts": 1748107200}\n');
    await clearCheckpoint(checkpoint());
    assert.equal((await lastClear(checkpoint()))?.finished, false);
  });

  it("is that it was not finished where a repair took a result out that its last run had made", async () => {
    await job.run({ items: ["a", "b"], process: (item: string) => item });
    const bytes = readFileSync(checkpoint());
    bytes.writeUInt8(0x63, bytes.indexOf('"result":"b"') + 10);
    writeFileSync(checkpoint(), bytes);
    await applyRepair(await planRepairOf(checkpoint()));
    await clearCheckpoint(checkpoint());
    assert.equal((await lastClear(checkpoint()))?.finished, false);
  });

  it("is nothing where there is no backup, or no folder", async () => {
    assert.equal(await lastClear(checkpoint()), null);
    assert.equal(await lastClear(join(job.folder, "nowhere/test.jsonl")), null);
  });
});
