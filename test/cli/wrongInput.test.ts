import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type CliOutcome, cliPath, runCli, scratchFolder } from "../support/cli.js";

const job = (body: string) => `import { defineJob } from "agent-jobs";\nexport default defineJob(${body});\n`;
const simple = job(`{ items: ["a", "b", "c"], process: (item) => item.toUpperCase() }`);

/** One sentence on standard error that names what is wrong, and no stack. */
function assertSays(outcome: CliOutcome, code: number, ...words: RegExp[]): void {
  assert.equal(outcome.code, code, outcome.stderr + outcome.stdout);
  assert.match(outcome.stderr, /^(agent-jobs|error): /m);
  assert.doesNotMatch(outcome.stderr, /\n\s+at /);
  for (const word of words) assert.match(outcome.stderr, word);
}

describe("wrong input gets one clear sentence, its exit code, and loses nothing", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder({ "good.job.mjs": simple });
  });
  afterEach(() => folder.remove());
  const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text);
  const run = (...args: string[]) => runCli(["run", ...args], { cwd: folder.path });

  it("a missing job file", async () => {
    assertSays(await run("nope.job.ts"), 2, /no job file .*nope\.job\.ts/i);
  });

  it("a job file that is a directory", async () => {
    mkdirSync(join(folder.path, "d.job.ts"));
    assertSays(await run("d.job.ts"), 2, /directory/);
  });

  it("a job file with a syntax error", async () => {
    write("broken.job.ts", "export default {");
    assertSays(await run("broken.job.ts"), 2, /Cannot load .*broken\.job\.ts/);
  });

  it("a job that throws while it loads", async () => {
    write("throws.job.mjs", "\n\nthrow new Error('no key in the environment');");
    assertSays(await run("throws.job.mjs"), 2, /no key in the environment/, /line 3/);
  });

  it("a job file without a default export", async () => {
    write("none.job.mjs", "export const x = 1;");
    assertSays(await run("none.job.mjs"), 2, /exports no job/);
  });

  it("a job without `process`", async () => {
    write("idle.job.mjs", job(`{ items: ["a"] }`));
    assertSays(await run("idle.job.mjs"), 2, /has no `process`/);
  });

  it("a job without items", async () => {
    write("void.job.mjs", job("{ process() {} }"));
    assertSays(await run("void.job.mjs"), 2, /has no `items`/);
  });

  it("a member of the wrong type, naming what was expected and what came", async () => {
    write("zero.job.mjs", job(`{ items: ["a"], concurrency: 0, process() {} }`));
    assertSays(
      await run("zero.job.mjs"),
      2,
      /expected `concurrency` to be an integer of at least 1, got `0`/,
    );
  });

  it("a member that no job has", async () => {
    write("typo.job.mjs", job(`{ items: ["a"], concurency: 2, process() {} }`));
    assertSays(await run("typo.job.mjs"), 2, /`concurency`/, /concurrency/);
  });

  it("two job files that would share a checkpoint, naming both", async () => {
    write("twin.job.mjs", simple);
    write("twin.job.json", `{"items":["a"],"worker":["cat"]}`);
    assertSays(await run("twin.job.mjs"), 2, /twin\.job\.json and twin\.job\.mjs/);
  });

  it("duplicate ids, naming them", async () => {
    write("twice.job.mjs", job(`{ items: [{ id: "x" }, { id: "y" }, { id: "x" }], process() {} }`));
    assertSays(await run("twice.job.mjs"), 2, /"x"/);
    assert.equal(existsSync(join(folder.path, "checkpoints")), false);
  });

  it("items without an id", async () => {
    write("anon.job.mjs", job(`{ items: [{ name: "x" }], process() {} }`));
    assertSays(await run("anon.job.mjs"), 2, /Item 1 .* no usable id/, /`key`/);
  });

  it("an items file that does not exist", async () => {
    write("far.job.mjs", job(`{ items: "gone.jsonl", process() {} }`));
    assertSays(await run("far.job.mjs"), 2, /no items file .*gone\.jsonl/);
  });

  it("an items file with a broken line, naming the line", async () => {
    write("items.jsonl", `{"id":1}\n{"id":\n`);
    write("bad.job.mjs", job(`{ items: "items.jsonl", process() {} }`));
    assertSays(await run("bad.job.mjs"), 2, /items\.jsonl, line 2/);
  });

  it("a glob that matches nothing", async () => {
    write("empty.job.mjs", job(`{ items: "nothing/*.md", process() {} }`));
    assertSays(await run("empty.job.mjs"), 2, /no file matches "nothing\/\*\.md"/);
  });

  it("a result that is no JSON fails its item as bad-reply, and no other", async () => {
    write("bad.job.mjs", job(`{ items: ["a", "b"], process: (item) => (item === "a" ? { f() {} } : 1) }`));
    const outcome = await run("bad.job.mjs");
    assert.equal(outcome.code, 1, outcome.stderr);
    const failures = await runCli(["failures", "bad.job.mjs", "--json"], { cwd: folder.path });
    const [failure] = JSON.parse(failures.stdout).failures;
    assert.deepEqual([failure.item, failure.cause], ["a", "bad-reply"]);
    assert.match(failure.message, /`result\.f` is a function/);
  });

  it("a checkpoint that is a directory", async () => {
    mkdirSync(join(folder.path, "checkpoints/good.jsonl"), { recursive: true });
    assertSays(await run("good.job.mjs"), 2, /good\.jsonl.*directory/);
  });

  it("a checkpoint of another job", async () => {
    await run("good.job.mjs");
    write("other.job.mjs", simple);
    assertSays(await run("other.job.mjs", "--checkpoint", "checkpoints/good.jsonl"), 2, /belongs to "good"/);
  });

  it("a checkpoint that is none", async () => {
    mkdirSync(join(folder.path, "checkpoints"));
    write("checkpoints/good.jsonl", "some notes\nof mine\n");
    assertSays(await run("good.job.mjs"), 2, /no checkpoint of a known format/);
    assert.equal(readFileSync(join(folder.path, "checkpoints/good.jsonl"), "utf8"), "some notes\nof mine\n");
  });

  it("a damaged checkpoint stops a run with 3 until it is repaired, or told to continue", async () => {
    await run("good.job.mjs");
    const path = join(folder.path, "checkpoints/good.jsonl");
    const damaged = readFileSync(path, "utf8").replace('"result":"B"', '"result":"X"');
    writeFileSync(path, damaged);
    assertSays(await run("good.job.mjs"), 3, /damaged line/, /repair/);
    assert.equal(readFileSync(path, "utf8"), damaged);
    assert.equal((await run("good.job.mjs", "--on-damage", "continue")).code, 0);
  });

  it("a second start of a live job, naming who holds it", async () => {
    write(
      "slow.job.mjs",
      job(
        `{ items: ["a"], process: (_, ctx) => new Promise((done) => ctx.signal.addEventListener("abort", done)) }`,
      ),
    );
    const first = spawn(process.execPath, [cliPath, "run", "slow.job.mjs", "--json"], {
      cwd: folder.path,
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      for await (const line of createInterface({ input: first.stdout }))
        if (line.includes("item-started")) break;
      assertSays(await run("slow.job.mjs"), 4, new RegExp(`pid ${first.pid}`));
      const clear = await runCli(["clear", "slow.job.mjs", "--yes"], { cwd: folder.path });
      assertSays(clear, 4, new RegExp(`pid ${first.pid}`));
    } finally {
      first.kill("SIGKILL");
      await once(first, "exit");
    }
  });

  it("a question that nobody can answer", async () => {
    await run("good.job.mjs");
    assertSays(await runCli(["clear", "good.job.mjs"], { cwd: folder.path }), 5, /--yes/);
    assert.ok(existsSync(join(folder.path, "checkpoints/good.jsonl")));
  });

  it("an option that is none", async () => {
    assertSays(await run("good.job.mjs", "--frobnicate"), 2, /--frobnicate/);
    assertSays(await run("good.job.mjs", "--concurrency", "none"), 2, /integer of at least 1/);
    assertSays(await run("good.job.mjs", "--as", "../../x"), 2, /letters, digits/);
  });

  it("status of a path where nothing is", async () => {
    const outcome = await runCli(["status", "nope.jsonl", "--json"], { cwd: folder.path });
    assert.equal(outcome.code, 2);
    assert.match(JSON.parse(outcome.stdout).jobs[0].error, /There is no file/);
  });
});

