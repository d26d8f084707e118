import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";

const job = `module.exports = { items: ["a", "b"], process: (item) => {
  if (item === process.env.FAIL) throw new Error("no");
  return process.env.RESULT + item;
} };`;

describe("a job with labelled runs", () => {
  let folder: ReturnType<typeof scratchFolder>;
  before(async () => {
    folder = scratchFolder({ "weekly.job.js": job, "other.job.js": job });
    const run = (result: string, ...args: string[]) =>
      runCli(["run", ...args], {
        cwd: folder.path,
        env: { RESULT: result, FAIL: result === "w2" ? "b" : "" },
      });
    await run("plain", "weekly.job.js");
    await run("w1", "weekly.job.js", "--as", "W1");
    await run("w2", "weekly.job.js", "--as", "W2");
  });
  after(() => folder.remove());
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const rows = (text: string) =>
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  const at = (name: string) => join(folder.path, "checkpoints", name);

  it("gives the results of the unlabelled run, and says on stderr which others there are", async () => {
    const { code, stdout, stderr } = await cli("results", "weekly.job.js");
    assert.equal(code, 0);
    assert.deepEqual(rows(stdout), [
      { id: "a", result: "plaina" },
      { id: "b", result: "plainb" },
    ]);
    assert.match(stderr, /without a label.*W1, W2.*--as LABEL.*--all/);
  });

  it("gives those of one label alone, without a word on the others", async () => {
    const { stdout, stderr } = await cli("results", "weekly.job.js", "--as", "W1");
    assert.deepEqual(
      rows(stdout).map(({ result }) => result),
      ["w1a", "w1b"],
    );
    assert.equal(stderr, "");
  });

  it("gives all with --all, each row with its job and label, as lines and as CSV", async () => {
    const all = rows((await cli("results", "weekly.job.js", "--all")).stdout);
    assert.deepEqual(
      all.map(({ job, label, id, result }) => [job, label, id, result]),
      [
        ["weekly", null, "a", "plaina"],
        ["weekly", null, "b", "plainb"],
        ["weekly", "W1", "a", "w1a"],
        ["weekly", "W1", "b", "w1b"],
        ["weekly", "W2", "a", "w2a"],
      ],
    );
    const csv = (await cli("results", "weekly.job.js", "--all", "--format", "csv")).stdout.split("\n");
    assert.deepEqual([csv[0], csv[3]], ["job,label,id,result", "weekly,W1,a,w1a"]);
    assert.equal((await cli("results", "weekly.job.js", "--all", "--as", "W1")).code, 2);
  });

  it("is not mixed with others of its folder unasked", async () => {
    const { code, stdout, stderr } = await cli("results", ".");
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /There are 4 checkpoints in \.\. .*--all/);
    assert.equal(rows((await cli("results", ".", "--all")).stdout).length, 5);
  });

  it("is narrowed to one label by status and failures, which say whose they are", async () => {
    const jobs = async (...args: string[]) =>
      JSON.parse((await cli("status", "--json", ...args)).stdout).jobs;
    const labels = (list: { label: string | null }[]) => list.map(({ label }) => label);
    assert.deepEqual(labels(await jobs("weekly.job.js")), [null, "W1", "W2"]);
    assert.deepEqual(labels(await jobs("weekly.job.js", "--as", "W2")), ["W2"]);
    assert.deepEqual(labels(await jobs(".", "--as", "W2")), ["W2"]);
    const failures = JSON.parse((await cli("failures", "weekly.job.js", "--json")).stdout).failures;
    assert.deepEqual(labels(failures), ["W2"]);
    assert.match((await cli("failures", "weekly.job.js")).stdout, /^weekly @ W2\n/);
    assert.match((await cli("failures", "weekly.job.js", "--as", "W1")).stdout, /No failed items/);
  });

  it("names the labels that there are where one is asked for that is not", async () => {
    for (const name of ["status", "failures", "results", "stop", "clear", "repair", "compact", "doubt"]) {
      const { code, stderr } = await cli(name, "weekly.job.js", "--as", "W9");
      assert.equal(code, 2, name);
      assert.match(stderr, /no run labelled W9: there are W1, W2/, name);
    }
    assert.match(
      (await cli("status", "checkpoints/weekly.jsonl", "--as", "W1")).stderr,
      /--as chooses among/,
    );
    assert.match((await cli("status", "other.job.js", "--as", "W1")).stderr, /none has a label/);
  });

  it("is cleared as far as it was named: without a label that run, with one the other", async () => {
    assert.match((await cli("clear", "weekly.job.js", "--as", "W1", "--yes")).stdout, /^weekly @ W1: /);
    assert.deepEqual([at("weekly.jsonl"), at("weekly@W1.jsonl")].map(existsSync), [true, false]);
    assert.equal((await cli("clear", "weekly.job.js", "--as", "W1", "--undo")).code, 0);
    const plain = await cli("clear", "weekly.job.js", "--yes");
    assert.match(plain.stderr, /W1, W2.*--all/);
    assert.deepEqual([at("weekly.jsonl"), at("weekly@W1.jsonl")].map(existsSync), [false, true]);
    assert.equal((await cli("clear", "weekly.job.js", "--undo")).code, 0);
    assert.ok(existsSync(at("weekly.jsonl")));
  });

  it("is asked about where only labelled runs are left", async () => {
    rmSync(at("weekly.jsonl"), { force: true });
    for (const name of ["results", "clear"]) {
      const { code, stderr } = await cli(name, "weekly.job.js");
      assert.equal(code, 2);
      assert.match(stderr, /2 labelled runs: W1, W2\. Choose one with --as/);
    }
    const { stdout } = await cli("clear", "weekly.job.js", "--all", "--yes", "--json");
    assert.equal(JSON.parse(stdout).cleared.length, 2);
  });
});
