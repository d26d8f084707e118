import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readResults } from "../../src/runtime/results.js";
import { type CliOutcome, runCli, scratchFolder } from "../support/cli.js";
import { fileText, isRunning, processEnds } from "../support/files.js";
import { LiveRun } from "../support/liveRun.js";
import { needsPython, python } from "../support/terminal.js";

const prelude = `
import json, os, sys
def answer(**reply): print(json.dumps(reply), flush=True)
hello = json.loads(sys.stdin.readline())
assert hello["type"] == "hello" and hello["protocol"] == 1, hello
messages = (json.loads(line) for line in sys.stdin)
`;

describe("workers", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let live: LiveRun | undefined;
  before(needsPython);
  beforeEach(() => {
    folder = scratchFolder();
  });
  afterEach(() => {
    live?.dispose();
    live = undefined;
    folder.remove();
  });
  const path = (name: string) => join(folder.path, name);
  const log = () => readFileSync(path("checkpoints/w.jsonl.log"), "utf8");

  /** A job `w` with a Python worker of these lines. */
  function define(worker: string, definition: object): void {
    writeFileSync(path("w.py"), prelude + worker);
    writeFileSync(path("w.job.json"), JSON.stringify({ worker: ["${python}", "w.py"], ...definition }));
  }
  const run = (env: NodeJS.ProcessEnv = {}): Promise<CliOutcome> =>
    runCli(["run", "w.job.json"], { cwd: folder.path, env });
  async function results(): Promise<Record<string, unknown>> {
    const found: Record<string, unknown> = {};
    for await (const { item, result } of readResults(path("checkpoints/w.jsonl"))) found[item] = result;
    return found;
  }
  async function failures(): Promise<Record<string, { cause: string; message: string }>> {
    const { stdout } = await runCli(["failures", "--json", "w.job.json"], { cwd: folder.path });
    const { failures: list } = JSON.parse(stdout);
    return Object.fromEntries(list.map((failure: { item: string }) => [failure.item, failure]));
  }

  it("may reply in any order, and each reply is its own item's", async () => {
    define(
      `
batch = []
for m in messages:
    batch.append(m)
    if len(batch) == 4:
        for b in reversed(batch): answer(id=b["id"], result=b["item"]["n"] * 2, usage={"input_tokens": 10, "usd": 0.5})
        batch = []
`,
      { items: Array.from({ length: 8 }, (_, n) => ({ id: `i${n}`, n })), concurrency: 4 },
    );
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    const expected = Array.from({ length: 8 }, (_, n) => [`"i${n}"`, n * 2]);
    assert.deepEqual(Object.entries(await results()).sort(), expected);
    const { stdout } = await runCli(["status", "--json", "w.job.json"], { cwd: folder.path });
    assert.deepEqual(JSON.parse(stdout).jobs[0].usage, { inputTokens: 80, outputTokens: null, usd: 4 });
  });

  it("may fail an item with a cause, null and empty results are results", async () => {
    define(
      `
for m in messages:
    if m["item"] == "limited": answer(id=m["id"], error={"message": "slow down", "cause": "rate-limit"})
    elif m["item"] == "text": answer(id=m["id"], error="just a text")
    elif m["item"] == "odd": answer(id=m["id"], error={"cause": "No Such Cause!"})
    elif m["item"] == "null": answer(id=m["id"], result=None)
    elif m["item"] == "both": answer(id=m["id"], result={}, error=None)
    else: answer(id=m["id"], result=m["attempt"])
`,
      { items: ["limited", "text", "odd", "null", "both", "fine"], concurrency: 3, retry: false },
    );
    assert.equal((await run()).code, 1);
    const failed = await failures();
    assert.deepEqual(
      Object.entries(failed)
        .map(([item, { cause }]) => [item, cause])
        .sort(),
      [
        ["limited", "rate-limit"],
        ["odd", "other"],
        ["text", "other"],
      ],
    );
    assert.equal(failed.limited?.message, "slow down");
    assert.equal(failed.text?.message, "just a text");
    assert.deepEqual(await results(), { '"null"': null, '"both"': {}, '"fine"': 1 });
  });

  it("have their standard error, and lines that are no replies, in the log", async () => {
    define(
      `
print("loading the model", flush=True)
print(json.dumps({"progress": 1}), flush=True)
print("a warning", file=sys.stderr, flush=True)
for m in messages:
    answer(id="nobody", result=1)
    answer(id=m["id"], result=1)
    sys.stdout.write("no newline at the end"); sys.stdout.flush()
`,
      { items: ["a"] },
    );
    assert.equal((await run()).code, 0);
    for (const line of [
      "loading the model",
      '{"progress": 1}',
      "a warning",
      '"nobody"',
      "no newline at the end",
    ])
      assert.ok(log().includes(line), line);
    assert.deepEqual(await results(), { '"a"': 1 });
  });

  it("have what they write to standard error beside an item's reply in the log under its id", async () => {
    define(
      `
for m in messages:
    print("about", m["item"], file=sys.stderr, flush=True)
    answer(id=m["id"], result=1)
`,
      { items: ["a", "b", "c", "d"], workers: 2, concurrency: 2, retry: false },
    );
    assert.equal((await run()).code, 0);
    const lines = log().trimEnd().split("\n");
    for (const item of ["a", "b", "c", "d"])
      assert.ok(
        lines.some((line) => line.endsWith(` [${item}] about ${item}`)),
        log(),
      );
  });

  it("that die take the items they had in hand with them, and others go on in a new one", async () => {
    define(
      `
for m in messages:
    if m["item"] == "poison" and m["attempt"] == 1: os.abort() if hasattr(os, "abort") else sys.exit(3)
    answer(id=m["id"], result=os.getpid())
`,
      { items: ["a", "poison", "b", "c"], retry: false },
    );
    const { code } = await run();
    assert.equal(code, 1);
    const failed = await failures();
    assert.equal(failed.poison?.cause, "worker-died");
    assert.match(failed.poison!.message, /SIGABRT|exit code/);
    const pids = Object.values(await results());
    assert.deepEqual([pids.length, new Set(pids).size], [3, 2]);
    assert.equal((await run()).code, 0, "the next run tries it again");
  });

  it("that end each time without an answer end the run with one clear error and exit code 2", async () => {
    define("sys.exit('no licence')", {
      items: Array.from({ length: 50 }, (_, n) => `i${n}`),
      concurrency: 2,
    });
    const { code, stderr } = await run();
    assert.equal(code, 2);
    assert.match(stderr, /worker .* ended \d+ times in a row without an answer.*w\.jsonl\.log/);
    assert.ok(log().includes("no licence"));
    assert.ok(Object.keys(await failures()).length < 20);
  });

  it("that cannot be started end the run with exit code 2", async () => {
    writeFileSync(path("w.job.json"), JSON.stringify({ worker: ["./no-such-program"], items: ["a", "b"] }));
    const { code, stderr } = await run();
    assert.equal(code, 2);
    assert.match(stderr, /no-such-program.*could not be started/);
  });

  it("get integers above 2^53 with all their digits, and give them back", async () => {
    define('for m in messages: answer(id=m["id"], result=str(m["item"]["id"] + m["item"]["more"][0]))', {});
    const items =
      '[{"id":9007199254740993,"more":[18446744073709551617]},{"id":-9007199254740995,"more":[1]}]';
    const definition = readFileSync(path("w.job.json"), "utf8");
    writeFileSync(path("w.job.json"), definition.replace(/}$/, `,"items":${items}}`));
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    assert.deepEqual(await results(), {
      "9007199254740993": "18455751272964292610",
      "-9007199254740995": "-9007199254740994",
    });
  });

  it("are as many as the job asks for, and share the items", async () => {
    define(
      `
import time
for m in messages:
    open(f"worker-{os.getpid()}", "w").close()
    # Answers only once the other one has an item as well.
    while len([n for n in os.listdir(".") if n.startswith("worker-")]) < 2: time.sleep(0.01)
    answer(id=m["id"], result=os.getpid())
`,
      { items: ["a", "b", "c", "d", "e", "f"], concurrency: 4, workers: 2 },
    );
    assert.equal((await run()).code, 0);
    assert.equal(new Set(Object.values(await results())).size, 2);
  });

  it("run in the job file's folder, with its envFile, by the interpreter that was chosen", async () => {
    define(
      'for m in messages: answer(id=m["id"], result=[os.environ["GREETING"], os.path.realpath(os.getcwd()), os.environ.get("VIA")])',
      { items: ["a"], envFile: ".env" },
    );
    writeFileSync(path(".env"), "GREETING='hello there'\n");
    writeFileSync(path("mypython"), `#!/bin/sh\nVIA=mine exec ${python} "$@"\n`, { mode: 0o755 });
    const { code, stderr } = await runCli(["run", path("w.job.json")], {
      cwd: "/",
      env: { AGENT_JOBS_PYTHON: path("mypython") },
    });
    assert.equal(code, 0, stderr);
    const [greeting, cwd, via] = (await results())['"a"'] as string[];
    assert.deepEqual([greeting, via], ["hello there", "mine"]);
    assert.ok(cwd!.endsWith(folder.path.split("/").at(-1)!));
    writeFileSync(path("w.job.json"), readFileSync(path("w.job.json"), "utf8").replace(".env", "none.env"));
    assert.match((await run()).stderr, /none\.env/);
  });

  it("may be shell scripts", async () => {
    writeFileSync(
      path("w.sh"),
      `read -r hello
while read -r line; do
  id=$(printf '%s' "$line" | sed 's/.*"id":\\("[^"]*"\\).*/\\1/')
  printf '{"id":%s,"result":%s}\\n' "$id" "$(printf '%s' "$line" | wc -c)"
done
`,
    );
    writeFileSync(
      path("w.job.json"),
      JSON.stringify({ worker: ["sh", "w.sh"], items: ["a", "bb"], concurrency: 2 }),
    );
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    const { '"a"': a, '"bb"': b } = (await results()) as Record<string, number>;
    assert.equal(b! - a!, 2);
  });

  it("end although something that they started keeps their output open", async () => {
    define('import subprocess\nsubprocess.Popen(["sleep", "600"])\nfor m in messages: os._exit(3)', {
      items: ["a"],
      retry: false,
    });
    assert.equal((await run()).code, 1);
    assert.equal((await failures()).a?.cause, "worker-died");
  });

  it("end with a run that is killed by SIGKILL", async () => {
    define(
      `
for m in messages:
    with open("pid", "w") as f: f.write(f"{os.getpid()}\\n")
    if m["item"] == "a": answer(id="a", result=1)
`,
      { items: ["a", "b"] },
    );
    live = new LiveRun("w.job.json", { cwd: folder.path });
    await live.saw("item-started", 2);
    const worker = Number(await fileText(path("pid"), (text) => text.endsWith("\n")));
    assert.ok(isRunning(worker));
    live.send("SIGKILL");
    await live.ended;
    await processEnds(worker);
    assert.ok(existsSync(path("checkpoints/w.jsonl")));
  });
});
