import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";
import { fileText, processEnds } from "../support/files.js";
import { LiveRun } from "../support/liveRun.js";

/** Notes its number, then each item it begins; and works on whatever becomes of the run. */
const stubborn = `import json, os, sys, time
open("pids", "a").write(f"{os.getpid()}\\n")
for line in sys.stdin:
    message = json.loads(line)
    if message.get("type") == "hello": continue
    open("begun", "a").write(message["id"] + "\\n")
    if os.environ.get("SLOW"): time.sleep(600)
    print(json.dumps({"id": message["id"], "result": 1}), flush=True)
`;
const program = `import os, time
open("pids", "a").write(f"{os.getpid()}\\n")
time.sleep(600)
`;

describe("what a killed run leaves running", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let run: LiveRun | undefined;
  beforeEach(() => {
    folder = scratchFolder({
      "w.job.json": JSON.stringify({ items: ["a", "b"], worker: ["${python}", "w.py"], concurrency: 2 }),
      "w.py": stubborn,
      "c.job.json": JSON.stringify({ command: ["${python}", "c.py"], checkpoint: "checkpoints/c.jsonl" }),
      "c.py": program,
    });
  });
  afterEach(() => {
    run?.dispose();
    folder.remove();
  });
  const pids = () => readFileSync(join(folder.path, "pids"), "utf8").trim().split("\n").map(Number);
  const isAlive = (pid: number) => {
    try {
      process.kill(pid, 0);
      return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
    } catch {
      return false;
    }
  };

  it("a worker is ended by the next run before it begins anything, so that no item is paid for beside it", async () => {
    run = new LiveRun("w.job.json", { cwd: folder.path, env: { SLOW: "1" } });
    await fileText(join(folder.path, "begun"), (text) => text === "a\n");
    run.dispose();
    await run.ended;
    const [orphan] = pids();
    const { code, stdout, stderr } = await runCli(["run", "w.job.json"], { cwd: folder.path });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Ended 1 worker of a killed run/);
    assert.equal(isAlive(orphan!), false);
    assert.equal(readFileSync(join(folder.path, "begun"), "utf8"), "a\na\nb\n");
  });

  it("a program that writes its own checkpoint is not started a second time", async () => {
    run = new LiveRun("c.job.json", { cwd: folder.path });
    await fileText(join(folder.path, "pids"), (text) => text.endsWith("\n"));
    await fileText(join(folder.path, "checkpoints/c.jsonl.children"), (text) => text.endsWith("\n"));
    run.dispose();
    await processEnds(run.pid); // its output stays open: the program has it, too
    const [orphan] = pids();
    try {
      const { code, stderr } = await runCli(["run", "c.job.json"], { cwd: folder.path });
      assert.equal(code, 4, stderr);
      assert.match(stderr, new RegExp(`pid ${orphan}.*still works`));
      assert.deepEqual(pids(), [orphan]);
    } finally {
      process.kill(orphan!, "SIGKILL");
    }
  });
});
