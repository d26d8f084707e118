import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { killGroup } from "../host/processGroup.js";
import { cliPath } from "../support/cli.js";
import { DetachedRuns, gatedJob } from "../support/detachedRuns.js";
import { fileText, isRunning, processEnds } from "../support/files.js";
import { LiveRun } from "../support/liveRun.js";
import { needsPython, Terminal } from "../support/terminal.js";

const isWindows = process.platform === "win32";

describe("run --detach", () => {
  let runs: DetachedRuns;
  let terminal: Terminal | undefined;
  beforeEach(() => {
    runs = new DetachedRuns();
  });
  afterEach(() => {
    terminal?.dispose();
    terminal = undefined;
    runs.dispose();
  });
  const command = [process.execPath, cliPath, "run", "n.job.mjs", "--detach"];
  /** Lets the run go on, and proves that it was never bothered: it comes to its own end. */
  async function assertFinishes(): Promise<void> {
    runs.letGo();
    await runs.ended();
    const { done, failed, inDoubt, lastRun } = await runs.status();
    assert.deepEqual([done, failed, inDoubt], [4, 1, 0]);
    assert.deepEqual(lastRun, { ended: "finished-with-failures" });
  }
  async function shows(text: RegExp): Promise<void> {
    while (!text.test(terminal!.output)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  it("comes back once the run holds the job, and leaves it running with its output in a file", async () => {
    const { pid, output } = await runs.detach();
    const { state, run } = await runs.status();
    assert.deepEqual([state, run?.pid], ["running", pid]);
    assert.ok(isRunning(pid));
    if (process.platform === "linux") {
      const [, , , session] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
      assert.equal(Number(session), pid, "in a session of its own");
    }
    if (!isWindows) assert.equal(statSync(output).mode & 0o777, 0o600);
    await assertFinishes();
    await processEnds(pid);
    assert.match(readFileSync(output, "utf8"), /failed bad \(rate-limit\)[\s\S]*4 of 5 done/);
    assert.equal(readFileSync(runs.path("checkpoints/.gitignore"), "utf8"), "*\n");
  });

  it("says how to find the run, and ends it by `stop`", async () => {
    const { code, stdout } = await runs.cli("run", "n.job.mjs", "--detach");
    const pid = await runs.livePid();
    assert.equal(code, 0);
    assert.ok(stdout.includes(`pid ${pid}`) && stdout.includes("agent-jobs attach n.job.mjs"), stdout);
    await runs.begun(2);
    const stopping = runs.cli("stop", "n.job.mjs");
    await runs.stopping({ output: runs.path("checkpoints/n.jsonl.out") });
    runs.letGo();
    assert.equal((await stopping).code, 0);
    await processEnds(pid);
    const { done, inDoubt, lastRun } = await runs.status();
    assert.deepEqual([done, inDoubt, lastRun], [2, 0, { ended: "stopped" }]);
  });

  it("leaves a run that SIGHUP does not end", async function () {
    if (isWindows) this.skip();
    const { pid } = await runs.detach();
    await runs.begun(2);
    process.kill(pid, "SIGHUP");
    await assertFinishes();
  });

  it("leaves a run that outlives the process group of the command that began and followed it", async function () {
    if (isWindows) this.skip();
    const follower = spawn(command[0]!, [...command.slice(1), "--attach"], {
      cwd: runs.folder,
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await runs.begun(2);
    await once(follower.stdout!, "data");
    const pid = await runs.livePid();
    killGroup(follower.pid, "SIGKILL");
    await once(follower, "exit");
    assert.ok(isRunning(pid));
    await assertFinishes();
  });

  describe("on a terminal", () => {
    before(needsPython);

    it("leaves a run that outlives the terminal that was closed, and that attach and stop still reach", async () => {
      terminal = new Terminal([...command, "--attach"], { cwd: runs.folder });
      await runs.begun(2);
      await shows(/Ctrl-C leaves it running/);
      const pid = await runs.livePid();
      await terminal.close();
      assert.equal(await terminal.ended, 143, terminal.output);
      assert.ok(isRunning(pid));
      const attached = new LiveRun("n.job.mjs", { cwd: runs.folder, command: "attach" });
      await attached.saw("run-started");
      const stopping = runs.cli("stop", "n.job.mjs");
      await attached.saw("run-stopping");
      await runs.stopping({ output: runs.path("checkpoints/n.jsonl.out") });
      runs.letGo();
      assert.equal((await attached.ended).code, 75);
      assert.equal((await stopping).code, 0);
    });

    it("leaves a run that outlives an interactive shell, which sends SIGHUP to all its jobs", async () => {
      terminal = new Terminal(["bash", "--norc", "-i"], { cwd: runs.folder });
      terminal.type(`${command.map((word) => `'${word}'`).join(" ")}\n`);
      await runs.begun(2);
      await shows(/runs on its own now/);
      const pid = await runs.livePid();
      await terminal.close();
      await terminal.ended;
      assert.ok(isRunning(pid));
      await assertFinishes();
    });

    it("lets go of the run at Ctrl-C while it follows, and says that it goes on", async () => {
      terminal = new Terminal([...command, "--attach"], { cwd: runs.folder });
      await runs.begun(2);
      await shows(/Ctrl-C leaves it running/);
      const pid = await runs.livePid();
      terminal.type("\u0003");
      assert.equal(await terminal.ended, 130);
      assert.ok(terminal.output.includes(`Detached. The run goes on as pid ${pid}.`), terminal.output);
      await assertFinishes();
    });

    it("given up by Ctrl-C before the run has begun, begins none", async () => {
      // The command loads the job, and so does the run that it detaches: there it is held up.
      const held = `import { appendFileSync, existsSync } from "node:fs";
const isFirst = !existsSync(new URL("loaded", import.meta.url));
appendFileSync(new URL("loaded", import.meta.url), process.pid + "\\n");
if (!isFirst) await new Promise(() => setInterval(() => {}, 1000));
export default { items: ["a"], process: () => 1 };`;
      writeFileSync(runs.path("n.job.mjs"), held);
      terminal = new Terminal(command, { cwd: runs.folder });
      const loaded = await fileText(runs.path("loaded"), (text) => text.split("\n").length === 3);
      terminal.type("\u0003");
      assert.equal(await terminal.ended, 130, terminal.output);
      await processEnds(Number(loaded.split("\n")[1]));
      assert.ok(!existsSync(runs.path("checkpoints/n.jsonl")));
    });

    it("asks over changed parameters before anything is detached, and does as it was told", async () => {
      const changing = (model: string) =>
        `export default { items: ["a", "b"], params: { model: "${model}" }, process: () => "${model}" };`;
      writeFileSync(runs.path("n.job.mjs"), changing("small"));
      assert.equal((await runs.cli("run", "n.job.mjs")).code, 0);
      writeFileSync(runs.path("n.job.mjs"), changing("large"));
      terminal = new Terminal(command, { cwd: runs.folder });
      await shows(/\(k\)eep, or \(r\)edo/);
      assert.ok(!existsSync(runs.path("checkpoints/n.jsonl.out")), "nothing was started yet");
      terminal.type("r\n");
      assert.equal(await terminal.ended, 0, terminal.output);
      await runs.ended();
      const { stdout } = await runs.cli("results", "n.job.mjs");
      assert.equal(stdout.split("large").length - 1, 2, stdout);
    });

    it("asks over items in doubt before anything is detached, and does as it was told", async () => {
      const killed = await runs.detach();
      await runs.begun(2);
      killGroup(killed.pid, "SIGKILL");
      await processEnds(killed.pid);
      terminal = new Terminal([...command, "--in-doubt", "ask"], { cwd: runs.folder });
      await shows(/\(r\)etry, \(s\)kip/);
      terminal.type("s\n");
      assert.equal(await terminal.ended, 0, terminal.output);
      runs.letGo();
      await runs.ended();
      const { done, inDoubt } = await runs.status();
      assert.deepEqual([done, inDoubt], [2, 2]);
    });
  });

  it("fails as the run does that fails at once: its error, its exit code, and nothing is left running", async () => {
    const { pid } = await runs.detach();
    const held = await runs.cli("run", "n.job.mjs", "--detach");
    assert.equal(held.code, 4);
    assert.match(held.stderr, new RegExp(`held by pid ${pid}`));
    await assertFinishes();
    await processEnds(pid);
    appendFileSync(runs.path("checkpoints/n.jsonl"), 'not a record\n{"id":"zz","ts":1,"c":"00000000"}\n');
    const damaged = await runs.cli("run", "n.job.mjs", "--detach");
    assert.equal(damaged.code, 3, damaged.stdout + damaged.stderr);
    assert.match(damaged.stderr, /^agent-jobs: Will not run over .*damaged/);
    assert.equal((await runs.status()).run, null);
  });

  it("asks nobody where nobody can be asked: exit code 5, and nothing is started", async () => {
    writeFileSync(runs.path("n.job.mjs"), gatedJob.replace("concurrency", "params: { n: 1 }, concurrency"));
    runs.letGo();
    assert.equal((await runs.cli("run", "n.job.mjs")).code, 1);
    writeFileSync(runs.path("n.job.mjs"), gatedJob.replace("concurrency", "params: { n: 2 }, concurrency"));
    assert.equal((await runs.cli("run", "n.job.mjs", "--detach")).code, 5);
    assert.ok(!existsSync(runs.path("checkpoints/n.jsonl.out")));
  });

  it("takes over the lock that a person agreed to break, and nobody asks again", async function () {
    if (isWindows) this.skip();
    const { pid } = await runs.detach();
    await runs.begun(2);
    process.kill(pid, "SIGSTOP");
    const next = await runs.detach("--take-over", "--yes");
    assert.notEqual(next.pid, pid);
    assert.equal((await runs.status()).run?.pid, next.pid);
    killGroup(pid, "SIGKILL");
    await assertFinishes();
  });

  it("launches programs that write their checkpoint themselves, keeps what they print, and stops them", async function () {
    if (isWindows) this.skip();
    const program = "echo working on it; trap 'exit 0' TERM; touch begun; while :; do sleep 0.05; done";
    const definition = { command: ["sh", "-c", program], checkpoint: "checkpoints/own.jsonl" };
    writeFileSync(runs.path("own.job.json"), JSON.stringify(definition));
    const { code, stdout } = await runs.cli("run", "own.job.json", "--detach", "--json");
    assert.equal(code, 0);
    const { pid, output } = JSON.parse(stdout);
    assert.equal(await runs.livePid("own.job.json").catch(() => pid), pid);
    assert.ok(isRunning(pid));
    assert.equal((await runs.cli("stop", "own.job.json")).code, 0);
    await processEnds(pid);
    assert.match(readFileSync(output, "utf8"), /working on it/);
  });

  it("of a program that cannot be started exits with 2 and says why", async () => {
    const definition = { command: ["./no-such-program"], checkpoint: "checkpoints/own.jsonl" };
    writeFileSync(runs.path("own.job.json"), JSON.stringify(definition));
    const { code, stderr } = await runs.cli("run", "own.job.json", "--detach");
    assert.equal(code, 2);
    assert.match(stderr, /no-such-program` could not be started/);
  });

  it("with a label names the labelled checkpoint", async () => {
    const { stdout } = await runs.cli("run", "n.job.mjs", "--detach", "--as", "w1");
    assert.match(stdout, /attach checkpoints\/n@w1\.jsonl/);
    const { run } = await runs.status("checkpoints/n@w1.jsonl");
    assert.ok(run);
    runs.letGo();
    await runs.ended("checkpoints/n@w1.jsonl");
  });

  it("--attach without it is exit code 2", async () => {
    assert.equal((await runs.cli("run", "n.job.mjs", "--attach")).code, 2);
    assert.ok(!existsSync(runs.path("checkpoints")));
  });
});
