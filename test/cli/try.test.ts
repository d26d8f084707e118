import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliPath, runCli, scratchFolder } from "../support/cli.js";
import { LiveRun } from "../support/liveRun.js";
import { python, Terminal } from "../support/terminal.js";

const job = `
import { appendFileSync } from "node:fs";
export default {
  items: ["good", "bad", "left"], key: (item) => item, retry: { attempts: { other: 3 } }, itemTimeoutMs: 20_000,
  params: { model: process.env.MODEL ?? "small" },
  budget: { usd: Number(process.env.BUDGET ?? 100) },
  async process(item, ctx) {
    appendFileSync("calls.txt", item + "\\n");
    const outline = await ctx.step("outline", { item }, () => {
      ctx.usage({ usd: 1 });
      return "outline of " + item + (process.env.MENDED ? " mended" : "");
    });
    ctx.usage({ usd: 0.25 });
    if (process.env.HANG) { ctx.progress(0.5); await new Promise((r) => setTimeout(r, 1e6)); }
    if (item === "bad" && !process.env.MENDED) throw new Error("no luck");
    return { outline, n: 7 };
  },
};`;

describe("agent-jobs try", () => {
  let folder: ReturnType<typeof scratchFolder>;
  const file = (name: string) => join(folder.path, name);
  const cli = (env: NodeJS.ProcessEnv, ...args: string[]) => runCli(args, { cwd: folder.path, env });
  const mended = { MENDED: "1" };
  const status = async () => JSON.parse((await cli({}, "status", "n.job.mjs", "--json")).stdout).jobs[0];
  const text = () => readFileSync(file("checkpoints/n.jsonl"), "utf8");
  const dones = () => text().match(/^\{"id":"bad"/gm)?.length ?? 0;
  const failures = async () =>
    JSON.parse((await cli({}, "failures", "n.job.mjs", "--json")).stdout).failures as {
      item: string;
      cause: string;
      message: string;
      attempt: number;
    }[];
  const results = async () =>
    (await cli({}, "results", "n.job.mjs")).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string; result: unknown });

  beforeEach(async () => {
    folder = scratchFolder({ "n.job.mjs": job });
    // "left" is left over, so that a trial is seen not to begin it. "bad" is tried three times, its step is done once.
    assert.equal((await cli({}, "run", "n.job.mjs", "--limit", "2")).code, 75);
    writeFileSync(file("calls.txt"), "");
  });
  afterEach(() => folder.remove());

  it("does one item once, and records its result only when that is kept", async () => {
    const tried = await cli(mended, "try", "n.job.mjs", "--item", "bad");
    assert.equal(tried.code, 0, tried.stderr);
    assert.match(tried.stdout, /"n": 7[\s\S]*It spent \$0\.25[\s\S]*try n\.job\.mjs --keep records it/);
    assert.equal(readFileSync(file("calls.txt"), "utf8"), "bad\n");
    assert.equal(dones(), 0);
    const between = await status();
    assert.deepEqual([between.done, between.failed, between.inDoubt], [1, 1, 0]);
    assert.equal(between.usage.usd, 3.25); // its step was done before, by another attempt
    const kept = await cli({}, "try", "n.job.mjs", "--keep");
    assert.match(kept.stdout, /Kept: bad is done/);
    const after = await status();
    assert.deepEqual([after.done, after.failed, after.remaining], [2, 0, 1]);
    assert.equal(after.usage.usd, 3.25);
    assert.deepEqual((await results()).find(({ id }) => id === "bad")?.result, {
      outline: "outline of bad",
      n: 7,
    });
    assert.equal(existsSync(file("checkpoints/n.jsonl.tried")), false);
    assert.equal((await cli({}, "try", "n.job.mjs", "--keep")).code, 2);
    assert.equal(dones(), 1);
  });

  it("leaves the item failed as it was when its result is discarded, and counts what it spent", async () => {
    await cli(mended, "try", "n.job.mjs", "--item", "bad");
    assert.equal(statSync(file("checkpoints/n.jsonl.tried")).mode & 0o777, 0o600);
    const discarded = await cli({}, "try", "n.job.mjs", "--discard");
    assert.match(
      discarded.stdout,
      /Discarded the result of bad\. It spent \$0\.25, which counts in any case/,
    );
    assert.deepEqual(
      (await failures()).map(({ item, cause, message, attempt }) => [item, cause, message, attempt]),
      [["bad", "other", "no luck", 4]],
    );
    assert.match(
      text(),
      /Attempt 4 was a trial and gave a result\. Until that is kept, the failure of attempt 3/,
    );
    assert.equal((await status()).usage.usd, 3.25);
    assert.equal(existsSync(file("checkpoints/n.jsonl.tried")), false);
    assert.match((await cli({}, "try", "n.job.mjs", "--discard")).stdout, /Nothing was changed/);
  });

  it("keeps the steps of an item that was not begun beside the checkpoint as well", async () => {
    const tried = await cli({}, "try", "n.job.mjs", "--item", "left", "--json");
    const events = tried.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(events.at(-1), {
      ...{ event: "tried", item: "left", waits: true },
      result: { outline: "outline of left", n: 7 },
    });
    assert.doesNotMatch(text(), /outline of left/);
    await cli({}, "try", "n.job.mjs", "--discard");
    const { done, failed, inDoubt, remaining, usage } = await status();
    assert.deepEqual([done, failed, inDoubt, remaining, usage.usd], [1, 1, 0, 1, 4.25]);
    // What was discarded is made anew.
    await cli(mended, "run", "n.job.mjs");
    assert.deepEqual((await results()).find(({ id }) => id === "left")?.result, {
      outline: "outline of left mended",
      n: 7,
    });
  });

  it("records a failure like that of any attempt, once", async () => {
    const { code, stdout } = await cli({}, "try", "n.job.mjs", "--item", "bad");
    assert.equal(code, 1);
    assert.match(stdout, /bad failed \(other\): no luck/);
    assert.equal((await failures())[0]?.attempt, 4);
    assert.equal(readFileSync(file("calls.txt"), "utf8"), "bad\n");
    assert.equal((await cli({}, "try", "n.job.mjs", "--keep")).code, 2);
    assert.equal(dones(), 0);
  });

  it("that is killed is in doubt, has recorded what it spent, and gives nothing to keep", async () => {
    const live = new LiveRun("n.job.mjs", {
      ...{ cwd: folder.path, command: "try", args: ["--item", "left"], env: { HANG: "1" } },
    });
    await live.saw("item-progress");
    live.dispose();
    await live.ended;
    const { done, inDoubt, usage } = await status();
    assert.deepEqual([done, inDoubt, usage.usd], [1, 1, 4]); // its step; nothing was asked for after that
    const kept = await cli({}, "try", "n.job.mjs", "--keep");
    assert.equal(kept.code, 2);
    assert.match(kept.stderr, /There is no result of a trial/);
    const { stdout } = await cli({}, "try", "n.job.mjs", "--discard");
    assert.match(stdout, /Nothing was recorded as a result of left\. It spent \$1\.00/);
    assert.equal((await status()).usage.usd, 4);
    assert.equal((await cli(mended, "retry", "n.job.mjs")).code, 75);
  });

  it("keeps its result where it was killed after that, and no second trial takes its place", async () => {
    await cli(mended, "try", "n.job.mjs", "--item", "bad");
    const again = await cli(mended, "try", "n.job.mjs", "--item", "left");
    assert.equal(again.code, 2);
    assert.match(again.stderr, /the result of an earlier trial waits/);
    assert.equal(readFileSync(file("calls.txt"), "utf8"), "bad\n");
    assert.equal((await cli({}, "try", "checkpoints/n.jsonl", "--keep")).code, 0);
    assert.equal(dones(), 1);
  });

  it("keeps nothing over a result that a run has recorded meanwhile, nor in another checkpoint", async () => {
    await cli(mended, "try", "n.job.mjs", "--item", "bad");
    await cli(mended, "run", "n.job.mjs");
    const late = await cli({}, "try", "n.job.mjs", "--keep");
    assert.match(late.stderr, /bad was done meanwhile/);
    assert.equal(dones(), 1);
    await cli({}, "clear", "n.job.mjs", "--yes");
    await cli({}, "run", "n.job.mjs", "--limit", "2");
    await cli(mended, "try", "n.job.mjs", "--item", "bad");
    await cli({}, "clear", "n.job.mjs", "--yes");
    await cli({}, "run", "n.job.mjs", "--limit", "2");
    const other = await cli({}, "try", "n.job.mjs", "--keep");
    assert.equal(other.code, 2);
    assert.match(other.stderr, /is not the checkpoint that the item was tried against/);
    assert.equal(dones(), 0);
  });

  it("is refused while a run holds the job, past the budget, and for what is done or unknown", async () => {
    const poor = await cli({ ...mended, BUDGET: "3.1" }, "try", "n.job.mjs", "--item", "bad");
    assert.equal(poor.code, 75, poor.stdout + poor.stderr);
    assert.equal(readFileSync(file("calls.txt"), "utf8"), "");
    for (const [id, why] of [
      ["good", /is done already/],
      ["nobody", /is not in its input/],
    ] as const) {
      const refused = await cli({}, "try", "n.job.mjs", "--item", id);
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, why);
    }
    assert.equal((await cli({}, "try", "n.job.mjs")).code, 2);
    const live = new LiveRun("n.job.mjs", { cwd: folder.path, env: { HANG: "1" } });
    await live.saw("item-started");
    try {
      assert.equal((await cli({}, "try", "n.job.mjs", "--item", "bad")).code, 4);
    } finally {
      live.dispose();
      await live.ended;
    }
  });

  it("leaves parameters of results that are not kept to the runs that made the others", async () => {
    await cli({ ...mended, MODEL: "large" }, "try", "n.job.mjs", "--item", "bad");
    const plan = JSON.parse((await cli({ MODEL: "large" }, "plan", "n.job.mjs", "--json")).stdout);
    assert.deepEqual(plan.changed.params, [{ name: "model", before: "small", after: "large" }]);
  });

  it("asks on a terminal what becomes of the result", async function () {
    if (!python) return this.skip();
    const command = [process.execPath, cliPath, "try", "n.job.mjs", "--item", "bad"];
    const terminal = new Terminal(command, { cwd: folder.path, env: mended });
    terminal.type("k\n");
    assert.equal(await terminal.ended, 0, terminal.output);
    assert.match(terminal.output, /Kept: bad is done/);
    terminal.dispose();
    assert.equal((await status()).done, 2);
  });
});
