import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";
import { fileText } from "../support/files.js";
import { LiveRun } from "../support/liveRun.js";

// An item goes on until the file `go` is there, so that a test and not a clock says when it ends. Each begin is
// witnessed in a file of its own.
const job = `
import { appendFileSync, existsSync, watch } from "node:fs";
import { join } from "node:path";
import { defineJob } from "agent-jobs";

const folder = import.meta.dirname;
const opened = () => existsSync(join(folder, "go"));

export default defineJob({
  items: ["a", "b", "c", "d", "e"],
  concurrency: 2,
  async process(item) {
    appendFileSync(join(folder, "begun"), item + "\\n");
    await new Promise((resolve) => {
      const watcher = watch(folder, () => opened() && resolve(watcher.close()));
      if (opened()) resolve(watcher.close());
    });
    return item;
  },
});
`;

describe("signals", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let run: LiveRun | undefined;
  beforeEach(() => {
    folder = scratchFolder({ "slow.job.mjs": job });
  });
  afterEach(() => {
    run?.dispose();
    folder.remove();
  });

  async function startTwo(): Promise<LiveRun> {
    run = new LiveRun("slow.job.mjs", { cwd: folder.path });
    await run.saw("item-started", 2);
    // The event comes before the item's own code does anything.
    await fileText(join(folder.path, "begun"), (text) => text.split("\n").length === 3);
    return run;
  }
  const letGo = () => writeFileSync(join(folder.path, "go"), "");
  const begun = () => readFileSync(join(folder.path, "begun"), "utf8").trim().split("\n");
  const status = async () =>
    JSON.parse((await runCli(["status", "--json", "slow.job.mjs"], { cwd: folder.path })).stdout).jobs[0];

  /** Goes on to the end, and proves that no item was begun again but those in doubt. */
  async function assertResumable(again: number): Promise<void> {
    letGo();
    const { code, stderr } = await runCli(["run", "slow.job.mjs"], { cwd: folder.path });
    assert.equal(code, 0, stderr);
    assert.equal(begun().length, 5 + again);
    assert.equal(new Set(begun()).size, 5);
    const after = await status();
    assert.deepEqual([after.state, after.done, after.inDoubt, after.damaged], ["finished", 5, 0, false]);
  }

  for (const [signal, exitCode, ended] of [
    ["SIGINT", 130, "interrupted"],
    ["SIGTERM", 143, "terminated"],
    ["SIGHUP", 143, "terminated"],
  ] as const) {
    it(`the first ${signal} finishes what is in flight, begins nothing, and exits with ${exitCode}`, async () => {
      const live = await startTwo();
      live.send(signal);
      await live.saw("run-stopping");
      letGo();
      const { code, stderr } = await live.ended;
      assert.deepEqual([code, stderr], [exitCode, ""]);
      assert.deepEqual(live.items("item-started"), ["a", "b"]);
      assert.deepEqual(live.items("item-done").sort(), ["a", "b"]);
      const { state, done, inDoubt, lastRun } = await status();
      assert.deepEqual({ state, done, inDoubt }, { state: "stopped", done: 2, inDoubt: 0 });
      assert.deepEqual(lastRun, { ended, signal });
      await assertResumable(0);
    });
  }

  for (const [first, second, exitCode] of [
    ["SIGINT", "SIGINT", 130],
    ["SIGTERM", "SIGTERM", 143],
    ["SIGHUP", "SIGINT", 143],
  ] as const) {
    it(`${second} after ${first} ends at once with ${exitCode}, items in doubt`, async () => {
      const live = await startTwo();
      live.send(first);
      await live.saw("run-stopping");
      live.send(second);
      const { code, stderr } = await live.ended;
      assert.deepEqual([code, stderr], [exitCode, ""]);
      const { state, done, inDoubt } = await status();
      assert.deepEqual({ state, done, inDoubt }, { state: "stopped", done: 0, inDoubt: 2 });
      await assertResumable(2);
    });
  }

  it("SIGHUP twice, as a closed terminal sends it, still finishes what is in flight", async () => {
    const live = await startTwo();
    live.send("SIGHUP");
    await live.saw("run-stopping");
    live.send("SIGHUP");
    // A later event shows that the second one was dealt with.
    const { code } = await runCli(["status", "slow.job.mjs"], { cwd: folder.path });
    assert.equal(code, 0);
    letGo();
    assert.equal((await live.ended).code, 143);
    assert.equal((await status()).done, 2);
  });

  it("`agent-jobs stop` finishes what is in flight and exits with 75", async () => {
    const live = await startTwo();
    const stopping = runCli(["stop", "slow.job.mjs"], { cwd: folder.path });
    await live.saw("run-stopping");
    letGo();
    assert.equal((await live.ended).code, 75);
    const { code, stdout } = await stopping;
    assert.equal(code, 0);
    assert.match(stdout, /Stopped\./);
    const { state, done, lastRun } = await status();
    assert.deepEqual({ state, done, lastRun }, { state: "stopped", done: 2, lastRun: { ended: "stopped" } });
    await assertResumable(0);
  });

  it("the first Ctrl-C after a stop request is no second one", async () => {
    const live = await startTwo();
    await runCli(["stop", "--no-wait", "slow.job.mjs"], { cwd: folder.path });
    await live.saw("run-stopping");
    live.send("SIGINT");
    await live.saw("notice");
    letGo();
    assert.equal((await live.ended).code, 75);
    assert.equal((await status()).done, 2);
  });

  it("a stop when nothing runs says so and exits with 0", async () => {
    const { code, stdout } = await runCli(["stop", "slow.job.mjs"], { cwd: folder.path });
    assert.equal(code, 0);
    assert.match(stdout, /Nothing to stop/);
  });

  it("a killed run shows as killed, and its items as in doubt", async () => {
    const live = await startTwo();
    live.dispose();
    assert.equal((await live.ended).signal, "SIGKILL");
    const { state, inDoubt, inFlight, lastRun, run: current } = await status();
    assert.deepEqual(
      { state, inDoubt, inFlight, lastRun, current },
      { state: "stopped", inDoubt: 2, inFlight: 0, lastRun: { ended: "killed" }, current: null },
    );
    await assertResumable(2);
  });
});
