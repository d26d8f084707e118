import assert from "node:assert/strict";
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";

const script = `export default {
  items: ["a", "b"],
  concurrency: 2,
  process: (item) => item,
};
`;
const worker = `
process.stdin.on("data", (text) => {
  for (const line of String(text).trim().split("\\n")) {
    const { id } = JSON.parse(line);
    process.stdout.write(JSON.stringify({ id, result: 1 }) + "\\n");
  }
});
`;
const json = { worker: ["node", "w.mjs"], items: "n.items.jsonl" };

describe("a job file that was renamed", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder({
      ...{ "n.job.mjs": script, "p.job.json": JSON.stringify(json), "w.mjs": worker },
      "n.items.jsonl": '{"id":"a"}\n{"id":"b"}\n',
    });
  });
  afterEach(() => folder.remove());
  const at = (name: string) => join(folder.path, name);
  const run = (name: string) => runCli(["run", name], { cwd: folder.path });
  const warned = /was called \S+ before, it seems: .*checkpoints\S+ has 2 done items of the same job/;

  for (const [before, after] of [
    ["n.job.mjs", "m.job.mjs"],
    ["p.job.json", "q.job.json"],
  ] as const)
    it(`says under which name its items are done before it does them all again: ${before}`, async () => {
      assert.equal((await run(before)).code, 0);
      renameSync(at(before), at(after));
      const again = await run(after);
      assert.equal(again.code, 0);
      assert.match(again.stderr, warned);
      assert.ok(again.stderr.includes(before) && again.stderr.includes("give the file its old name"));
      // It has its own now.
      assert.doesNotMatch((await run(after)).stderr, warned);
    });

  it("is none where the other is there still, was another job, or has nothing done", async () => {
    await run("n.job.mjs");
    copyFileSync(at("n.job.mjs"), at("copy.job.mjs"));
    assert.doesNotMatch((await run("copy.job.mjs")).stderr, warned);
    rmSync(at("n.job.mjs"));
    writeFileSync(at("other.job.mjs"), script.replace("=> item", "=> item + item"));
    assert.doesNotMatch((await run("other.job.mjs")).stderr, warned);
  });

  it("is none where it had a checkpoint by its own name, which was cleared", async () => {
    await run("n.job.mjs");
    copyFileSync(at("n.job.mjs"), at("own.job.mjs"));
    await run("own.job.mjs");
    assert.equal((await runCli(["clear", "own.job.mjs", "--yes"], { cwd: folder.path })).code, 0);
    rmSync(at("n.job.mjs"));
    assert.doesNotMatch((await run("own.job.mjs")).stderr, warned);
  });

  it("is one, too, where only how it is run was changed since", async () => {
    await run("n.job.mjs");
    const text = readFileSync(at("n.job.mjs"), "utf8");
    writeFileSync(at("m.job.mjs"), text.replace("concurrency: 2", "concurrency: 1"));
    rmSync(at("n.job.mjs"));
    assert.match((await run("m.job.mjs")).stderr, warned);
  });
});
