import assert from "node:assert/strict";
import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliPath, runCli, scratchFolder } from "../support/cli.js";
import { fileText } from "../support/files.js";
import { LiveRun } from "../support/liveRun.js";
import { python, Terminal } from "../support/terminal.js";

const job = `import { defineJob } from "agent-jobs";
import { existsSync, watch } from "node:fs";
const go = () => new Promise((resolve) => {
  const look = () => existsSync("go") && (watcher.close(), resolve());
  const watcher = watch(".", look);
  look();
});
export default defineJob({ items: ["a", "b"], async process(item) { if (process.env.HANG) await go(); return item; } });
`;

describe("a job that another run holds", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let live: LiveRun;
  beforeEach(async () => {
    folder = scratchFolder({ "job.job.mjs": job });
    live = new LiveRun("job.job.mjs", { cwd: folder.path, env: { HANG: "1" } });
    await live.saw("item-started");
  });
  afterEach(async () => {
    live.dispose();
    await live.ended;
    folder.remove();
  });
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const checkpoint = () => join(folder.path, "checkpoints/job.jsonl");
  const who = () => new RegExp(`held by pid ${live.pid} on .* since \\d{4}-.* ago\\)`);

  it("is refused with who holds it and what to do: run, repair, clear, compact, doubt", async () => {
    for (const args of [
      ["run"],
      ["clear", "--yes"],
      ["compact", "--yes"],
      ["doubt", "--mark-done-all", "--yes"],
    ]) {
      const [name, ...flags] = args as [string, ...string[]];
      const { code, stderr } = await cli(name, "job.job.mjs", ...flags);
      assert.equal(code, 4, name);
      assert.match(stderr, who());
      assert.match(stderr, /Stop that run \(agent-jobs stop .*--take-over/);
    }
  });

  it("is not taken over unasked: it shows who holds it, and exits with 5", async () => {
    const { code, stdout, stderr } = await cli("run", "job.job.mjs", "--take-over");
    assert.equal(code, 5);
    assert.match(stdout, who());
    assert.match(stderr, /--take-over --yes/);
    live.send("SIGINT");
    writeFileSync(join(folder.path, "go"), "");
    assert.equal((await live.ended).code, 130);
  });

  it("is taken over with --yes; the other run writes nothing more, and says who took it", async () => {
    const { code, stderr } = await cli("run", "job.job.mjs", "--take-over", "--yes");
    assert.equal(code, 0, stderr);
    const after = readFileSync(checkpoint());
    writeFileSync(join(folder.path, "go"), "");
    const { code: other, stderr: why } = await live.ended;
    assert.equal(other, 4);
    assert.match(why, /Lost the lock/);
    assert.deepEqual(readFileSync(checkpoint()), after);
  });

  it("is taken over on a terminal only after a yes", async function () {
    if (!python) return this.skip();
    for (const [answer, code] of [
      ["n", 5],
      ["y", 0],
    ] as const) {
      const command = [process.execPath, cliPath, "run", "job.job.mjs", "--take-over"];
      const terminal = new Terminal(command, { cwd: folder.path });
      terminal.type(`${answer}\n`);
      assert.equal(await terminal.ended, code, terminal.output);
      assert.match(terminal.output, who());
      assert.match(terminal.output, /Take over\? \[y\/N\]/);
      terminal.dispose();
    }
  });

  it("ends where its checkpoint is deleted or replaced under it, and acknowledges nothing that is lost", async () => {
    await fileText(checkpoint(), (text) => text.includes('"started"'));
    const text = readFileSync(checkpoint());
    unlinkSync(checkpoint());
    writeFileSync(checkpoint(), text);
    writeFileSync(join(folder.path, "go"), "");
    const { code, stderr } = await live.ended;
    assert.equal(code, 74, stderr);
    assert.match(stderr, /another file has taken its place/);
    assert.deepEqual(live.items("item-done"), []);
    assert.deepEqual(readFileSync(checkpoint()), text);
  });
});
