import assert from "node:assert/strict";
import { runCli, scratchFolder } from "../support/cli.js";

const job = `
const { ENDS } = process.env;
export default {
  items: Array.from({ length: 12 }, (_, i) => "i" + i),
  concurrency: 2,
  retry: { baseDelayMs: 1 },
  ...(ENDS === "budget" && { budget: { usd: 0.5 } }),
  ...(ENDS === "max-failures" && { maxFailures: 2 }),
  process(item, ctx) {
    ctx.usage({ usd: 0.1, inputTokens: 10, outputTokens: 1 });
    if (ENDS === "auth") throw Object.assign(new Error("no such key"), { status: 401 });
    if (ENDS === "max-failures") throw Object.assign(new Error("no such field"), { status: 400 });
    if (ENDS === "mixed" && item === "i3") throw Object.assign(new Error("late"), { name: "TimeoutError" });
    if (ENDS === "mixed" && (item === "i4" || item === "i5")) throw Object.assign(new Error("bad"), { status: 400 });
    return item;
  },
};`;

describe("what a run says at its end", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder({ "r.job.mjs": job });
  });
  afterEach(() => folder.remove());
  const cli = (ends: string, ...args: string[]) => runCli(args, { cwd: folder.path, env: { ENDS: ends } });
  /** What to type next, as it says it. */
  const next = (stdout: string) =>
    [...stdout.matchAll(/agent-jobs (failures|results|retry|run|doubt) .*/g)].map(([line]) => line);

  it("names the budget's figures, and offers no retry that the budget would refuse", async () => {
    const { code, stdout } = await cli("budget", "run", "r.job.mjs");
    assert.equal(code, 75);
    assert.match(stdout, /\(\$0\.50 of \$0\.50 spent\): 5 of 12 done/);
    assert.match(stdout, /In all 50 tokens in, 5 out, \$0\.50 of \$0\.50\./);
    assert.deepEqual(next(stdout), ["agent-jobs results r.job.mjs", "agent-jobs run r.job.mjs"]);
  });

  it("says what a resumed run did not spend again, and what it took itself", async () => {
    await cli("budget", "run", "r.job.mjs");
    const { code, stdout } = await cli("", "run", "r.job.mjs");
    assert.equal(code, 0, stdout);
    assert.match(stdout, /In all 120 tokens in, 12 out, \$1\.20; 70 tokens in, 7 out, \$0\.70 in this run\./);
    assert.match(stdout, /Not spent again: 5 items, \$0\.50 and \d+ m?s of item time\./);
  });

  it("says nothing of what was saved where nothing was done before", async () => {
    assert.doesNotMatch((await cli("", "run", "r.job.mjs")).stdout, /Not spent again/);
  });

  it("says of a key that is refused what to see to, and offers no retry", async () => {
    const { code, stdout } = await cli("auth", "run", "r.job.mjs");
    assert.equal(code, 1);
    assert.match(stdout, /items failed by authentication\)/);
    assert.match(stdout, /Check the key/);
    assert.deepEqual(next(stdout), ["agent-jobs failures r.job.mjs", "agent-jobs run r.job.mjs"]);
  });

  it("says of too many failures how many were allowed", async () => {
    const { code, stdout } = await cli("max-failures", "run", "r.job.mjs");
    assert.equal(code, 1);
    assert.match(stdout, /maxFailures is 2\)/);
    assert.ok(next(stdout).includes("agent-jobs retry r.job.mjs"), stdout);
  });

  it("counts failures by cause, and suggests the cause that a retry may mend", async () => {
    const { code, stdout } = await cli("mixed", "run", "r.job.mjs");
    assert.equal(code, 1);
    assert.match(stdout, /3 items failed \(2 bad-request, 1 timeout\)/);
    assert.deepEqual(next(stdout), [
      "agent-jobs failures r.job.mjs",
      "agent-jobs results r.job.mjs",
      "agent-jobs retry r.job.mjs (of one cause: --cause timeout)",
    ]);
  });

  it("names the labelled run and its input in every command that it suggests", async () => {
    const { stdout } = await cli("max-failures", "run", "r.job.mjs", "--as", "w-1");
    const suggested = next(stdout);
    assert.equal(suggested.length, 3);
    for (const line of suggested) assert.ok(line.endsWith("r.job.mjs --as w-1"), line);
  });
});
