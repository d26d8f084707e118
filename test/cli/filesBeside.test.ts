import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { applyRepair, clearCheckpoint, planRepairOf } from "../../src/runtime/repair.js";
import { ItemLog } from "../../src/runtime/runner/itemLog.js";
import { RunControl } from "../../src/runtime/runner/runControl.js";
import { requestStop } from "../../src/runtime/store/stopRequest.js";
import { runCli, scratchFolder } from "../support/cli.js";
import { gate, TestJob } from "../support/jobs.js";

const isWindows = process.platform === "win32";
const job = `module.exports = { items: ["a", "b"], process: (item, ctx) => { ctx.log("hello"); return item; } };`;
const done = '{"id":"a","ts":1748107200}\n';

const modes = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
  );

/** What may stand where a file is expected, and how it is put there. */
const intruders: Record<string, (path: string) => unknown> = {
  link: (path) => {
    writeFileSync(`${path}.target`, done);
    symlinkSync(`${path}.target`, path);
  },
  "dangling link": (path) => symlinkSync(`${path}.made-through-link`, path),
  FIFO: (path) => execFileSync("mkfifo", [path]),
  directory: (path) => mkdirSync(path),
  device: (path) => symlinkSync("/dev/zero", path),
  socket: (path) => new Promise<void>((resolve) => createServer().unref().listen(path, resolve)),
};

describe("files beside a checkpoint", () => {
  if (isWindows) return;
  let scratch: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    scratch = scratchFolder({ "n.job.cjs": job, "n.job.js": job });
    rmSync(join(scratch.path, "n.job.cjs"));
    mkdirSync(join(scratch.path, "checkpoints"));
  });
  afterEach(() => scratch.remove());
  const at = (name: string) => join(scratch.path, "checkpoints", name);

  for (const umask of ["022", "000"])
    it(`are for their owner alone from the first moment, under umask ${umask}`, () => {
      const cli = join(process.cwd(), "dist/cli.js");
      // The shell is the test's, for its umask; watching begins before there is anything.
      const watch = `umask ${umask}; exec "$0" "$@"`;
      const run = spawnSync("sh", ["-c", watch, process.execPath, cli, "run", "n.job.js"], {
        cwd: scratch.path,
        encoding: "utf8",
      });
      assert.equal(run.status, 0, run.stderr);
      assert.deepEqual(modes(at(".")), { "n.jsonl": "600", "n.jsonl.log": "600" });
    });

  it("are for their owner alone while a run is live: lock, stop request, log", async () => {
    const before = process.umask(0);
    const test = new TestJob();
    try {
      const begun = gate();
      const mayEnd = gate();
      const control = new RunControl();
      const running = test.run(
        {
          items: ["a"],
          process: async (_: unknown, ctx: { log(text: string): void }) => {
            ctx.log("line");
            begun.open();
            await mayEnd.passed;
          },
        },
        { control },
      );
      await begun.passed;
      await requestStop(test.checkpoint);
      const live = modes(join(test.folder, "checkpoints"));
      mayEnd.open();
      await running;
      for (const ending of ["", ".lock", ".log", ".stop"]) assert.equal(live[`test.jsonl${ending}`], "600");
    } finally {
      process.umask(before);
      test.remove();
    }
  });

  it("are for their owner alone where they are kept: backup, dropped bytes, events", async () => {
    const before = process.umask(0);
    try {
      assert.equal((await runCli(["run", "n.job.js"], { cwd: scratch.path })).code, 0);
      const lines = readFileSync(at("n.jsonl"), "utf8").split("\n");
      lines.splice(2, 0, '{"id":"x","ts":1,"c":"00000000"}');
      writeFileSync(at("n.jsonl"), lines.join("\n"));
      const { backup, dropped } = await applyRepair(await planRepairOf(at("n.jsonl")));
      assert.ok(backup && dropped);
      await clearCheckpoint(at("n.jsonl"));
      writeFileSync(at("n.jsonl"), done, { mode: 0o600 });
      assert.equal((await runCli(["run", "n.job.js"], { cwd: scratch.path })).code, 0);
      assert.ok(existsSync(at("n.jsonl.events")));
      for (const [name, mode] of Object.entries(modes(at(".")))) assert.equal(mode, "600", name);
    } finally {
      process.umask(before);
    }
  });

  for (const [what, put] of Object.entries(intruders))
    for (const ending of ["", ".lock", ".events"])
      it(`a ${what} in the place of C${ending} is refused in a sentence, by every command, at once`, async () => {
        const path = at(`n.jsonl${ending}`);
        if (ending === ".events") writeFileSync(at("n.jsonl"), done);
        await put(path);
        const commands = [
          ["run", "n.job.js"],
          ["status", "n.job.js"],
          ["clear", "--yes", "n.job.js"],
        ];
        if (what === "FIFO" || (ending === "" && what === "link"))
          commands.push(
            ...[
              ["results", "n.job.js"],
              ["repair", "--dry-run", "n.job.js"],
              ["failures", "n.job.js"],
            ],
            ...[
              ["plan", "n.job.js"],
              ["stop", "n.job.js"],
              ["status", "."],
            ],
          );
        const outcomes = await Promise.all(commands.map((args) => runCli(args, { cwd: scratch.path })));
        for (const [i, { code, stdout, stderr }] of outcomes.entries()) {
          const said = stdout + stderr;
          assert.notEqual(code, null, `${commands[i]}: ended by itself`);
          if (commands[i]![0] !== "run") continue;
          assert.equal(code, 2, said);
          assert.ok(said.includes(path), said);
        }
        assert.ok(!existsSync(`${path}.made-through-link`), "nothing was made through the link");
        if (what === "link") assert.equal(readFileSync(`${path}.target`, "utf8"), done);
      });

  for (const [what, put] of Object.entries(intruders))
    it(`a ${what} in the place of the log or the stop request does not stop, block or mislead a run`, async () => {
      await put(at("n.jsonl.log"));
      await put(at("n.jsonl.stop"));
      const { code, stderr } = await runCli(["run", "n.job.js"], { cwd: scratch.path });
      assert.equal(code, 0, stderr);
      for (const ending of [".log", ".stop"]) {
        assert.ok(!existsSync(`${at(`n.jsonl${ending}`)}.made-through-link`));
        if (what === "link") assert.equal(readFileSync(`${at(`n.jsonl${ending}`)}.target`, "utf8"), done);
      }
    });

  it("a log that others could read is closed to them", () => {
    writeFileSync(at("n.jsonl.log"), "", { mode: 0o644 });
    new ItemLog(at("n.jsonl.log")).write(null, "line");
    assert.equal(modes(at("."))["n.jsonl.log"], "600");
  });
});
