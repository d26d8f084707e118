import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";

/** What a hook does: writes what it was told to a file. */
const hook = `require("fs").writeFileSync("told.json", require("fs").readFileSync(0))`;

describe("after a run", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder();
  });
  afterEach(() => folder.remove());
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const path = (name: string) => join(folder.path, name);
  const told = () => JSON.parse(readFileSync(path("told.json"), "utf8"));
  const write = (name: string, definition: object) => writeFileSync(path(name), JSON.stringify(definition));
  const onFinish = { command: [process.execPath, "-e", hook] };
  const worker = {
    items: ["a", "b"],
    worker: [
      process.execPath,
      "-e",
      `require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
        const { id, type } = JSON.parse(line);
        if (id) console.log(JSON.stringify({ id, result: id + "!" }));
      })`,
    ],
  };

  it("that succeeded its results are exported, its checkpoint cleared and others told, in this order", async () => {
    write("w.job.json", { ...worker, onSuccess: { export: "out.csv", clear: true }, onFinish });
    const { code, stdout, stderr } = await cli("run", "w.job.json");
    assert.equal(code, 0, stderr);
    assert.equal(readFileSync(path("out.csv"), "utf8"), "id,result\na,a!\nb,b!\n");
    assert.ok(!existsSync(path("checkpoints/w.jsonl")));
    assert.match(
      stdout,
      /Exported 2 results to out\.csv\.\nCleared: .*clear --undo checkpoints\/w\.jsonl\n$/,
    );
    assert.doesNotMatch(stdout, /agent-jobs results/);
    const { exported, ended, exitCode, done } = told();
    assert.deepEqual([exported, ended, exitCode, done], [path("out.csv"), "finished", 0, 2]);
    assert.equal((await cli("clear", "--undo", "w.job.json")).code, 0);
    assert.match((await cli("results", "w.job.json")).stdout, /"a!"[\s\S]*"b!"/);
  });

  it("whose export fails the checkpoint stays, the exit code is 74, and others are told all the same", async () => {
    write("w.job.json", { ...worker, onSuccess: { export: "out.jsonl", clear: true }, onFinish });
    writeFileSync(path("out.jsonl"), "mine");
    const { code, stderr } = await cli("run", "w.job.json", "--json");
    assert.equal(code, 74);
    assert.match(stderr, /Will not export the results to .*out\.jsonl: something else is there/);
    assert.equal(readFileSync(path("out.jsonl"), "utf8"), "mine");
    assert.ok(existsSync(path("checkpoints/w.jsonl")));
    assert.equal(told().exitCode, 74);
  });

  it("of a program that keeps its own checkpoint, its exit code says that all is done", async () => {
    const loop = `require("fs").appendFileSync("out/p.jsonl", '{"id": "a", "ts": 1}\\n')`;
    const command = [process.execPath, "-e", loop];
    write("p.job.json", { command, checkpoint: "out/p.jsonl", onSuccess: "export", onFinish });
    const { code, stdout, stderr } = await cli("run", "p.job.json", "--json");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /\{"event":"exported","path":".*p\.jsonl","results":1\}\n$/);
    assert.equal(readFileSync(path("out/results/p.jsonl"), "utf8"), '{"id":"a","result":null}\n');
    write("p.job.json", { command: ["./none"], checkpoint: "out/p.jsonl", onSuccess: "clear", onFinish });
    assert.equal((await cli("run", "p.job.json")).code, 2);
    assert.deepEqual([told().ended, told().exitCode], ["error", 2]);
    assert.ok(existsSync(path("out/p.jsonl")));
  });

  it("a hook that fails is told on standard error, and changes nothing else", async () => {
    const failing = { command: [process.execPath, "-e", "console.log('said'); process.exit(9)"] };
    write("w.job.json", { ...worker, onFinish: failing });
    const { code, stdout, stderr } = await cli("run", "w.job.json", "--json");
    assert.equal(code, 0);
    assert.match(stderr, /^said\nagent-jobs: The command of onFinish, .* ended with exit code 9\.\n$/);
    for (const line of stdout.trim().split("\n")) JSON.parse(line);
  });
});
