import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cliPath, runCli, scratchFolder } from "../support/cli.js";
import { LiveRun } from "../support/liveRun.js";
import { python, Terminal } from "../support/terminal.js";

const job = `import { defineJob } from "agent-jobs";
import { appendFileSync } from "node:fs";
export default defineJob({
  items: [1, "1", "b", "c"], key: (item) => item, concurrency: 3,
  async process(item) {
    appendFileSync("begun", JSON.stringify(item) + "\\n");
    if (process.env.HANG) await new Promise((r) => setTimeout(r, 1e6));
    return item;
  },
});
`;

describe("items in doubt", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(async () => {
    folder = scratchFolder({ "job.job.mjs": job });
    const live = new LiveRun("job.job.mjs", { cwd: folder.path, env: { HANG: "1" } });
    await live.saw("item-started", 3);
    live.dispose();
    await live.ended;
    rmSync(join(folder.path, "begun"), { force: true });
  });
  afterEach(() => folder.remove());
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const status = async () => JSON.parse((await cli("status", "--json", "job.job.mjs")).stdout).jobs[0];
  const begun = () =>
    readFileSync(join(folder.path, "begun"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  const ids = (items: { item: unknown }[]) => items.map(({ item }) => item);

  it("are listed by status, plan and doubt, with attempt, run and time", async () => {
    const { inDoubt, inDoubtItems } = await status();
    assert.equal(inDoubt, 3);
    assert.deepEqual(ids(inDoubtItems), [1, "1", "b"]);
    assert.deepEqual(Object.keys(inDoubtItems[0]), ["item", "attempt", "run", "at"]);
    const plan = JSON.parse((await cli("plan", "job.job.mjs", "--json")).stdout);
    assert.deepEqual([plan.inDoubt, ids(plan.inDoubtItems)], [3, [1, "1", "b"]]);
    assert.match((await cli("plan", "job.job.mjs")).stdout, /b {2}attempt 1, run 1, begun 20/);
    const [listed] = JSON.parse((await cli("doubt", "job.job.mjs", "--json")).stdout).jobs;
    assert.deepEqual(listed.items, inDoubtItems);
    assert.match((await cli("doubt", "job.job.mjs")).stdout, /3 items in doubt[\s\S]*b {2}attempt 1/);
  });

  it("are done again by default, with a word that they may have been paid for", async () => {
    const { code, stdout } = await cli("run", "job.job.mjs");
    assert.equal(code, 0);
    assert.match(stdout, /3 items are in doubt.*may have been paid for already\. This run does them again/);
    assert.deepEqual(begun(), [1, "1", "b", "c"]);
  });

  it("are left with --in-doubt skip, which is no finished run", async () => {
    const { code, stdout } = await cli("run", "job.job.mjs", "--in-doubt", "skip");
    assert.equal(code, 75);
    assert.match(stdout, /This run leaves them so/);
    assert.deepEqual(begun(), ["c"]);
    const { state, done, inDoubt, remaining, lastRun } = await status();
    assert.deepEqual(
      { state, done, inDoubt, remaining, lastRun },
      { state: "stopped", done: 1, inDoubt: 3, remaining: 0, lastRun: { ended: "in-doubt" } },
    );
  });

  it("are asked about with --in-doubt ask: exit 5 where nobody can be", async function () {
    const { code, stderr } = await cli("run", "job.job.mjs", "--in-doubt", "ask");
    assert.equal(code, 5);
    assert.match(stderr, /3 items are in doubt.*--in-doubt skip/);
    if (!python) return this.skip();
    const command = [process.execPath, cliPath, "run", "job.job.mjs", "--in-doubt", "ask"];
    const terminal = new Terminal(command, { cwd: folder.path });
    terminal.type("d\n");
    assert.equal(await terminal.ended, 0, terminal.output);
    assert.match(terminal.output, /Marked 3 items as done/);
    assert.deepEqual(begun(), ["c"]);
    terminal.dispose();
  });

  it("are marked as done by id, after a yes, and never begun again", async () => {
    assert.equal((await cli("doubt", "job.job.mjs", "--mark-done", "b")).code, 5);
    const unknown = await cli("doubt", "job.job.mjs", "--mark-done", "zzz", "--yes");
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /zzz.*in doubt are 1, 1, b\. Nothing was marked/);
    const either = await cli("doubt", "job.job.mjs", "--mark-done", "1", "--yes");
    assert.equal(either.code, 0, either.stderr); // exactly 1, the number; "1" is another
    assert.equal((await cli("doubt", "job.job.mjs", "--mark-done", '"1"', "b", "--yes")).code, 0);
    const { done, inDoubt, damaged } = await status();
    assert.deepEqual({ done, inDoubt, damaged }, { done: 3, inDoubt: 0, damaged: false });
    assert.match(readFileSync(join(folder.path, "checkpoints/job.jsonl"), "utf8"), /"id":"b".*"by":"person"/);
    assert.equal((await cli("run", "job.job.mjs")).code, 0);
    assert.deepEqual(begun(), ["c"]);
    assert.match(
      (await cli("doubt", "job.job.mjs", "--mark-done-all", "--yes")).stdout,
      /Nothing is in doubt/,
    );
  });
});
