import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LockContent } from "../../src/runtime/store/lock.js";
import { cliPath, runCli, scratchFolder } from "../support/cli.js";
import { LiveRun } from "../support/liveRun.js";

const job = `import { defineJob } from "agent-jobs";
export default defineJob({
  items: ["a", "b"],
  async process(item) {
    if (process.env.EAT === "heap") { const all = []; for (;;) all.push(new Array(1e5).fill(Math.random())); }
    if (process.env.EAT === "memory") { const all = []; for (;;) all.push(Buffer.alloc(1e7, 1)); }
    if (process.env.HANG) await new Promise((r) => setTimeout(r, 1e6));
    return item;
  },
});
`;

describe("how a run ended that could not say so", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder({ "job.job.mjs": job });
  });
  afterEach(() => folder.remove());
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const checkpoint = () => join(folder.path, "checkpoints/job.jsonl");
  const lastRun = async () =>
    JSON.parse((await cli("status", "--json", "job.job.mjs")).stdout).jobs[0].lastRun;
  async function kill(): Promise<void> {
    const live = new LiveRun("job.job.mjs", { cwd: folder.path, env: { HANG: "1" } });
    await live.saw("item-started");
    live.dispose();
    await live.ended;
  }
  /** The next run writes down what the lock told, so that it stays known. */
  async function assertRecorded(cause: string, detail?: string): Promise<void> {
    assert.equal((await cli("run", "job.job.mjs")).code, 0);
    const lines = readFileSync(checkpoint(), "utf8").trim().split("\n");
    const lost = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "run-lost");
    assert.deepEqual(
      lost.map((record) => [record.run, record.cause, record.detail]),
      [[1, cause, detail]],
    );
    assert.deepEqual(await lastRun(), { ended: "finished" });
  }

  it("is told of a kill", async () => {
    await kill();
    assert.deepEqual(await lastRun(), { ended: "killed" });
    assert.match((await cli("status", "job.job.mjs")).stdout, /Run 1 was killed\./);
    await assertRecorded("killed");
  });

  it("is told of a machine that went down", async () => {
    await kill();
    const lock = JSON.parse(readFileSync(`${checkpoint()}.lock`, "utf8")) as LockContent;
    writeFileSync(`${checkpoint()}.lock`, JSON.stringify({ ...lock, bootId: "another boot", pid: 1 }));
    assert.deepEqual(await lastRun(), { ended: "reboot" });
    assert.match((await cli("status", "job.job.mjs")).stdout, /Run 1 ended with its machine/);
    await assertRecorded("reboot");
  });

  it("is told of a heap that was exhausted, with what to do", async () => {
    const options = { cwd: folder.path, env: { ...process.env, EAT: "heap" }, stdio: "ignore" } as const;
    const run = spawn(process.execPath, ["--max-old-space-size=60", cliPath, "run", "job.job.mjs"], options);
    await once(run, "exit");
    assert.deepEqual(await lastRun(), { ended: "out-of-memory", detail: "heap" });
    assert.match((await cli("status", "job.job.mjs")).stdout, /ran out of memory .*--max-old-space-size/);
    assert.doesNotMatch(readFileSync(`${checkpoint()}.report`, "utf8"), /"environmentVariables"/);
    await assertRecorded("out-of-memory", "heap");
  });

  it("is told of the system's OOM killer (needs root and a memory control group)", async function () {
    const group = memoryGroup();
    if (!group) return this.skip();
    try {
      const script = `echo $$ > ${group}/cgroup.procs && exec "$0" "$@"`;
      const args = ["-c", script, process.execPath, cliPath, "run", "job.job.mjs"];
      const env = { ...process.env, EAT: "memory" };
      const run = spawn("sh", args, { cwd: folder.path, env, stdio: "ignore" });
      const [, signal] = await once(run, "exit");
      assert.equal(signal, "SIGKILL");
      assert.deepEqual(await lastRun(), { ended: "out-of-memory" });
      await assertRecorded("out-of-memory");
    } finally {
      rmdirSync(group);
    }
  });

  it("is that it was taken over, where a person said so", async () => {
    const live = new LiveRun("job.job.mjs", { cwd: folder.path, env: { HANG: "1" } });
    await live.saw("item-started");
    try {
      assert.equal((await cli("run", "job.job.mjs", "--take-over", "--yes")).code, 0);
      assert.match(readFileSync(checkpoint(), "utf8"), /"type":"run-lost".*"cause":"taken-over"/);
    } finally {
      live.dispose();
      await live.ended;
    }
  });
});

/** A memory control group of 200 MB below this process's own, of either version. */
function memoryGroup(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  const groups = readFileSync("/proc/self/cgroup", "utf8");
  const [, v1] = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups) ?? [];
  const [, v2 = "/"] = /^0::(.*)$/m.exec(groups) ?? [];
  const root = "/sys/fs/cgroup";
  const tries = [
    ...(v1 === undefined
      ? []
      : [[`${root}/memory${v1}`, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]]),
    [`${root}${v2}`, "memory.max", "memory.swap.max"],
  ] as const;
  for (const [parent, limit, swap] of tries) {
    const group = join(parent!, `agent-jobs-test-${process.pid}`);
    try {
      mkdirSync(group);
    } catch {
      continue;
    }
    try {
      writeFileSync(join(group, limit!), String(200e6));
      try {
        writeFileSync(join(group, swap!), limit === "memory.max" ? "0" : String(200e6));
      } catch {
        // without swap accounting there is none to limit
      }
      return group;
    } catch {
      rmdirSync(group);
    }
  }
  return undefined;
}
