import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mergeCheckpoints } from "../../../src/runtime/merge.js";
import { defaultCheckpointOf } from "../../../src/runtime/runner/jobPaths.js";
import { runCommand } from "../../../src/runtime/runner/runCommand.js";
import { RunControl } from "../../../src/runtime/runner/runControl.js";
import { TestJob } from "../../support/jobs.js";

describe("A new folder of checkpoints stays out of version control", () => {
  let job: TestJob;
  beforeEach(() => {
    job = new TestJob();
  });
  afterEach(() => job.remove());
  const ignored = () => readFileSync(join(job.folder, "checkpoints/.gitignore"), "utf8");
  const command = { command: [process.execPath, "-e", "0"], checkpoint: "checkpoints/test.jsonl" };

  it("where a command, which writes its checkpoint itself, is the first to run", async () => {
    await runCommand(job.loaded(command), new RunControl());
    assert.equal(ignored(), "*\n");
  });

  it("where a labelled run is the first", async () => {
    const loaded = job.loaded({ items: ["a"], process: () => 1 });
    const labelled = { ...loaded, label: "w1", checkpoint: defaultCheckpointOf(loaded.path, "w1") };
    await job.run(labelled.definition, {}, labelled);
    assert.ok(existsSync(join(job.folder, "checkpoints/test@w1.jsonl")));
    assert.equal(ignored(), "*\n");
  });

  it("where a merge makes it, and a merge of what is not there makes none", async () => {
    const into = join(job.folder, "checkpoints/all.jsonl");
    const gone = ["one.jsonl", "two.jsonl"].map((name) => join(job.folder, name));
    await assert.rejects(mergeCheckpoints(gone, into), { code: "AJ_READ" });
    assert.ok(!existsSync(join(job.folder, "checkpoints")));
    await job.run({ items: ["a"], process: () => 1 });
    const bytes = readFileSync(job.checkpoint);
    for (const path of gone) writeFileSync(path, bytes);
    const other = join(job.folder, "other/checkpoints/all.jsonl");
    await mergeCheckpoints(gone, other);
    assert.equal(readFileSync(join(job.folder, "other/checkpoints/.gitignore"), "utf8"), "*\n");
  });

  it("unless it was there before: who keeps checkpoints under version control goes on doing so", async () => {
    mkdirSync(join(job.folder, "checkpoints"));
    await runCommand(job.loaded(command), new RunControl());
    await job.run({ items: ["a"], process: () => 1 });
    assert.ok(!existsSync(join(job.folder, "checkpoints/.gitignore")));
  });
});
