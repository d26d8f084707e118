import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";

const job = `
import { appendFileSync } from "node:fs";
export default {
  items: ["a", "slow", "late", "b", "c"],
  retry: false,
  process(item) {
    appendFileSync("calls.txt", item + "\\n");
    if (process.env.DIES) process.kill(process.pid, "SIGKILL");
    if (item === "slow" && !process.env.MENDED) throw Object.assign(new Error("429"), { status: 429 });
    if (item === "late" && !process.env.MENDED) throw new DOMException("too late", "TimeoutError");
    return item;
  },
};`;

describe("agent-jobs retry", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(async () => {
    folder = scratchFolder({ "n.job.mjs": job });
    // "c" is left over, so that a retry is seen not to begin it.
    assert.equal((await cli({}, "run", "n.job.mjs", "--limit", "4")).code, 75);
    writeFileSync(join(folder.path, "calls.txt"), "");
  });
  afterEach(() => folder.remove());

  const cli = (env: NodeJS.ProcessEnv, ...args: string[]) => runCli(args, { cwd: folder.path, env });
  const mended = { MENDED: "1" };
  const calls = () => readFileSync(join(folder.path, "calls.txt"), "utf8").trim().split("\n").sort();
  const status = async () => JSON.parse((await cli({}, "status", "n.job.mjs", "--json")).stdout).jobs[0];
  const failures = async () =>
    JSON.parse((await cli({}, "failures", "n.job.mjs", "--json")).stdout)
      .failures.map(({ item, cause }: { item: string; cause: string }) => `${item} ${cause}`)
      .sort();

  it("is what status names as the next step of a job with failed items, as it would be typed", async () => {
    const next = async (...paths: string[]) =>
      (await cli({}, "status", ...paths)).stdout.split("\n").filter((line) => line.includes("agent-jobs "));
    const read = /^ {2}2 items failed \(.*\): agent-jobs failures checkpoints\/n\.jsonl$/;
    const [listed, again, ...rest] = await next("n.job.mjs");
    assert.match(listed!, read);
    assert.match(again!, /^ {2}Only the failed: agent-jobs retry n\.job\.mjs \(of one cause: --cause /);
    assert.deepEqual(rest, []);
    // Whose the job file is that a checkpoint names is not known.
    const [ofCheckpoint, ...none] = await next("checkpoints/n.jsonl");
    assert.match(ofCheckpoint!, read);
    assert.deepEqual(none, []);
    await cli(mended, "run", "n.job.mjs");
    assert.deepEqual(await next("n.job.mjs"), []);
  });

  it("does the failed items again, and begins no other", async () => {
    const { code, stdout } = await cli(mended, "retry", "n.job.mjs");
    assert.equal(code, 75, stdout);
    assert.match(stdout, /Tries 2 failed items again: 1 by rate-limit, 1 by timeout\./);
    assert.deepEqual(calls(), ["late", "slow"]);
    const { done, failed, remaining } = await status();
    assert.deepEqual([done, failed, remaining], [4, 0, 1]);
  });

  it("keeps what is done where the job has changed, or does nothing, and says how to redo it", async () => {
    writeFileSync(join(folder.path, "n.job.mjs"), `${job}\n// another\n`);
    const before = readFileSync(join(folder.path, "checkpoints/n.jsonl"), "utf8");
    const undecided = await cli(mended, "retry", "n.job.mjs");
    assert.equal(undecided.code, 5);
    assert.match(
      undecided.stderr,
      /run again with --changed keep .* or run it \(agent-jobs run n\.job\.mjs\) with --changed redo /,
    );
    const redo = await cli(mended, "retry", "n.job.mjs", "--changed", "redo");
    assert.equal(redo.code, 2);
    assert.match(redo.stderr, /nothing was begun\. .*: agent-jobs run n\.job\.mjs --changed redo\./);
    assert.equal(readFileSync(join(folder.path, "checkpoints/n.jsonl"), "utf8"), before);
    assert.equal((await cli(mended, "retry", "n.job.mjs", "--changed", "keep")).code, 75);
    assert.deepEqual(calls(), ["late", "slow"]);
    assert.equal((await status()).done, 4);
  });

  it("does those that failed by a cause, or are named", async () => {
    await cli(mended, "retry", "n.job.mjs", "--cause", "rate-limit");
    assert.deepEqual(calls(), ["slow"]);
    assert.deepEqual(await failures(), ["late timeout"]);
    assert.equal((await cli(mended, "retry", "n.job.mjs", "--item", "late", "--json")).code, 75);
    assert.deepEqual(await failures(), []);
    assert.equal((await cli({}, "run", "n.job.mjs")).code, 0);
  });

  it("does those that failed as one did, whatever numbers and ids their messages name", async () => {
    writeFileSync(
      join(folder.path, "alike.job.mjs"),
      `export default { items: [1, 2, 3, 4], retry: false, process(item) {
        if (process.env.MENDED) return item;
        throw new Error(item < 4 ? "no JSON in reply " + item : "too long");
      } };`,
    );
    assert.equal((await cli({}, "run", "alike.job.mjs")).code, 1);
    const { code, stdout } = await cli(mended, "retry", "alike.job.mjs", "--like", "2");
    assert.equal(code, 75, stdout);
    assert.match(stdout, /Tries 3 failed items again/);
    const left = await cli(mended, "retry", "alike.job.mjs", "--like", "2");
    assert.match(left.stderr, /"2" is no failed item of alike\. Failed are: 4\./);
    assert.equal((await cli(mended, "retry", "alike.job.mjs", "--like", "4")).code, 0);
  });

  it("keeps a failure that it could not mend, and ends with 1", async () => {
    assert.equal((await cli({}, "retry", "n.job.mjs")).code, 1);
    assert.deepEqual(await failures(), ["late timeout", "slow rate-limit"]);
  });

  it("refuses a cause and an item that nothing failed by, naming those that there are", async () => {
    const cause = await cli({}, "retry", "n.job.mjs", "--cause", "auth");
    assert.equal(cause.code, 2);
    assert.match(cause.stderr, /failed by auth\. Failed are: (rate-limit, timeout|timeout, rate-limit)\./);
    const item = await cli({}, "retry", "n.job.mjs", "--item", "a");
    assert.equal(item.code, 2);
    assert.match(item.stderr, /"a" is no failed item of n\. Failed are: slow, late\./);
    assert.deepEqual(calls(), [""]);
  });

  it("says so where nothing is failed", async () => {
    await cli(mended, "retry", "n.job.mjs");
    const { code, stdout } = await cli({}, "retry", "n.job.mjs");
    assert.equal(code, 0);
    assert.match(stdout, /Nothing to retry/);
    const json = await cli({}, "retry", "n.job.mjs", "--json");
    assert.equal(JSON.parse(json.stdout).event, "notice");
  });

  it("refuses a label that no run has, naming those that there are", async () => {
    await cli({}, "run", "n.job.mjs", "--as", "w1");
    const { code, stderr } = await cli({}, "retry", "n.job.mjs", "--as", "w2");
    assert.equal(code, 2);
    assert.match(stderr, /w1/);
    assert.equal((await cli(mended, "retry", "n.job.mjs", "--as", "w1")).code, 0);
  });

  it("begins at most --limit of them", async () => {
    assert.equal((await cli(mended, "retry", "n.job.mjs", "--limit", "1")).code, 75);
    assert.equal(calls().length, 1);
    assert.equal((await status()).failed, 1);
  });

  it("does an item again whose retry was killed, unless told to leave what is in doubt", async () => {
    const { code } = await cli({ DIES: "1" }, "retry", "n.job.mjs", "--item", "slow");
    assert.notEqual(code, 0);
    const { done, failed, inDoubt } = await status();
    assert.deepEqual({ done, failed, inDoubt }, { done: 2, failed: 1, inDoubt: 1 });
    const listed = await cli({}, "failures", "n.job.mjs");
    assert.match(listed.stdout, /^1 item of n that had failed is in doubt: .* agent-jobs retry n\.job\.mjs/m);
    await cli(mended, "retry", "n.job.mjs", "--in-doubt", "skip");
    assert.deepEqual([(await status()).failed, (await status()).inDoubt], [0, 1]);
    const { stdout } = await cli(mended, "retry", "n.job.mjs", "--cause", "rate-limit");
    assert.match(stdout, /1 of them is in doubt/);
    assert.deepEqual([(await status()).failed, (await status()).inDoubt], [0, 0]);
  });

  it("runs on its own with --detach, over the same items", async () => {
    const { code, stdout } = await cli(
      mended,
      "retry",
      "n.job.mjs",
      "--cause",
      "timeout",
      "--detach",
      "--attach",
    );
    assert.equal(code, 75, stdout);
    assert.deepEqual(calls(), ["late"]);
    assert.deepEqual(await failures(), ["slow rate-limit"]);
  });
});

