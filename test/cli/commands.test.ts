import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";

const fixtures = resolve("test/fixtures");
const shout = `import { defineJob } from "agent-jobs";
export default defineJob({
  items: "items.csv",
  params: { model: process.env.MODEL ?? "small" },
  concurrency: 2,
  retry: false,
  process(item, ctx) {
    if (item.id === process.env.FAIL) throw Object.assign(new Error("429 slow down"), { status: 429 });
    ctx.usage({ model: "m", inputTokens: 10, outputTokens: 2, usd: 0.01 });
    ctx.log("shouting", item.text);
    return { shout: item.text.toUpperCase(), n: Number(item.id) };
  },
});
`;
const items = "id,text\n1,one\n2,two\n3,three\n";

describe("the command line", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder({ "shout.job.mjs": shout, "items.csv": items });
  });
  afterEach(() => folder.remove());
  const cli = (args: string[], env: NodeJS.ProcessEnv = {}) => runCli(args, { cwd: folder.path, env });
  const status = async (...paths: string[]) =>
    JSON.parse((await cli(["status", "--json", ...paths])).stdout).jobs;
  const checkpoint = () => join(folder.path, "checkpoints/shout.jsonl");

  it("runs to the end, and does nothing the second time", async () => {
    const first = await cli(["run", "shout.job.mjs"]);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /Finished: 3 of 3 done, 3 in this run/);
    assert.match(first.stdout, /In all 30 tokens in, 6 out, \$0\.03/);
    const second = await cli(["run", "shout.job.mjs"]);
    assert.match(second.stdout, /3 done \(\$0\.03 .*not spent again\); 0 left/);
    assert.match(second.stdout, /0 in this run/);
    assert.equal(second.code, 0);
  });

  it("tries a failed item again in the next run, and says its cause until then", async () => {
    assert.equal((await cli(["run", "shout.job.mjs"], { FAIL: "2" })).code, 1);
    const failures = await cli(["failures", "shout.job.mjs"]);
    assert.match(failures.stdout, /rate-limit: 1 item\n {2}2 {2}429 slow down/);
    const [before] = await status("shout.job.mjs");
    assert.deepEqual(
      [before.state, before.done, before.failed, before.remaining],
      ["finished-with-failures", 2, 1, 0],
    );
    assert.equal((await cli(["run", "shout.job.mjs"])).code, 0);
    const [after] = await status("shout.job.mjs");
    assert.deepEqual([after.state, after.done, after.failed, after.usage.usd], ["finished", 3, 0, 0.03]);
  });

  it("prints events, a JSON object a line, from the first to the last", async () => {
    const { stdout } = await cli(["run", "shout.job.mjs", "--json"]);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      events.map(({ event }) => event).filter((event) => !event.startsWith("item")),
      ["run-started", "notice", "run-ended"],
    );
    const notices = events.filter(({ event }) => event === "notice").map(({ message }) => message);
    assert.match(notices.join("\n"), /^The checkpoint \S+ lies in [^\n]+ would be lost\. [^\n]+$/);
    assert.deepEqual(events.at(-1), {
      ...events.at(-1),
      reason: "finished",
      done: 3,
      failed: 0,
      total: 3,
      remaining: 0,
    });
    assert.equal(events.filter(({ event }) => event === "item-done").length, 3);
  });

  it("begins no more than --limit, and says that there is more", async () => {
    const outcome = await cli(["run", "shout.job.mjs", "--limit", "1"]);
    assert.equal(outcome.code, 75);
    assert.match(outcome.stdout, /Reached --limit: 1 of 3 done/);
    assert.match(outcome.stdout, /Go on: agent-jobs run shout\.job\.mjs/);
  });

  it("keeps a labelled run in a checkpoint of its own, under the job", async () => {
    await cli(["run", "shout.job.mjs"]);
    assert.equal((await cli(["run", "shout.job.mjs", "--as", "2026-W47", "--limit", "2"])).code, 75);
    assert.deepEqual(
      (await status("shout.job.mjs")).map(({ job, label, done }: Record<string, unknown>) => [
        job,
        label,
        done,
      ]),
      [
        ["shout", null, 3],
        ["shout", "2026-W47", 2],
      ],
    );
  });

  it("takes --items and --checkpoint relative to the working directory", async () => {
    const other = scratchFolder({ "few.jsonl": '{"id":"9","text":"nine"}\n' });
    try {
      const path = join(folder.path, "shout.job.mjs");
      const outcome = await runCli(["run", path, "--items", "few.jsonl", "--checkpoint", "mine.jsonl"], {
        cwd: other.path,
      });
      assert.equal(outcome.code, 0, outcome.stderr);
      const results = await runCli(["results", "mine.jsonl"], { cwd: other.path });
      assert.equal(results.stdout, '{"id":"9","result":{"shout":"NINE","n":9}}\n');
    } finally {
      other.remove();
    }
  });

  it("gives results as JSON lines and as CSV, with the input where asked", async () => {
    await cli(["run", "shout.job.mjs"]);
    const lines = (await cli(["results", "shout.job.mjs", "--with-input"])).stdout
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l));
    assert.deepEqual(
      lines.find(({ id }) => id === "2"),
      { id: "2", input: { id: "2", text: "two" }, result: { shout: "TWO", n: 2 } },
    );
    const csv = (await cli(["results", "checkpoints/shout.jsonl", "--format", "csv"])).stdout
      .trim()
      .split("\n");
    assert.deepEqual([csv[0], ...csv.slice(1).sort()], ["id,shout,n", "1,ONE,1", "2,TWO,2", "3,THREE,3"]);
  });

  it("plans without doing: new, failed, gone and changed items, and changed parameters", async () => {
    await cli(["run", "shout.job.mjs"], { FAIL: "2" });
    writeFileSync(join(folder.path, "items.csv"), "id,text\n2,two\n3,other\n4,four\n");
    const { stdout, code } = await cli(["plan", "shout.job.mjs", "--json"], { MODEL: "large" });
    assert.equal(code, 0);
    const plan = JSON.parse(stdout);
    const params = [{ name: "model", before: "small", after: "large" }];
    const changed = { items: 1, itemIds: ["3"], params, sources: [], stages: false };
    assert.deepEqual(
      [plan.total, plan.done, plan.new, plan.failed, plan.inDoubt, plan.gone, plan.toRun, plan.changed],
      [3, 1, 1, 1, 0, 1, 2, changed],
    );
    assert.equal((await status("shout.job.mjs"))[0].done, 2);
  });

  it("never mixes results of changed parameters unasked: exit 5, --changed keep, --changed redo", async () => {
    await cli(["run", "shout.job.mjs", "--limit", "2"]);
    const asked = await cli(["run", "shout.job.mjs"], { MODEL: "large" });
    assert.equal(asked.code, 5);
    assert.match(asked.stderr, /model changed: "small" → "large".*--changed keep/);
    assert.equal((await status("shout.job.mjs"))[0].done, 2);
    assert.match(
      (await cli(["run", "shout.job.mjs", "--changed", "keep"], { MODEL: "large" })).stdout,
      /1 in this run/,
    );
    const redone = await cli(["run", "shout.job.mjs", "--changed", "redo"], { MODEL: "huge" });
    assert.match(redone.stdout, /old results are kept as .*bak-[\s\S]*3 in this run/);
  });

  it("counts an item that left the input as gone, and as done again once it is back", async () => {
    await cli(["run", "shout.job.mjs"]);
    writeFileSync(join(folder.path, "items.csv"), "id,text\n1,one\n2,two\n");
    await cli(["run", "shout.job.mjs"]);
    const [without] = await status("shout.job.mjs");
    assert.deepEqual([without.total, without.done, without.gone, without.state], [2, 2, 1, "finished"]);
    writeFileSync(join(folder.path, "items.csv"), items);
    assert.match((await cli(["run", "shout.job.mjs"])).stdout, /0 in this run/);
    const [back] = await status("shout.job.mjs");
    assert.deepEqual([back.total, back.done, back.gone], [3, 3, 0]);
  });

  it("repairs damage after saying what it does, keeps the original, and brings it back", async () => {
    await cli(["run", "shout.job.mjs"]);
    const damaged = readFileSync(checkpoint(), "utf8").replace('"shout":"TWO"', '"shout":"TWÖ"');
    writeFileSync(checkpoint(), damaged);
    assert.match((await cli(["results", "shout.job.mjs"])).stderr, /shout\.jsonl is damaged: .*missing/);
    const dry = await cli(["repair", "shout.job.mjs", "--dry-run"]);
    assert.equal(dry.code, 3);
    assert.match(dry.stdout, /line \d+ +The record's bytes changed after it was written/);
    assert.equal(readFileSync(checkpoint(), "utf8"), damaged);
    const repaired = await cli(["repair", "shout.job.mjs", "--yes"]);
    assert.equal(repaired.code, 0, repaired.stderr);
    const [view] = await status("shout.job.mjs");
    assert.deepEqual([view.damaged, view.done], [false, 2]);
    const dropped = readdirSync(join(folder.path, "checkpoints")).find((name) => name.includes(".dropped-"));
    assert.match(readFileSync(join(folder.path, "checkpoints", dropped!), "utf8"), /^\{.*TWÖ.*\}\n$/);
    assert.match((await cli(["repair", "shout.job.mjs", "--yes"])).stdout, /Nothing to repair/);
    assert.equal((await cli(["repair", "shout.job.mjs", "--undo"])).code, 0);
    assert.equal(readFileSync(checkpoint(), "utf8"), damaged);
  });

  it("does not promise that a repair loses nothing where a changed line reads as another item that is done", async () => {
    await cli(["run", "shout.job.mjs"]);
    writeFileSync(checkpoint(), readFileSync(checkpoint(), "utf8").replace('{"id":"2"', '{"id":"3"'));
    const { stdout } = await cli(["repair", "shout.job.mjs", "--dry-run"]);
    assert.match(stdout, /it reads as 3, which another line stands for.*again: up to 1 item/s);
    const [plan] = JSON.parse((await cli(["repair", "shout.job.mjs", "--dry-run", "--json"])).stdout).plans;
    assert.deepEqual([plan.unreadableLines, plan.mayHaveHeld, plan.redo.items], [1, [], 1]);
    assert.deepEqual(plan.lines[0].readsAs, ["3"]);
  });

  it("clears into a backup after --yes, and the next run starts afresh", async () => {
    await cli(["run", "shout.job.mjs"]);
    const outcome = await cli(["clear", "shout.job.mjs", "--yes"]);
    assert.match(outcome.stdout, /would do 3 finished items \(\$0\.03/);
    assert.equal(existsSync(checkpoint()), false);
    assert.equal((await status("shout.job.mjs"))[0].state, "empty");
    assert.match((await cli(["run", "shout.job.mjs"])).stdout, /3 in this run/);
  });

  it("has nothing to clear or to undo where a job never ran, not even a folder for its checkpoint, and asks nobody", async () => {
    const cleared = await cli(["clear", "shout.job.mjs"]);
    assert.deepEqual([cleared.code, cleared.stdout.trim()], [0, "There was no checkpoint."]);
    assert.match(
      (await cli(["clear", "shout.job.mjs", "--undo"])).stderr,
      /There is nothing to undo: no backup/,
    );
    assert.equal(existsSync(dirname(checkpoint())), false);
  });

  it("says how every file of the real systems stands, all in one call, and throws for none", async () => {
    const paths = readdirSync(fixtures, { recursive: true, encoding: "utf8" })
      .map((name) => join(fixtures, name))
      .filter((path) => statSync(path).isFile());
    const jobs = await status(...paths);
    assert.equal(jobs.length, paths.length);
    const done = (name: string) => jobs.find((j: { checkpoint: string }) => j.checkpoint.includes(name));
    assert.equal(done("article/a1-").done, 847);
    assert.equal(done("agent-resume-py/02-").done, 5);
    assert.deepEqual([done("article/a3-").done, done("article/a3-").tornTail], [5, true]);
    assert.equal(done("agent-resume-py/08-").done, 2);
    assert.equal(done("article/a1-").state, "stopped");
    assert.equal(done("synapse/option2").state, "unreadable");
  });

  it("finds the jobs of a folder: job files, their checkpoints, and checkpoints alone, but no model weights", async () => {
    await cli(["run", "shout.job.mjs"]);
    mkdirSync(join(folder.path, "old/checkpoints"), { recursive: true });
    copyFileSync(
      join(fixtures, "article/a1-half-847-of-1000.jsonl"),
      join(folder.path, "old/checkpoints/batch.jsonl"),
    );
    writeFileSync(
      join(folder.path, "old/checkpoints/weights.ckpt"),
      Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 1, 2, 255]),
    );
    assert.deepEqual(
      (await status(".")).map(({ job, done }: Record<string, unknown>) => [job, done]).sort(),
      [
        ["batch", 847],
        ["shout", 3],
      ],
    );
  });

  it("writes a job's log lines with their item's id, and lets nobody else read the checkpoint", async () => {
    await cli(["run", "shout.job.mjs"]);
    assert.match(readFileSync(`${checkpoint()}.log`, "utf8"), /^\S+ \[2\] shouting two$/m);
    assert.equal(statSync(checkpoint()).mode & 0o777, 0o600);
    assert.equal(readFileSync(join(folder.path, "checkpoints/.gitignore"), "utf8"), "*\n");
  });

  it("has help for every command", async () => {
    for (const name of [
      "run",
      "attach",
      "stop",
      "plan",
      "status",
      "failures",
      "results",
      "report",
      "repair",
      "clear",
      "compact",
      "merge",
      "migrate",
      "doubt",
    ]) {
      const { stdout, code } = await cli([name, "--help"]);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`Usage: agent-jobs ${name} `));
    }
  });
});
