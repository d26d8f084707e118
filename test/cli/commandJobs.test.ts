import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CheckpointFollower } from "../../src/runtime/store/follow.js";
import { runCli, scratchFolder } from "../support/cli.js";
import { fileText, isRunning, processEnds } from "../support/files.js";
import { LiveRun } from "../support/liveRun.js";
import { needsPython, python } from "../support/terminal.js";

// The seed article's loop: reads what is done, appends a line an item, knows nothing of this tool. Where the file
// `wait` names an item, it goes on with that one until `go` is there; SIGTERM lets it finish the item in hand.
const loop = `
import json, os, signal, sys, time
stopping = False
def stop(*_):
    global stopping
    stopping = True
    open("got-sigterm", "w").close()
signal.signal(signal.SIGTERM, stop)
done = set()
if os.path.exists("out/progress.jsonl"):
    for line in open("out/progress.jsonl"):
        try: done.add(json.loads(line)["id"])
        except ValueError: pass
os.makedirs("out", exist_ok=True)
wait = open("wait").read() if os.path.exists("wait") else None
with open("out/progress.jsonl", "a") as out:
    for id in ["a", "b", "c", "d"]:
        if id in done or stopping: continue
        with open("begun", "a") as f: f.write(f"{id} {os.getpid()} {'AGENT_JOBS_LOCK_TOKEN' in os.environ}\\n")
        while id == wait and not os.path.exists("go"): time.sleep(0.01)
        out.write(json.dumps({"id": id, "ts": int(time.time())}) + "\\n"); out.flush()
`;

