import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { undoLast } from "../../../src/runtime/backups.js";
import { checkDefinition } from "../../../src/runtime/runner/definition.js";
import { carryOutSuccess, exportPathOf, isSuccess } from "../../../src/runtime/runner/onSuccess.js";
import { hashOfJobFile } from "../../../src/runtime/runner/sources.js";
import { TestJob } from "../../support/jobs.js";

const whole = { items: ["a", "b"], process: (item: string) => ({ shout: item.toUpperCase() }) };
const lines = '{"id":"a","result":{"shout":"A"}}\n{"id":"b","result":{"shout":"B"}}\n';

describe("onSuccess", () => {
  let job: TestJob;
  beforeEach(async () => {
    job = new TestJob();
    await job.run(whole);
  });
  afterEach(() => job.remove());
  const path = (name: string) => join(job.folder, name);
  const text = (name: string) => readFileSync(path(name), "utf8");
  const carryOut = (onSuccess: unknown) => carryOutSuccess(job.loaded({ ...whole, onSuccess }), () => {});

  it("exports beside the checkpoint, where nothing takes it for one, or to the path that is named", async () => {
    const { exported } = await carryOut("export");
    assert.deepEqual(exported, { path: path("checkpoints/results/test.jsonl"), results: 2, isSame: false });
    assert.equal(text("checkpoints/results/test.jsonl"), lines);
    await carryOut({ export: "out/results.csv" });
    assert.equal(text("out/results.csv"), "id,shout\na,A\nb,B\n");
    assert.deepEqual(readdirSync(path("out")), ["results.csv"], "and no draft");
    const labelled = { ...job.loaded({ ...whole, onSuccess: { export: "r.jsonl" } }), label: "w1" };
    assert.equal(exportPathOf(labelled), path("r@w1.jsonl"));
  });

  it("replaces its own earlier export, and says where nothing changed", async () => {
    await carryOut({ export: "r.jsonl" });
    assert.equal((await carryOut({ export: "r.jsonl" })).exported!.isSame, true);
    await job.run({ ...whole, items: ["a", "b", "c"] });
    const again = await carryOut({ export: "r.jsonl" });
    assert.deepEqual([again.exported!.results, again.exported!.isSame], [3, false]);
    assert.equal(text("r.jsonl"), `${lines}{"id":"c","result":{"shout":"C"}}\n`);
  });

  it("overwrites nothing else: a file that was there, one that was changed, a link, the checkpoint", async () => {
    writeFileSync(path("mine.jsonl"), "mine");
    symlinkSync(path("mine.jsonl"), path("link.jsonl"));
    mkdirSync(path("folder.jsonl"));
    for (const name of ["mine.jsonl", "link.jsonl", "folder.jsonl"])
      await assert.rejects(carryOut({ export: name, clear: true }), /AJ_WRITE|AJ_NOT_A_FILE|Will not|Cannot/);
    await carryOut({ export: "r.jsonl" });
    writeFileSync(path("r.jsonl"), `${lines}# a note of mine\n`);
    await assert.rejects(carryOut({ export: "r.jsonl", clear: true }), {
      code: "AJ_WRITE",
      message: /Will not export the results to .*r\.jsonl: something else is there.*Move that file away/,
    });
    assert.equal(text("mine.jsonl"), "mine");
    assert.match(text("r.jsonl"), /a note of mine/);
    const own = {
      ...job.loaded({ ...whole, onSuccess: { export: "c.jsonl" } }),
      checkpoint: path("c.jsonl"),
    };
    writeFileSync(path("c.jsonl"), readFileSync(job.checkpoint));
    await assert.rejects(
      carryOutSuccess(own, () => {}),
      { code: "AJ_WRITE" },
    );
    assert.ok(existsSync(job.checkpoint), "and is not cleared");
    assert.deepEqual(
      readdirSync(job.folder).filter((name) => name.includes("draft")),
      [],
    );
  });

  it("clears once the export is written, to a backup that an undo brings back", async () => {
    const steps: string[] = [];
    const loaded = job.loaded({ ...whole, onSuccess: "clear" });
    const { backup } = await carryOutSuccess(loaded, (step) => steps.push(...Object.keys(step)));
    assert.deepEqual(steps, ["exported", "backup"]);
    assert.ok(!existsSync(job.checkpoint) && existsSync(backup!));
    assert.equal(text("checkpoints/results/test.jsonl"), lines);
    await undoLast(job.checkpoint);
    assert.deepEqual(await job.results(), { '"a"': { shout: "A" }, '"b"': { shout: "B" } });
  });

  it("knows its own export also after a kill before the file took its place", async () => {
    await carryOut({ export: "r.jsonl" });
    const note = `${job.checkpoint}.exported`;
    const { sha256 } = JSON.parse(readFileSync(note, "utf8"));
    writeFileSync(note, JSON.stringify({ sha256: ["of what never came", ...sha256] }));
    await job.run({ ...whole, items: ["a", "b", "c"] });
    assert.equal((await carryOut({ export: "r.jsonl" })).exported!.results, 3);
  });

  it("is for a job that is done, and of which something is", () => {
    const status = { done: 2, failed: 0, inDoubt: 0, remaining: 0 } as Parameters<typeof isSuccess>[1];
    assert.ok(isSuccess("finished", status));
    assert.ok(isSuccess("finished", { ...status, remaining: null }), "a program says so by its exit code");
    for (const other of [{ done: 0 }, { failed: 1 }, { inDoubt: 1 }, { remaining: 1 }])
      assert.ok(!isSuccess("finished", { ...status, ...other }), JSON.stringify(other));
    assert.ok(!isSuccess("limit", status));
  });

  it("may be what its documentation says, and is no change of the job", () => {
    const check = (onSuccess: unknown) => checkDefinition({ ...whole, onSuccess }, "x.job.ts");
    for (const good of ["keep", "export", "clear", { export: "r.csv" }, { export: "a/R.JSONL", clear: true }])
      assert.doesNotThrow(() => check(good));
    for (const bad of ["delete", true, {}, { export: "r.txt" }, { export: ".jsonl/" }, { clear: true }])
      assert.throws(() => check(bad), /x\.job\.ts: expected `onSuccess.*Change it in the job file/);
    assert.throws(() => check({ export: "checkpoints/r.jsonl" }), /taken for a checkpoint.*Choose another/);
    const file = (line: string) => `export default {\n  items,\n${line}  process,\n};\n`;
    for (const line of [`  onSuccess: "clear",\n`, `  onFinish: { webhook: "https://x.y/z" },\n`])
      assert.equal(hashOfJobFile(file(line)), hashOfJobFile(file("")), line);
  });
});
