import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { fileText, isRunning, processEnds } from "../../support/files.js";
import { python } from "../../support/terminal.js";
import { attempt, failed, PoolTest } from "../../support/workers.js";

describe("a pool of workers, one of which hangs", () => {
  let test: PoolTest;
  before(function () {
    if (!python) this.skip();
  });
  beforeEach(() => {
    test = new PoolTest();
  });
  afterEach(() => test.remove());

  const pidIn = async (name: string) =>
    Number(await fileText(test.path(name), (text) => text.endsWith("\n")));

  const times = { graceMs: 150, restartDelayMs: 1 };

  it("fails the item as timeout, requeues its others as worker-died, and replaces it", async () => {
    test.python(
      `
for m in messages:
    if m["attempt"] > 1 or m["item"] == "fine": answer(id=m["id"], result=os.getpid()); continue
    if m["item"] == "hang":
        with open("pid", "w") as f: f.write(f"{os.getpid()}\\n")
        time.sleep(600)
`,
      {},
      times,
    );
    const limit = attempt();
    const hung = test.run("a", { item: "hang", signal: limit.signal });
    const other = test.run("b");
    const pid = await pidIn("pid");
    limit.timeOut();
    assert.equal(failed(await hung).cause, "timeout");
    const { cause, message } = failed(await other);
    assert.equal(cause, "worker-died");
    assert.match(message, /SIGTERM: it did not answer item a in time/);
    assert.ok(!isRunning(pid));
    for (const id of ["a", "b"]) assert.ok("result" in (await test.run(id, { attempt: 2 })));
  });

  it("kills one that ignores SIGTERM, with all of its group", async () => {
    test.python(
      `
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for m in messages:
    child = subprocess.Popen(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"])
    with open("grandchild", "w") as f: f.write(f"{child.pid}\\n")
    while True: time.sleep(600)
`,
      {},
      times,
    );
    const limit = attempt();
    const hung = test.run("a", { signal: limit.signal });
    const other = test.run("b");
    const grandchild = await pidIn("grandchild");
    limit.timeOut();
    assert.equal(failed(await hung).cause, "timeout");
    assert.match(failed(await other).message, /SIGKILL/);
    await processEnds(grandchild);
  });

  it("ends also one that is stopped", async () => {
    test.python(
      `
for m in messages:
    with open("pid", "w") as f: f.write(f"{os.getpid()}\\n")
    os.kill(os.getpid(), signal.SIGSTOP)
`,
      {},
      times,
    );
    const limit = attempt();
    const hung = test.run("a", { signal: limit.signal });
    const pid = await pidIn("pid");
    limit.timeOut();
    assert.equal(failed(await hung).cause, "timeout");
    await processEnds(pid);
  });

  it("lets one live that answers late, does not use that answer, and gives the item to it again only then", async () => {
    test.python(
      `
for m in messages:
    if m["attempt"] == 1:
        touch("begun")
        await_file("go")
    answer(id=m["id"], result=[m["attempt"], os.getpid()])
`,
      {},
      { graceMs: 20_000 },
    );
    const limit = attempt();
    const slow = test.run("a", { signal: limit.signal });
    await fileText(test.path("begun"));
    limit.timeOut();
    assert.equal(failed(await slow).cause, "timeout");
    const again = test.run("a", { attempt: 2 });
    const other = test.run("b", { attempt: 2 });
    writeFileSync(test.path("go"), "");
    const [first, second] = [await again, await other] as { result: [number, number] }[];
    assert.equal(first!.result[0], 2);
    assert.equal(first!.result[1], second!.result[1]);
    assert.match(test.log, /\[a\] \(the reply above came after the item's time was up/);
  });

  it("lets one finish its other items as long as it answers some, so that nothing paid for is lost", async () => {
    test.python(
      `
import threading
def later(m):
    await_file("go-" + m["id"])
    answer(id=m["id"], result=os.getpid())
for m in messages:
    if m["item"] != "hang": threading.Thread(target=later, args=[m], daemon=True).start()
    touch("got-" + m["id"])
`,
      {},
      { graceMs: 1500, restartDelayMs: 1 },
    );
    const limit = attempt();
    const hung = test.run("h", { item: "hang", signal: limit.signal });
    const others = ["a", "b", "c"].map((id) => test.run(id));
    for (const id of ["h", "a", "b", "c"]) await fileText(test.path(`got-${id}`));
    limit.timeOut();
    assert.equal(failed(await hung).cause, "timeout");
    const next = test.run("d");
    const pids = new Set<unknown>();
    for (const [i, other] of others.entries()) {
      await new Promise((resolve) => setTimeout(resolve, 700)); // under the grace each, over it together
      writeFileSync(test.path(`go-${"abc"[i]}`), "");
      const outcome = await other;
      assert.ok("result" in outcome, JSON.stringify(outcome));
      pids.add(outcome.result);
    }
    assert.equal(pids.size, 1);
    writeFileSync(test.path("go-d"), "");
    const outcome = await next;
    assert.ok("result" in outcome && !pids.has(outcome.result), "the next one is a new worker's");
  });

  it("ends one that closed its output or its input and lives on", async () => {
    for (const closing of ["os.close(1)", "os.close(0)"]) {
      const script = `next(messages)\n${closing}\ntouch("closed")\nwhile True: time.sleep(600)`;
      test.python(script, {}, times);
      const first = test.run("a");
      await fileText(test.path("closed"));
      // Only who writes to it notices that it reads no more.
      const second = test.run("b");
      for (const outcome of [await first, await second]) assert.equal(failed(outcome).cause, "worker-died");
      rmSync(test.path("closed"));
      await test.close();
    }
  });

  it("takes an item back unsent from one that reads nothing, and holds its items as they are", async () => {
    test.python('touch("up")\ntime.sleep(600)', {}, { graceMs: 50 });
    const item = { text: "x".repeat(1024 * 1024) };
    const first = attempt();
    const sent = test.run("a", { item, signal: first.signal });
    await fileText(test.path("up"));
    const limits = Array.from({ length: 50 }, attempt);
    // 50 MiB as text, were they written.
    const before = process.memoryUsage();
    const unsent = limits.map(({ signal }, i) => test.run(i, { item, signal }));
    await new Promise((resolve) => setImmediate(resolve));
    const after = process.memoryUsage();
    const grownBytes = after.external + after.heapUsed - before.external - before.heapUsed;
    assert.ok(grownBytes < 20 * 1024 * 1024, `${grownBytes}`);
    for (const limit of limits) limit.timeOut();
    for (const outcome of await Promise.all(unsent)) assert.equal(failed(outcome).cause, "timeout");
    first.timeOut();
    assert.equal(failed(await sent).cause, "timeout");
  });

  it("refuses an item that is longer than a line may be, and one that is no JSON, without sending them", async () => {
    test.python('for m in messages: answer(id=m["id"], result=m["item"])');
    const circular: unknown[] = [];
    circular.push(circular);
    const long = await test.run("long", { item: "x".repeat(64 * 1024 * 1024) });
    assert.equal(failed(long).cause, "bad-request");
    failed(await test.run("circular", { item: circular }));
    assert.deepEqual(await test.run("nothing", { item: null }), { result: null });
  });

  it("gives items up at once where the run ends at once, and ends what hangs", async () => {
    test.python(`
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for m in messages:
    with open("pid", "w") as f: f.write(f"{os.getpid()}\\n")
    while True: time.sleep(600)
`);
    const end = attempt();
    const hung = test.run("a", { signal: end.signal });
    const pid = await pidIn("pid");
    end.abort();
    assert.equal((failed(await hung).error as Error).name, "AbortError");
    await test.close(true);
    assert.ok(!isRunning(pid));
  });
});