describe("a job whose command writes its checkpoint itself", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let live: LiveRun | undefined;
  before(needsPython);
  beforeEach(() => {
    const definition = { command: ["${python}", "loop.py"], checkpoint: "out/progress.jsonl" };
    folder = scratchFolder({ "loop.py": loop, "loop.job.json": JSON.stringify(definition) });
  });
  afterEach(() => {
    live?.dispose();
    live = undefined;
    folder.remove();
  });
  const path = (name: string) => join(folder.path, name);
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const status = async () => JSON.parse((await cli("status", "--json", "loop.job.json")).stdout).jobs[0];
  const done = () =>
    readFileSync(path("out/progress.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).id);

  /** Starts the job and waits until it has item `b` in hand. Gives the program's pid. */
  async function startAndWait(jobFile = "loop.job.json"): Promise<number> {
    writeFileSync(path("wait"), "b");
    live = new LiveRun(jobFile, { cwd: folder.path });
    const begun = await fileText(path("begun"), (text) => text.includes("b ") && text.endsWith("\n"));
    return Number(begun.trim().split("\n").at(-1)!.split(" ")[1]);
  }

  it("finds the Python helper, which writes where the job file says, and leaves nothing beside it", async () => {
    writeFileSync(
      path("loop.py"),
      'from agent_jobs import resume\nfor item in resume(["a", "b"]):\n    item.done(item.upper())\n',
    );
    const { code, stderr } = await cli("run", "loop.job.json");
    assert.equal(code, 0, stderr);
    const { format, done: count, total, lastRun, job } = await status();
    const expected = {
      format: "agent-jobs",
      count: 2,
      total: 2,
      lastRun: { ended: "finished" },
      job: "loop",
    };
    assert.deepEqual({ format, count, total, lastRun, job }, expected);
    assert.deepEqual(readdirSync(path("out")), ["progress.jsonl"]);
  });

  it("is launched in its folder, and its run recorded beside the file, which stays the program's own", async () => {
    const { code, stderr } = await cli("run", "loop.job.json");
    assert.equal(code, 0, stderr);
    assert.deepEqual(done(), ["a", "b", "c", "d"]);
    for (const line of readFileSync(path("out/progress.jsonl"), "utf8").trim().split("\n"))
      assert.deepEqual(Object.keys(JSON.parse(line)), ["id", "ts"]);
    const follower = new CheckpointFollower(path("out/progress.jsonl"));
    await follower.refresh();
    assert.equal(follower.state.runs.get(1)?.ended?.reason, "finished");
    const { format, done: count, lastRun } = await status();
    assert.deepEqual(
      { format, count, lastRun },
      { format: "article", count: 4, lastRun: { ended: "finished" } },
    );
    assert.match(readFileSync(path("begun"), "utf8"), /True/);
  });

  it("is held while it runs: status says so, and a second start is refused with 4", async () => {
    await startAndWait();
    const second = await cli("run", "loop.job.json");
    assert.equal(second.code, 4);
    assert.match(second.stderr, new RegExp(`held by pid ${live!.pid}`));
    const { state, run, done: count } = await status();
    assert.deepEqual([state, run.pid, count], ["running", live!.pid, 1]);
    writeFileSync(path("go"), "");
    assert.equal((await live!.ended).code, 0);
    assert.deepEqual(done(), ["a", "b", "c", "d"]);
  });

  it("gets a stop as SIGTERM, may finish the item in hand, and goes on where it was", async () => {
    await startAndWait();
    assert.equal((await cli("stop", "--no-wait", "loop.job.json")).code, 0);
    await fileText(path("got-sigterm"));
    writeFileSync(path("go"), "");
    assert.equal((await live!.ended).code, 75);
    assert.deepEqual(done(), ["a", "b"]);
    assert.deepEqual((await status()).lastRun, { ended: "stopped" });
    assert.equal((await cli("run", "loop.job.json")).code, 0);
    assert.deepEqual(done(), ["a", "b", "c", "d"]);
    assert.equal(readFileSync(path("begun"), "utf8").trim().split("\n").length, 4);
  });

  it("is ended where it has not stopped within its grace", async () => {
    const definition = {
      command: ["${python}", "loop.py"],
      checkpoint: "out/progress.jsonl",
      stopGraceMs: 300,
    };
    writeFileSync(path("loop.job.json"), JSON.stringify(definition));
    const program = await startAndWait();
    live!.send("SIGTERM");
    assert.equal((await live!.ended).code, 143);
    await processEnds(program);
    assert.deepEqual(done(), ["a"]);
  });

  it("is given all the time that an endless grace says", async () => {
    const command = 'command: ["${python}", "loop.py"], checkpoint: "out/progress.jsonl"';
    writeFileSync(path("endless.job.mjs"), `export default { ${command}, stopGraceMs: Infinity };`);
    await startAndWait("endless.job.mjs");
    live!.send("SIGTERM");
    await fileText(path("got-sigterm"));
    writeFileSync(path("go"), "");
    assert.equal((await live!.ended).code, 143);
    assert.deepEqual(done(), ["a", "b"]);
  });

  it("gets Ctrl-C as SIGTERM, and is ended by a second one", async () => {
    const program = await startAndWait();
    live!.send("SIGINT");
    await fileText(path("got-sigterm"));
    live!.send("SIGINT");
    assert.equal((await live!.ended).code, 130);
    await processEnds(program);
    assert.deepEqual(done(), ["a"]);
    const { lastRun, state } = await status();
    assert.deepEqual(
      { lastRun, state },
      { lastRun: { ended: "interrupted", signal: "SIGINT" }, state: "stopped" },
    );
  });

  it("that fails gives its exit code on, and its run's end says error", async () => {
    writeFileSync(path("loop.py"), "import sys; sys.exit(7)");
    const { code, stderr } = await cli("run", "loop.job.json");
    assert.equal(code, 7);
    assert.match(stderr, /exit code 7/);
    assert.deepEqual((await status()).lastRun, { ended: "error" });
  });

  it("that a signal ends is an error that names it, with exit code 2", async () => {
    writeFileSync(path("loop.py"), "import os, signal; os.kill(os.getpid(), signal.SIGUSR1)");
    const { code, stderr } = await cli("run", "loop.job.json");
    assert.equal(code, 2);
    assert.match(stderr, /SIGUSR1/);
    assert.deepEqual((await status()).lastRun, { ended: "error" });
  });

  it("that cannot be started is one clear error with exit code 2, and its run has ended", async () => {
    writeFileSync(path("plain.txt"), "no program");
    for (const [program, why] of [
      ["./nothing", /no such program/],
      ["./plain.txt", /not executable/],
      ["./plain.txt/sub", /ENOTDIR/],
    ] as const) {
      writeFileSync(path("loop.job.json"), JSON.stringify({ command: [program], checkpoint: "out/p.jsonl" }));
      const { code, stderr } = await cli("run", "loop.job.json");
      assert.equal(code, 2);
      assert.ok(stderr.includes(program), stderr);
      assert.match(stderr, why);
      assert.deepEqual((await status()).lastRun, { ended: "error" });
    }
  });

  it("gets its envFile and the interpreter that was chosen", async () => {
    writeFileSync(
      path("loop.py"),
      'import os; open("seen", "w").write(os.environ["GREETING"] + os.environ["VIA"])',
    );
    writeFileSync(path("mypython"), `#!/bin/sh\nVIA=mine exec ${python} "$@"\n`, { mode: 0o755 });
    writeFileSync(path("a.env"), 'export GREETING="hello, # there\\n" # a comment\n');
    const definition = { command: ["${python}", "loop.py"], checkpoint: "out/p.jsonl", envFile: "a.env" };
    writeFileSync(path("loop.job.json"), JSON.stringify(definition));
    const { code, stderr } = await runCli(["run", path("loop.job.json")], {
      cwd: "/",
      env: { AGENT_JOBS_PYTHON: path("mypython") },
    });
    assert.equal(code, 0, stderr);
    assert.equal(readFileSync(path("seen"), "utf8"), "hello, # there\nmine");
    writeFileSync(path("loop.job.json"), JSON.stringify({ ...definition, envFile: "none.env" }));
    const missing = await cli("run", "loop.job.json");
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /none\.env/);
  });

  it("stops where its program is started by a shell, which dies of the SIGTERM before it", async () => {
    const definition = { command: ["sh", "-c", `${python} loop.py; true`], checkpoint: "out/progress.jsonl" };
    writeFileSync(path("loop.job.json"), JSON.stringify(definition));
    await startAndWait();
    live!.send("SIGTERM");
    await fileText(path("got-sigterm"));
    assert.equal((await cli("run", "loop.job.json")).code, 4, "held as long as anything of it works");
    writeFileSync(path("go"), "");
    assert.equal((await live!.ended).code, 143);
    assert.deepEqual(done(), ["a", "b"]);
  });

  it("ends what its program leaves behind, which could still write", async () => {
    const definition = {
      command: ["sh", "-c", `${python} loop.py & while ! test -e begun; do :; done; exit 9`],
      checkpoint: "out/progress.jsonl",
    };
    writeFileSync(path("loop.job.json"), JSON.stringify(definition));
    writeFileSync(path("wait"), "a");
    const { code } = await cli("run", "loop.job.json");
    assert.equal(code, 9);
    const left = Number(readFileSync(path("begun"), "utf8").split(" ")[1]);
    assert.ok(!isRunning(left));
  });

  it("goes on where it was after a kill -9 of the run and of its program", async () => {
    const program = await startAndWait();
    live!.send("SIGKILL");
    await processEnds(live!.pid);
    const refused = await cli("run", "loop.job.json");
    assert.equal(refused.code, 4, "its program still works");
    process.kill(program, "SIGKILL");
    await processEnds(program);
    writeFileSync(path("go"), "");
    const { code, stderr } = await cli("run", "loop.job.json");
    assert.equal(code, 0, stderr);
    assert.deepEqual(done(), ["a", "b", "c", "d"]);
    assert.deepEqual((await status()).lastRun, { ended: "finished" });
  });
});