describe("agent-jobs retry over another input", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(async () => {
    folder = scratchFolder({
      "i.job.mjs": `export default { items: ["x"], process(item, ctx) {
        ctx.usage({ usd: 0.25 });
        if (!process.env.MENDED) throw Object.assign(new Error("bad"), { status: 400 });
        return item;
      } };`,
      "all.json": '["a", "b", "c"]',
      "fewer.json": '["b", "c"]',
    });
    assert.equal((await cli("run", "i.job.mjs", "--items", "all.json")).code, 1);
  });
  afterEach(() => folder.remove());

  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const mended = (...args: string[]) => runCli(args, { cwd: folder.path, env: { MENDED: "1" } });
  const failed = async () => JSON.parse((await cli("status", "i.job.mjs", "--json")).stdout).jobs[0].failed;

  it("begins nothing where none of them is in it, and all stay failed", async () => {
    const { code, stderr } = await mended("retry", "i.job.mjs");
    assert.equal(code, 2);
    assert.match(stderr, /--items/);
    assert.equal(await failed(), 3);
  });

  it("does them with the --items of their run, and says what they have cost", async () => {
    const { code, stdout } = await mended("retry", "i.job.mjs", "--items", "all.json");
    assert.equal(code, 0, stdout);
    assert.match(stdout, /They have cost \$0\.75 so far\./);
    assert.equal(await failed(), 0);
  });

  it("does those that are in it, saying how many have left it", async () => {
    const { stdout } = await mended("retry", "i.job.mjs", "--items", "fewer.json");
    assert.match(
      stdout,
      /1 failed item has left the input[\s\S]*Tries 2 failed items again: 2 by bad-request\. They have cost \$0\.50/,
    );
    const named = await mended("retry", "i.job.mjs", "--item", "a", "--items", "fewer.json");
    assert.equal(named.code, 2);
  });

  it("suggests the command that tries these items again", async () => {
    const { stdout } = await cli("run", "i.job.mjs", "--items", "all.json");
    const suggested = /agent-jobs (retry .*)/.exec(stdout)![1]!.split(" ");
    assert.equal((await mended(...suggested)).code, 0);
    assert.equal(await failed(), 0);
  });
});

describe("run --deadline", () => {
  it("ends in order after a time, and can be resumed", async () => {
    const folder = scratchFolder({
      "d.job.mjs": `export default { items: Array.from({ length: 200 }, (_, i) => "i" + i), async process(_, ctx) {
        await new Promise((go) => ctx.signal.addEventListener("abort", go) ?? setTimeout(go, 50));
      } };`,
    });
    try {
      const { code, stdout } = await runCli(["run", "d.job.mjs", "--deadline", "1s"], { cwd: folder.path });
      assert.equal(code, 75);
      assert.match(
        stdout,
        /Reached the deadline \(1 s\): \d+ of 200 done[\s\S]*Go on: agent-jobs run d\.job\.mjs/,
      );
      const bad = await runCli(["run", "d.job.mjs", "--deadline", "soon"], { cwd: folder.path });
      assert.equal(bad.code, 2);
      assert.match(bad.stderr, /such as 30s, 45m/);
    } finally {
      folder.remove();
    }
  });
});
