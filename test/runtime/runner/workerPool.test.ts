import assert from "node:assert/strict";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { AgentJobsError } from "../../../src/runtime/errors.js";
import { fileText, isRunning, processEnds } from "../../support/files.js";
import { python } from "../../support/terminal.js";
import { attempt, failed, type Outcome, PoolTest } from "../../support/workers.js";

describe("a pool of workers", () => {
  let test: PoolTest;
  before(function () {
    if (!python) this.skip();
  });
  beforeEach(() => {
    test = new PoolTest();
  });
  afterEach(() => test.remove());

  const codeOf = (error: unknown) => (error instanceof AgentJobsError ? error.code : error);
  const pidIn = async (name: string) =>
    Number(await fileText(test.path(name), (text) => text.endsWith("\n")));

  describe("where a worker dies", () => {
    it("fails the items that it had in hand as worker-died, with its exit code and its last words", async () => {
      test.python(`
two = [next(messages), next(messages)]
print("loading\\n\\nValueError: no such model, api_key=sk-ant-api03-0123456789abcdef", file=sys.stderr)
sys.exit(3)
`);
      for (const outcome of await Promise.all([test.run("a"), test.run("b")])) {
        const { cause, message } = failed(outcome);
        assert.equal(cause, "worker-died");
        assert.match(message, /exit code 3/);
        assert.match(message, /ValueError: no such model/);
        assert.ok(!message.includes("0123456789abcdef"), message);
      }
    });

    it("keeps its last words short, and the lines of a private key out of them", async () => {
      test.python(`
next(messages)
key = "\\n".join(["-----BEGIN PRIVATE KEY-----", *["QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo" + str(i) for i in range(20)]])
print("x" * 100000 + "\\n" + key, file=sys.stderr)
os.kill(os.getpid(), signal.SIGSEGV)
`);
      const { message } = failed(await test.run("a"));
      assert.match(message, /SIGSEGV/);
      assert.ok(!message.includes("QUJDREVG"), message);
      assert.ok(message.length < 1500, `${message.length}`);
    });

    it("says so of one that ends with exit code 0 before it answered", async () => {
      test.python("next(messages)");
      const { cause, message } = failed(await test.run("a"));
      assert.equal(cause, "worker-died");
      assert.match(message, /exit code 0/);
    });

    it("replaces it: at once where it had answered, else after a delay that doubles", async () => {
      test.python(
        `
with open("starts", "a") as f: f.write(f"{time.monotonic()}\\n")
for m in messages:
    if m["item"] == "die": sys.exit(1)
    answer(id=m["id"], result=os.getpid())
`,
        {},
        { restartDelayMs: 300 },
      );
      const first = await test.run("a");
      for (const id of ["x", "y", "z"]) failed(await test.run(id, { item: "die" }));
      const last = await test.run("b");
      assert.ok("result" in first && "result" in last && first.result !== last.result);
      const starts = readFileSync(test.path("starts"), "utf8").trim().split("\n").map(Number);
      const gaps = starts.slice(1).map((at, i) => (at - starts[i]!) * 1000);
      assert.equal(gaps.length, 3);
      assert.ok(gaps[1]! >= 300 && gaps[2]! >= 600, `${gaps}`);
    });

    it("ends the run with one error once it has ended five times in a row without an answer", async () => {
      test.python('sys.exit("no licence")', {}, { restartDelayMs: 1 });
      for (let i = 0; i < 5; i++) assert.equal(failed(await test.run(i)).cause, "worker-died");
      const { error, message } = failed(await test.run("last"));
      assert.equal(codeOf(error), "AJ_WORKER");
      assert.match(message, /5 times/);
      assert.match(message, /no licence/);
    });

    it("lets go of items that wait for the next start, where their run ends or their time is up", async () => {
      test.python("sys.exit(1)", {}, { restartDelayMs: 600_000 });
      failed(await test.run("a"));
      const [limit, end] = [attempt(), attempt()];
      const waiting = [limit, end].map(({ signal }, i) => test.run(i, { signal }));
      const closed = test.run("closed");
      limit.timeOut();
      assert.equal(failed(await waiting[0]!).cause, "timeout");
      end.abort();
      assert.equal((failed(await waiting[1]!).error as Error).name, "AbortError");
      await test.close();
      assert.equal(codeOf(failed(await closed).error), "AJ_CLOSED");
    });

    it("goes on with the others where one place's workers end each time", async () => {
      test.python(
        `
try: open("the-one-that-fits", "x").close()
except FileExistsError: sys.exit("out of memory")
for m in messages:
    if m["item"] == "hold": await_file("go")
    answer(id=m["id"], result="done")
`,
        { workers: 2 },
        { restartDelayMs: 1 },
      );
      const held = test.run("held", { item: "hold" });
      await fileText(test.path("the-one-that-fits"));
      const outcomes: Promise<Outcome>[] = [];
      // While the second place pauses, an item goes to the worker that holds one: only the log tells of the end.
      while (!test.log.includes("Goes on with 1 of 2 workers")) {
        outcomes.push(test.run(outcomes.length));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const after = test.run("after");
      writeFileSync(test.path("go"), "");
      assert.deepEqual([await held, await after], [{ result: "done" }, { result: "done" }]);
      const died = (await Promise.all(outcomes)).filter((outcome) => "message" in outcome).map(failed);
      assert.equal(test.log.match(/ended with exit code 1\. It last wrote/g)?.length, 5);
      assert.ok(died.length >= 5);
      for (const { cause, message } of died) {
        assert.equal(cause, "worker-died");
        assert.match(message, /out of memory/);
      }
    });

    it("does not wait for a grandchild that left its group and keeps its output open", async () => {
      test.python(`
for m in messages:
    child = subprocess.Popen(["sh", "-c", "while :; do echo noise; sleep 0.01; done"], start_new_session=True)
    with open("grandchild", "w") as f: f.write(f"{child.pid}\\n")
    os._exit(4)
`);
      try {
        assert.match(failed(await test.run("a")).message, /exit code 4/);
      } finally {
        process.kill(-(await pidIn("grandchild")), "SIGKILL");
      }
    });

    it("ends the grandchildren of its group with it", async () => {
      test.python(`
for m in messages:
    child = subprocess.Popen(["sleep", "600"])
    with open("grandchild", "w") as f: f.write(f"{child.pid}\\n")
    os._exit(4)
`);
      failed(await test.run("a"));
      await processEnds(await pidIn("grandchild"));
    });
  });

  describe("at its end", () => {
    it("closes the workers' input, and waits for what they then do", async () => {
      test.python('for m in messages: answer(id=m["id"], result=1)\ntouch("ended in order")');
      await test.run("a");
      await test.close();
      assert.equal(readFileSync(test.path("ended in order"), "utf8"), "");
    });

    it("sends SIGTERM after the grace to one that goes on, and SIGKILL to one that ignores it", async () => {
      test.python(
        `
def on_term(*_): touch(f"got-sigterm-{os.getpid()}")
signal.signal(signal.SIGTERM, on_term)
for m in messages: answer(id=m["id"], result=os.getpid())
while True: time.sleep(600)
`,
        {},
        { graceMs: 100 },
      );
      const { result: pid } = (await test.run("a")) as { result: number };
      await test.close();
      assert.ok(!isRunning(pid));
      assert.equal(readFileSync(test.path(`got-sigterm-${pid}`), "utf8"), "");
    });
  });

  describe("whose worker cannot be started", () => {
    it("says why in one error that ends the run", async () => {
      writeFileSync(test.path("plain.txt"), "no program");
      chmodSync(test.path("plain.txt"), 0o644);
      for (const [program, why] of [
        ["./nothing", /no such program/],
        ["./plain.txt", /not executable/],
        ["./plain.txt/below", /ENOTDIR/],
        ["nul\0byte", /null byte/],
      ] as const) {
        test.start({ worker: [program] });
        const outcomes = await Promise.all([test.run("a"), test.run("b")]);
        for (const { error, message } of [...outcomes, await test.run("c")].map(failed)) {
          assert.equal(codeOf(error), "AJ_WORKER");
          assert.match(message, why);
        }
        await test.close();
      }
    });

    it("tells a folder that is gone from a program that is", async () => {
      test.start({ worker: ["sh", "-c", "cat"] });
      rmSync(test.job.folder, { recursive: true });
      const { error, message } = failed(await test.run("a"));
      assert.equal(codeOf(error), "AJ_WORKER");
      assert.match(message, /working directory .* is gone/);
    });
  });
});