describe("a disk that refuses", () => {
  const isRoot = process.getuid?.() === 0 && process.platform === "linux";
  let folder: ReturnType<typeof scratchFolder>;
  let mounted = false;
  before(function () {
    if (!isRoot) this.skip(); // a mount needs root
    folder = scratchFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", folder.path]);
    mounted = true;
  });
  after(() => {
    if (mounted) execFileSync("umount", [folder.path]);
    folder?.remove();
  });

  it("that is full ends the run with 74, keeps what was acknowledged, and goes on once there is space", async () => {
    writeFileSync(
      join(folder.path, "big.job.mjs"),
      job(
        `{ items: Array.from({ length: 60 }, (_, i) => "item-" + i), process: (item) => item.repeat(1000) }`,
      ),
    );
    const full = await runCli(["run", "big.job.mjs", "--json"], { cwd: folder.path });
    assertSays(full, 74, /ENOSPC/, /Nothing that was acknowledged is lost/);
    const events = full.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const acknowledged = events.filter((event) => event.event === "item-done").map((event) => event.item);
    assert.ok(acknowledged.length > 0 && acknowledged.length < 60);
    execFileSync("mount", ["-o", "remount,size=4m", folder.path]);
    const again = await runCli(["run", "big.job.mjs", "--json"], { cwd: folder.path });
    assert.equal(again.code, 0, again.stderr);
    const begun = again.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter((e) => e.event === "item-started");
    for (const item of acknowledged)
      assert.ok(!begun.some((event) => event.item === item), `${item} was done again`);
    const status = await runCli(["status", "big.job.mjs", "--json"], { cwd: folder.path });
    const [view] = JSON.parse(status.stdout).jobs;
    assert.deepEqual([view.state, view.done, view.damaged], ["finished", 60, false]);
  });

  it("that is read-only ends the run with 74 before anything is done", async () => {
    writeFileSync(join(folder.path, "ro.job.mjs"), simple);
    execFileSync("mount", ["-o", "remount,ro", folder.path]);
    try {
      assertSays(
        await runCli(["run", "ro.job.mjs"], { cwd: folder.path }),
        74,
        /Cannot create/,
        /writable|another checkpoint/,
      );
    } finally {
      execFileSync("mount", ["-o", "remount,rw", folder.path]);
    }
  });
});
