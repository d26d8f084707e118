import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/root.js";
import { runCli, scratchFolder } from "../support/cli.js";

const synapse = join(root, "test/fixtures/synapse");
const job = `import { defineJob } from "agent-jobs";
const items = Array.from({ length: 8 }, (_, n) => "doc_" + n);
export default defineJob({ items, process: (item) => "new " + item });`;

describe("agent-jobs migrate", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder({ "nightly.job.mjs": job });
  });
  afterEach(() => folder.remove());
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });

  it("says what was kept and what the old file does not tell; the job of the new file's name goes on from there", async () => {
    const into = "checkpoints/nightly.jsonl";
    const { code, stdout, stderr } = await cli("migrate", join(synapse, "option2_agent_jobs.db"), into);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(
      stdout,
      /SQLite database of job fx\) to checkpoints\/nightly\.jsonl, as job nightly: 3 done, with results, 1 failed, 1 in doubt, 3 to be done, 8 in all\.\nThe old file does not tell:\n/,
    );
    const run = await cli("run", "nightly.job.mjs");
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout + run.stderr, /8 of 8 done, 5 in this run/);
    const again = await cli("migrate", join(synapse, "option1_job_fx.checkpoint.json"), into);
    assert.equal(again.code, 74);
    assert.match(again.stderr, /it exists/);
  });

  it("tells what it would do as JSON, and writes nothing then", async () => {
    const args = ["--dry-run", "--json", "--name", "other"];
    const { code, stdout } = await cli(
      "migrate",
      join(synapse, "option4_redis_dump.json"),
      "new/a@w1.jsonl",
      ...args,
    );
    const { kind, oldJob, job: name, label, written, kept } = JSON.parse(stdout);
    assert.deepEqual(
      [code, kind, oldJob, name, label, written],
      [0, "redis-dump", "fx", "other", "w1", false],
    );
    assert.deepEqual([kept.done, kept.failed, kept.notBegun, kept.total], [2, 1, 4, null]);
    assert.equal(existsSync(join(folder.path, "new")), false);
  });
});
