import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { childrenPathOf } from "../../src/runtime/store/children.js";
import { runCli } from "../support/cli.js";
import { fileText, processEnds } from "../support/files.js";
import { copyOfExample } from "../support/killedExample.js";
import { LiveRun } from "../support/liveRun.js";
import { needsPython, python } from "../support/terminal.js";

interface Snapshot {
  turn: number;
  state: { results: Record<string, { public: number; documented: number }> };
  completed_items: string[];
}

describe("examples/python-loop", () => {
  let folder: ReturnType<typeof copyOfExample>;
  let live: LiveRun | undefined;
  before(needsPython);
  beforeEach(() => {
    folder = copyOfExample("python-loop");
  });
  afterEach(() => {
    live?.dispose();
    live = undefined;
    folder.remove();
  });
  const checkpoint = () => join(folder.path, "checkpoints/coverage.ckpt");
  const snapshots = () =>
    readFileSync(checkpoint(), "utf8")
      .trim()
      .split("\n")
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as Snapshot];
        } catch {
          return []; // the torn one
        }
      });
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });

  /** Starts the job and waits until some items are done. Gives the program's pid. */
  async function startAndWait(): Promise<number> {
    mkdirSync(join(folder.path, "checkpoints")); // to be watched
    live = new LiveRun("coverage.job.json", { cwd: folder.path });
    const register = await fileText(childrenPathOf(checkpoint()), (text) => text.endsWith("\n"));
    const { children } = JSON.parse(register);
    await fileText(checkpoint(), (text) => text.split("\n").length > 10);
    return children[0].pid;
  }

  it("counts what is documented, and its results are seen by item", async () => {
    const { code, stderr } = await cli("run", "coverage.job.json");
    assert.equal(code, 0, stderr);
    const { stdout } = await cli("results", "coverage.job.json");
    const results = new Map(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
        .map(({ id, result }) => [id, result]),
    );
    assert.ok(results.size >= 100);
    const module = "textwrap.py";
    const script = `import ast, textwrap; print(sum(isinstance(n, (ast.ClassDef, ast.FunctionDef)) and n.name[0] != "_" for n in ast.walk(ast.parse(open(textwrap.__file__).read()))))`;
    const counted = Number(spawnSync(python!, ["-c", script], { encoding: "utf8" }).stdout);
    assert.equal(results.get(module).public, counted);
    const status = JSON.parse((await cli("status", "--json", "coverage.job.json")).stdout).jobs[0];
    assert.deepEqual([status.format, status.done], ["agent-resume", results.size]);
  });

  it("goes on where it was after a kill -9 in the middle, over a torn line, and does nothing twice", async () => {
    const program = await startAndWait();
    live!.send("SIGKILL");
    process.kill(program, "SIGKILL");
    await processEnds(program);
    const before = snapshots().at(-1)!.completed_items;
    appendFileSync(checkpoint(), '{"turn": 99, "state": {"resu');
    const { code, stdout, stderr } = await cli("run", "coverage.job.json");
    assert.equal(code, 0, stderr);
    const all = snapshots();
    const last = all.at(-1)!;
    const total = Number(/^(\d+) modules/.exec(stdout)?.[1]);
    assert.ok(before.length >= 9 && before.length < total, `killed at ${before.length} of ${total}`);
    assert.deepEqual(last.completed_items.slice(0, before.length), before);
    assert.deepEqual([last.completed_items.length, new Set(last.completed_items).size], [total, total]);
    assert.equal(last.turn, total);
    assert.equal(all.length, total, "a line an item, none of them twice");
    assert.equal(Object.keys(last.state.results).length, total);
  });

  it("finishes the module in hand where it is told to stop", async () => {
    await startAndWait();
    live!.send("SIGTERM");
    assert.equal((await live!.ended).code, 143);
    const { length } = snapshots();
    assert.ok(readFileSync(checkpoint(), "utf8").endsWith("\n"));
    const { stdout } = await cli("run", "coverage.job.json");
    assert.match(stdout, new RegExp(`${length} of them done before`));
  });
});
