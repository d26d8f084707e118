import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliPath, runCli, scratchFolder } from "../support/cli.js";
import { fileText, processEnds } from "../support/files.js";
import { needsPython, Terminal } from "../support/terminal.js";

// Says when it begins an item, and goes on with it until the test says so.
const worker = `
import json, os, sys, time
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message: continue
    with open("begun", "a") as begun: begun.write(f"{message['id']} {os.getpid()}\\n")
    while not os.path.exists("go"): time.sleep(0.01)
    print(json.dumps({"id": message["id"], "result": message["item"].upper()}), flush=True)
`;
const items = ["a", "b", "c", "d"];
const jobs = {
  "worker.py": worker,
  "worker.job.json": JSON.stringify({ items, concurrency: 1, worker: ["${python}", "worker.py"] }),
};

describe("on a real terminal", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let terminal: Terminal | undefined;
  before(needsPython);
  beforeEach(() => {
    folder = scratchFolder(jobs);
  });
  afterEach(() => {
    terminal?.dispose();
    folder.remove();
  });
  const command = [process.execPath, cliPath, "run", "worker.job.json"];
  const path = (name: string) => join(folder.path, name);
  const letGo = () => writeFileSync(path("go"), "");
  const status = async () =>
    JSON.parse((await runCli(["status", "--json", "worker.job.json"], { cwd: folder.path })).stdout).jobs[0];
  /** The worker's pid, once it has an item in hand. */
  const workerBegins = async () =>
    Number((await fileText(path("begun"), (text) => text.endsWith("\n"))).split(" ")[1]);
  /** The line by which a stop shows: the terminal is asked, not a clock. */
  async function shows(text: RegExp): Promise<void> {
    while (!text.test(terminal!.output)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  it("Ctrl-C is for the run: its worker finishes the item in hand, and the run exits with 130", async () => {
    terminal = new Terminal(command, { cwd: folder.path });
    const worker = await workerBegins();
    terminal.type("\u0003");
    await shows(/Stopping: finishing 1 item in flight/);
    letGo();
    assert.equal(await terminal.ended, 130, terminal.output);
    assert.doesNotMatch(terminal.output, /KeyboardInterrupt/);
    await processEnds(worker);
    const { done, inDoubt, failed, lastRun } = await status();
    assert.deepEqual({ done, inDoubt, failed }, { done: 1, inDoubt: 0, failed: 0 });
    assert.deepEqual(lastRun, { ended: "interrupted", signal: "SIGINT" });
  });

  it("a second Ctrl-C ends the run and its worker at once, the item in doubt", async () => {
    terminal = new Terminal(command, { cwd: folder.path });
    const worker = await workerBegins();
    terminal.type("\u0003");
    await shows(/Stopping/);
    terminal.type("\u0003");
    assert.equal(await terminal.ended, 130, terminal.output);
    await processEnds(worker);
    const { done, inDoubt } = await status();
    assert.deepEqual({ done, inDoubt }, { done: 0, inDoubt: 1 });
  });

  it("closing it ends the run in order", async () => {
    terminal = new Terminal(command, { cwd: folder.path });
    const worker = await workerBegins();
    await terminal.close();
    letGo();
    assert.equal(await terminal.ended, 143, terminal.output);
    await processEnds(worker);
    const { done, inDoubt, lastRun } = await status();
    assert.deepEqual({ done, inDoubt }, { done: 1, inDoubt: 0 });
    assert.deepEqual(lastRun, { ended: "terminated", signal: "SIGHUP" });
  });

  it("closing it with a shell between, which hands SIGHUP on once more, ends the run in order", async function () {
    if (spawnSync("bash", ["-c", "true"]).status !== 0) this.skip();
    terminal = new Terminal(["bash", "--norc", "-i"], { cwd: folder.path });
    terminal.type(`${command.map((word) => `'${word}'`).join(" ")}\n`);
    const worker = await workerBegins();
    await terminal.close();
    await terminal.ended;
    letGo();
    await processEnds(worker);
    await fileText(path("checkpoints/worker.jsonl"), (text) => text.includes('"run-ended"'));
    const { done, inDoubt, lastRun } = await status();
    assert.deepEqual({ done, inDoubt }, { done: 1, inDoubt: 0 });
    assert.deepEqual(lastRun, { ended: "terminated", signal: "SIGHUP" });
  });
});
