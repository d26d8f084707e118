import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { migrate } from "../../../src/runtime/migrate/migrate.js";
import type { OldJob } from "../../../src/runtime/migrate/oldJob.js";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { statusOf } from "../../../src/runtime/state/status.js";
import { root } from "../../setup/root.js";
import { TestJob } from "../../support/jobs.js";
import { scanBytes } from "../../support/scan.js";

const synapse = join(root, "test/fixtures/synapse");

describe("migrating the files that other programs wrote", () => {
  let job: TestJob;
  beforeEach(() => {
    job = new TestJob();
  });
  afterEach(() => job.remove());

  const take = async (file: string, oldJob?: string): Promise<OldJob> =>
    migrate(join(root, "test/fixtures", file), job.checkpoint, {
      ...{ job: "test", label: null },
      ...(oldJob !== undefined && { oldJob }),
    });
  /** What the new checkpoint says, as every surface counts it. */
  const made = () => {
    const { state, summary, faults } = scanBytes(readFileSync(job.checkpoint));
    assert.deepEqual([summary.format, faults.length, state.job], ["agent-jobs", 0, "test"]);
    return { state, status: statusOf(state, summary, null, Date.now()) };
  };
  const counts = () => {
    const { done, failed, inDoubt, remaining, total, progress, lastRun } = made().status;
    assert.deepEqual([lastRun?.ended, lastRun?.run.done, lastRun?.run.pid], ["migrated", done, 0]);
    return { done, failed, inDoubt, remaining, total, progress };
  };
  const docs = (...numbers: number[]) => numbers.map((n) => `doc_${n}`);
  const items = docs(0, 1, 2, 3, 4, 5, 6, 7);
  /** Runs a job over all eight; gives what it did. */
  const goOn = async () => {
    const did: string[] = [];
    const { outcome } = await job.run({
      items,
      params: { model: "any" },
      process: (item: string) => {
        did.push(item);
        return "new";
      },
    });
    assert.equal(outcome.reason, "finished");
    assert.equal(Object.keys(await job.results()).filter((id) => items.includes(JSON.parse(id))).length, 8);
    return did;
  };
  const stopped = "stopped" as const;

  it("1, a JSON file: five done with results, and no total", async () => {
    await take("synapse/option1_job_fx.checkpoint.json");
    const unknown = { remaining: null, total: null, progress: stopped };
    assert.deepEqual(counts(), { done: 5, failed: 0, inDoubt: 0, ...unknown });
    const before = await job.results();
    assert.deepEqual(before['"doc_4"'], {
      doc_id: "doc_4",
      summary: "out(ze in one sentence: Document 4 text... é)",
    });
    const { run } = made().status.lastRun!;
    assert.deepEqual([run.startedAtMs, run.ended?.atMs], [1795234072003, 1795234072004]);
    assert.deepEqual(await goOn(), docs(5, 6, 7));
    assert.deepEqual((await job.results())['"doc_4"'], before['"doc_4"']);
  });

  it("2, a database: three done, one failed with its cause, the orphan in doubt, three to be done", async () => {
    const old = await take("synapse/option2_agent_jobs.db", "fx");
    assert.equal(old.notBegun, 3);
    assert.deepEqual(counts(), { done: 3, failed: 1, inDoubt: 1, remaining: 3, total: 8, progress: stopped });
    const { status } = made();
    assert.deepEqual(
      status.inDoubtItems.map(({ item }) => item),
      [keyOf("doc_4")],
    );
    const [failed] = status.failedItems;
    const { cause, message, attempt } = failed!.open.failure!;
    assert.deepEqual(
      [failed!.item, cause, message, attempt],
      [keyOf("doc_2"), "rate-limit", "429 rate limited", 1],
    );
    assert.deepEqual(await goOn(), docs(2, 4, 5, 6, 7));
  });

  it("3, a pipeline: each item's finished stages, given back by steps without inputs, and nothing done", async () => {
    await take("synapse/option3_pipeline_fx.json");
    assert.deepEqual(counts(), { done: 0, failed: 0, inDoubt: 0, remaining: 8, total: 8, progress: stopped });
    assert.deepEqual(
      [...made().state.steps],
      [
        ["fetch", 8],
        ["analyze", 4],
      ],
    );
    const did: string[] = [];
    await job.run({
      items,
      process: async (item: string, ctx: ItemContext) => {
        const step = (name: string) =>
          ctx.step(name, null, () => {
            did.push(`${name} ${item}`);
            return "new";
          });
        return [await step("fetch"), await step("analyze")];
      },
    });
    assert.deepEqual(
      did,
      docs(4, 5, 6, 7).map((item) => `analyze ${item}`),
    );
    assert.deepEqual((await job.results())['"doc_3"'], [
      "raw content for doc_3",
      { topics: "out(t key topics from: raw content for doc_3)" },
    ]);
  });

  it("3, by a job with stages: makes them anew, since their results depend on code that the file does not tell", async () => {
    await take("synapse/option3_pipeline_fx.json");
    await job.run({
      items,
      stages: { fetch: (item: string) => `F ${item}`, analyze: (text: string) => `A ${text}` },
    });
    assert.equal((await job.results())['"doc_0"'], "A F doc_0");
  });

  it("4, a dump of Redis: what was queued again without its content, and what was lost, is not done", async () => {
    const old = await take("synapse/option4_redis_dump.json");
    assert.deepEqual([old.job, old.notBegun], ["fx", 4]);
    const unknown = { remaining: null, total: null, progress: stopped };
    assert.deepEqual(counts(), { done: 2, failed: 1, inDoubt: 0, ...unknown });
    assert.match(old.untold.join("\n"), /claimed and lost/);
    assert.deepEqual(await goOn(), docs(1, 3, 4, 5, 6, 7));
  });

  it("5, cached operations: results to be read, under ids that no input has", async () => {
    const old = await take("synapse/option5_idempotent_cache");
    assert.deepEqual(counts(), {
      done: 2,
      failed: 0,
      inDoubt: 0,
      remaining: null,
      total: null,
      progress: stopped,
    });
    const { usage } = made().state;
    assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.usd], [23, 14, null]);
    const ids = Object.keys(await job.results());
    assert.deepEqual(ids, ['"operation 2b5e184d0a3d3124d7fbb802"', '"operation 2fe76a6bea1c7cb743827bca"']);
    assert.match(old.leftOut.join("\n"), /first 200 characters/);
    // Also not for a job that makes its ids as the old program did.
    const { outcome } = await job.run({ items: ["2b5e184d0a3d3124d7fbb802"], process: () => "anew" });
    assert.equal(outcome.done, 1);
  });

  it("6, a progress file: five done with their times, of eight", async () => {
    const old = await take("synapse/option6_fx.progress.json");
    assert.deepEqual(counts(), { done: 5, failed: 0, inDoubt: 0, remaining: 3, total: 8, progress: stopped });
    assert.deepEqual(
      old.done.map(({ ms }) => ms),
      [0.001, 0, 0, 0, 0.001],
    );
    assert.match(old.untold.join("\n"), /which items its 1 error was of/);
    assert.deepEqual(await goOn(), docs(3, 6, 7));
  });

  it("takes over the formats of lines with each item's time and result", async () => {
    await take("article/a11-with-result-field.jsonl");
    assert.equal(counts().done, 3);
    assert.equal(
      scanBytes(readFileSync(job.checkpoint)).records.filter(({ verified }) => !verified).length,
      0,
    );
    assert.equal(
      Object.values(await job.results()).every((result) => result !== undefined),
      true,
    );
    const old = await migrate(
      join(root, "test/fixtures/article/a3-torn-tail.jsonl"),
      join(job.folder, "torn.jsonl"),
      { job: "test", label: null },
    );
    assert.equal(old.done.length, 5);
    assert.match(old.leftOut.join("\n"), /last line is torn/);
  });

  it('takes over agent-resume with its results, but not one that is of `1` and of `"1"`', async () => {
    const old = await take("agent-resume-py/16-mixed-id-types.ckpt");
    assert.equal(counts().done, 5);
    assert.deepEqual(await job.results(), {
      ...{ "1": undefined, '"1"': undefined, "2.5": "summary for 2.5", false: undefined },
      '"False"': "summary for False",
    });
    assert.match(old.leftOut.join("\n"), /kept for neither: 1/);
  });

  it("leaves the old files as they were, with nothing beside them", async () => {
    const stamps = () =>
      readdirSync(synapse).map((name) => [
        name,
        statSync(join(synapse, name)).mtimeMs,
        statSync(join(synapse, name)).ctimeMs,
      ]);
    const before = stamps();
    await take("synapse/option2_agent_jobs.db");
    assert.deepEqual(stamps(), before);
    assert.deepEqual(readdirSync(join(job.folder, "checkpoints")).sort(), [".gitignore", "test.jsonl"]);
  });
});
