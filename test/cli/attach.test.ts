import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { killGroup } from "../host/processGroup.js";
import { cliPath } from "../support/cli.js";
import { DetachedRuns } from "../support/detachedRuns.js";
import { LiveRun } from "../support/liveRun.js";

describe("attach", () => {
  let runs: DetachedRuns;
  let attached: LiveRun | undefined;
  beforeEach(() => {
    runs = new DetachedRuns();
  });
  afterEach(() => {
    attached?.dispose();
    attached = undefined;
    runs.dispose();
  });
  const attach = async (...args: string[]) => {
    attached = new LiveRun("n.job.mjs", { cwd: runs.folder, command: "attach", args });
    await attached.saw("run-started");
    return attached;
  };

  it("tells what happens from then on, in the events of a run, and ends with the run's exit code", async () => {
    await runs.detach();
    await runs.begun(2);
    const live = await attach();
    runs.letGo();
    assert.equal((await live.ended).code, 1);
    assert.deepEqual(live.items("item-done").sort(), ["a", "b", "d", "e"]);
    const [failed] = live.events.filter(({ event }) => event === "item-failed");
    assert.deepEqual(
      [failed?.item, failed?.attempt, failed?.cause, failed?.message],
      ["bad", 1, "rate-limit", "429 too many requests"],
    );
    assert.ok(live.items("item-started").length >= 3);
    const [start, end] = [live.events[0]!, live.events.at(-1)!];
    assert.deepEqual(
      [start.event, start.job, start.run, start.total, start.done],
      ["run-started", "n", 1, 5, 0],
    );
    assert.deepEqual(
      [end.event, end.reason, end.done, end.failed, end.total, end.remaining],
      ["run-ended", "finished-with-failures", 4, 1, 5, 0],
    );
  });

  it("counts what was done before, and tells it no second time", async () => {
    runs.letGo();
    await runs.detach("--limit", "2");
    await runs.ended();
    runs.hold();
    await runs.detach("--concurrency", "1");
    await runs.begun(3);
    const live = await attach();
    runs.letGo();
    assert.equal((await live.ended).code, 1);
    assert.deepEqual([live.events[0]?.run, live.events[0]?.done], [2, 2]);
    assert.deepEqual(live.items("item-done"), ["d", "e"]);
    assert.deepEqual(live.items("item-failed"), ["bad"]);
  });

  it("exits with 75 after a stop", async () => {
    const detached = await runs.detach();
    await runs.begun(2);
    const live = await attach();
    assert.equal((await runs.cli("stop", "--no-wait", "n.job.mjs")).code, 0);
    await live.saw("run-stopping");
    await runs.stopping(detached);
    runs.letGo();
    assert.equal((await live.ended).code, 75);
    assert.equal(live.events.at(-1)?.reason, "stopped");
  });

  it("says of a run that was killed that it was, and exits with 137", async () => {
    const { pid } = await runs.detach();
    await runs.begun(2);
    const live = await attach();
    killGroup(pid, "SIGKILL");
    assert.equal((await live.ended).code, 137);
    assert.equal(live.events.at(-1)?.reason, "killed");
    assert.equal((await runs.status()).inDoubt, 2);
  });

  it("says why a detached run ended with an error, which had no terminal to say it in", async () => {
    const definition = { command: ["sh", "-c", "echo no luck; exit 3"], checkpoint: "checkpoints/own.jsonl" };
    writeFileSync(runs.path("own.job.json"), JSON.stringify(definition));
    const { code, stdout } = await runs.cli("run", "own.job.json", "--detach", "--attach");
    assert.equal(code, 2);
    assert.match(stdout, /agent-jobs: The command of own ended with exit code 3/);
    assert.match(stdout, /Ended with an error/);
  });

  it("leaves the run alone at SIGINT, SIGTERM and SIGHUP", async function () {
    if (process.platform === "win32") this.skip();
    const { pid } = await runs.detach();
    for (const [signal, exitCode] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 143],
    ] as const) {
      const live = await attach();
      live.send(signal);
      assert.equal((await live.ended).code, exitCode);
      const { state, run } = await runs.status();
      assert.deepEqual([state, run?.pid], ["running", pid]);
    }
    const live = await attach();
    runs.letGo();
    assert.equal((await live.ended).code, 1);
  });

  it("follows a run that was not detached, and one of a labelled checkpoint by its path", async () => {
    const run = new LiveRun("n.job.mjs", { cwd: runs.folder, args: ["--as", "w1"] });
    await run.saw("item-started", 2);
    const other = await runs.detach();
    const both = await runs.cli("attach", "n.job.mjs");
    assert.equal(both.code, 2, "two are live");
    assert.ok(both.stderr.includes("n@w1.jsonl") && both.stderr.includes("n.jsonl"), both.stderr);
    attached = new LiveRun("checkpoints/n@w1.jsonl", { cwd: runs.folder, command: "attach" });
    await attached.saw("run-started");
    runs.letGo();
    assert.equal((await attached.ended).code, 1);
    assert.equal((await run.ended).code, 1);
    assert.ok(other.pid);
  });

  it("prints plain lines in a pipe: where it stands, failures as they come, the summary", async () => {
    await runs.detach();
    await runs.begun(2);
    const follower = spawn(process.execPath, [cliPath, "attach", "n.job.mjs"], {
      cwd: runs.folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    follower.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
    const closed = once(follower, "close");
    await once(follower.stdout, "data");
    runs.letGo();
    const [code] = await closed;
    assert.equal(code, 1);
    const [first, ...rest] = printed.split("\n");
    assert.match(first!, /^n, run 1: 0\/5 done; pid \d+ on .*Ctrl-C leaves it running\.$/);
    assert.ok(rest.includes("failed bad (rate-limit): 429 too many requests"), printed);
    assert.match(printed, /Ended with failed items: 4 of 5 done[\s\S]*agent-jobs retry n\.job\.mjs/);
    assert.ok(!printed.includes("\u001b"));
  });

  it("says how the last run ended where nothing runs, and exits as status does", async () => {
    const never = await runs.cli("attach", "n.job.mjs");
    assert.equal(never.code, 0);
    runs.letGo();
    await runs.cli("run", "n.job.mjs");
    const ended = await runs.cli("attach", "n.job.mjs");
    assert.equal(ended.code, 0);
    assert.match(ended.stdout, /No run of n\.job\.mjs is live\.[\s\S]*Run 1 ended with failed items/);
    const json = await runs.cli("attach", "--json", "n.job.mjs");
    const { event, reason, done } = JSON.parse(json.stdout);
    assert.deepEqual([event, reason, done], ["run-ended", "finished-with-failures", 4]);
    writeFileSync(runs.path("checkpoints/n.jsonl"), "no checkpoint\n");
    assert.equal((await runs.cli("attach", "n.job.mjs")).code, 2);
  });

  it("follows a checkpoint of the articles' format, and tells each item once", async () => {
    writeFileSync(runs.path("f1.jsonl"), '{"id": "a", "ts": 1748107200}\n');
    await runs.detach("--checkpoint", "f1.jsonl");
    await runs.begun(2);
    attached = new LiveRun("f1.jsonl", { cwd: runs.folder, command: "attach" });
    await attached.saw("run-started");
    runs.letGo();
    assert.equal((await attached.ended).code, 1);
    assert.deepEqual(attached.items("item-done").sort(), ["b", "d", "e"]);
    assert.deepEqual(attached.items("item-failed"), ["bad"]);
  });
});
