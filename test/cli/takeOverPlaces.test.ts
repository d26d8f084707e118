import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { inspectLock } from "../../src/runtime/store/lock.js";
import { cliPath, runCli, scratchFolder } from "../support/cli.js";
import { fileText } from "../support/files.js";
import { LiveRun } from "../support/liveRun.js";

const job = `import { defineJob } from "agent-jobs";
export default defineJob({
  items: ["a"],
  async process(item) { if (process.env.HANG) await new Promise((r) => setTimeout(r, 1e6)); return item; },
});
`;
const isRoot = process.platform === "linux" && process.getuid?.() === 0;
const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

describe("the lock of a run", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder({ "job.job.mjs": job });
  });
  afterEach(() => folder.remove());
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const checkpoint = () => join(folder.path, "checkpoints/job.jsonl");
  const lock = () => `${checkpoint()}.lock`;

  it("in a container's process namespace is seen as live from outside, then as silent (needs root)", async function () {
    const unshare = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    if (!isRoot || spawnSync("unshare", [...unshare, "true"]).status !== 0) return this.skip();
    const args = [...unshare, process.execPath, cliPath, "run", "job.job.mjs"];
    const env = { ...process.env, HANG: "1" };
    const inside: ChildProcess = spawn("unshare", args, { cwd: folder.path, env, stdio: "ignore" });
    try {
      await fileTextOf(checkpoint(), '"started"');
      const { pid } = JSON.parse(readFileSync(lock(), "utf8"));
      const seen = await inspectLock(checkpoint());
      assert.deepEqual([seen.status, "local" in seen && seen.local], ["live", false]);
      const refused = await cli("run", "job.job.mjs");
      assert.equal(refused.code, 4);
      assert.match(refused.stderr, new RegExp(`pid ${pid} on .*another container or process namespace`));
    } finally {
      inside.kill("SIGKILL");
      await once(inside, "exit");
    }
    utimesSync(lock(), Date.now() / 1000, Date.now() / 1000 - 91);
    const silent = await cli("run", "job.job.mjs");
    assert.equal(silent.code, 4);
    assert.match(silent.stderr, /has not renewed its lock for 2 min, and may be dead\. Make sure/);
    assert.equal((await cli("run", "job.job.mjs", "--take-over", "--yes")).code, 0);
  });

  it("of a suspended run says so, and holds", async function () {
    if (process.platform === "win32") return this.skip();
    const live = new LiveRun("job.job.mjs", { cwd: folder.path, env: { HANG: "1" } });
    try {
      await live.saw("item-started");
      live.send("SIGSTOP");
      await stopped(live.pid);
      utimesSync(lock(), 1, 1); // asleep for longer than any lock of another machine is trusted
      const { code, stderr } = await cli("run", "job.job.mjs");
      assert.equal(code, 4);
      assert.match(stderr, /is suspended, not dead/);
    } finally {
      live.dispose();
      await live.ended;
    }
  });

  it("cannot be made in a folder that forbids it: exit 74 with what to do, and nothing is left (needs root)", async function () {
    if (!isRoot || spawnSync(nobody[0]!, [...nobody.slice(1), "true"]).status !== 0) return this.skip();
    await cli("run", "job.job.mjs");
    const before = readFileSync(checkpoint());
    for (const path of [folder.path, join(folder.path, "checkpoints")]) chmodSync(path, 0o755);
    chmodSync(checkpoint(), 0o666); // the file may be written, its folder not
    const asNobody = (...args: string[]) => {
      const [file, ...rest] = [...nobody, process.execPath, cliPath, ...args] as [string, ...string[]];
      return spawnSync(file, rest, { cwd: folder.path, encoding: "utf8" });
    };
    for (const args of [
      ["run", "job.job.mjs"],
      ["clear", "job.job.mjs", "--yes"],
    ]) {
      const { status, stderr } = asNobody(...args);
      assert.equal(status, 74, stderr);
      assert.match(stderr, /Cannot create the lock .*permission denied.*Make the folder writable/i);
    }
    assert.equal(asNobody("status", "job.job.mjs").status, 0, "reading needs no lock");
    assert.deepEqual(readFileSync(checkpoint()), before);
    assert.deepEqual(
      readdirSync(join(folder.path, "checkpoints")).filter((name) => name.includes("lock")),
      [],
    );
  });

  it("that another user made unreadable is told as such, and broken by nobody (needs root)", async function () {
    if (!isRoot || spawnSync(nobody[0]!, [...nobody.slice(1), "true"]).status !== 0) return this.skip();
    const live = new LiveRun("job.job.mjs", { cwd: folder.path, env: { HANG: "1" } });
    try {
      await live.saw("item-started");
      for (const path of [folder.path, join(folder.path, "checkpoints")]) chmodSync(path, 0o777);
      chmodSync(checkpoint(), 0o666);
      const [file, ...rest] = [
        ...nobody,
        process.execPath,
        cliPath,
        "run",
        "job.job.mjs",
        "--take-over",
        "--yes",
      ];
      const { status, stderr } = spawnSync(file!, rest, { cwd: folder.path, encoding: "utf8" });
      assert.equal(status, 2);
      assert.match(stderr, /Cannot read the lock .*belongs to another user/);
      assert.equal((await inspectLock(checkpoint())).status, "live");
    } finally {
      live.dispose();
      await live.ended;
    }
  });
});

async function fileTextOf(path: string, part: string): Promise<void> {
  const folder = join(path, "../..");
  while (!readdirSync(folder).includes("checkpoints"))
    await new Promise((resolve) => setTimeout(resolve, 20));
  await fileText(path, (text) => text.includes(part));
}

/** Nothing tells of the stop of a process that is nobody's child here. */
async function stopped(pid: number): Promise<void> {
  const isStopped = () =>
    spawnSync("ps", ["-o", "stat=", "-p", String(pid)])
      .stdout.toString()
      .startsWith("T");
  while (!isStopped()) await new Promise((resolve) => setTimeout(resolve, 20));
}
