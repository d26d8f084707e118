import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { logPathOf } from "../../../src/runtime/runner/itemLog.js";
import { heldBytes } from "../../support/heldBytes.js";
import { python } from "../../support/terminal.js";
import { failed, PoolTest } from "../../support/workers.js";

describe("what workers write", () => {
  let test: PoolTest;
  before(function () {
    if (!python) this.skip();
  });
  beforeEach(() => {
    test = new PoolTest();
  });
  afterEach(() => test.remove());

  it("says first what the job is, with its parameters", async () => {
    test.python('for m in messages: answer(id=m["id"], result=[hello, m])', {
      params: { model: "m-1", prompt: "Say “hi”" },
    });
    const { result } = (await test.run("é\u2028", { item: { n: 1 }, attempt: 7 })) as { result: unknown };
    assert.deepEqual(result, [
      { type: "hello", protocol: 1, job: "test", params: { model: "m-1", prompt: "Say “hi”" } },
      { id: "é\u2028", item: { n: 1 }, attempt: 7 },
    ]);
  });

  it("is not used where its id is none that waits, and is in the log", async () => {
    test.python(`
for m in messages:
    answer(id=str(m["id"]), result="another type")
    answer(id="nobody", result=1)
    answer(id=m["id"] + 1, result="another number")
    answer(id=float(m["id"]), result="another text")
    answer(id=m["id"], result="right")
    answer(id=m["id"], result="twice")
    answer(id=m["id"], error="twice")
`);
    for (const id of [1, 2, 3]) assert.deepEqual(await test.run(id), { result: "right" });
    await test.close();
    for (const text of ["another type", "nobody", "another number", "another text", "twice"])
      assert.ok(test.log.includes(text), text);
    assert.equal(test.log.match(/was not used: no item "1" waits/g)?.length, 1);
    assert.equal(test.log.match(/was not used: no item 1 waits/g)?.length, 2);
  });

  it("counts its usage also where the item failed", async () => {
    test.python(`
for m in messages:
    answer(id=m["id"], usage={"input_tokens": 5, "usd": 0.1}, error={"message": "refused", "cause": "refused"})
`);
    const { cause, message } = failed(await test.run("a"));
    assert.deepEqual([cause, message], ["refused", "refused"]);
    assert.deepEqual(test.usages, [{ input_tokens: 5, usd: 0.1 }]);
  });

  it("has the stack that a worker tells of a failure, and none of the run's own", async () => {
    test.python(`
for m in messages:
    told = {"stack": "  File a.py"} if m["id"] == "told" else {"stack": 7} if m["id"] == "odd" else {}
    answer(id=m["id"], error={"message": "no", **told})
`);
    const stackOf = async (id: string) => (failed(await test.run(id)).error as Error).stack;
    assert.equal(await stackOf("told"), "  File a.py");
    for (const id of ["odd", "none"]) assert.equal(await stackOf(id), undefined, id);
  });

  it("fails its item as a bad reply where it was meant as one and is none", async () => {
    test.python(`
bad = {
    "nan": b'{"result": {"score": NaN}, "id": "nan"}',
    "latin1": b'{"id": "latin1", "result": "caf\\xe9"}',
    "cut": b'{"id": "cut", "result": [1, 2',
    "two at once": b'{"id": "two at once", "result": {"id": "x", "result": 1}',
    "quotes": b"{'id': 'quotes', 'result': 1}",
}
for m in messages:
    line = bad.get(m["id"])
    if m["id"] == "quotes": answer(id="quotes", result="after a line that names nobody")
    if line is None: answer(id=m["id"], result=1); continue
    sys.stdout.buffer.write(line + b"\\n"); sys.stdout.buffer.flush()
`);
    for (const id of ["nan", "latin1", "cut", "two at once"])
      assert.equal(failed(await test.run(id)).cause, "bad-reply", id);
    assert.ok("result" in (await test.run("quotes")));
    assert.deepEqual(await test.run("fine"), { result: 1 }, "the same worker goes on");
    assert.match(failed({ ...failed(await test.run("nan", { attempt: 2 })) }).message, /NaN/);
  });

  it("is logged with the item's id where only one can be meant, its standard error as well", async () => {
    test.python(`
for m in messages:
    print("about " + m["id"], file=sys.stderr, flush=True)
    print("progress of", m["id"], flush=True)
    answer(id=m["id"], state="half done")
    sys.stderr.write(f"\\r 10%\\r 50%\\r100% of {m['id']}\\r\\n"); sys.stderr.flush()
    answer(id=m["id"], result=1)
`);
    for (const id of ["a", "b"]) await test.run(id);
    await test.close();
    for (const id of ["a", "b"])
      for (const line of [
        `about ${id}`,
        `progress of ${id}`,
        `{"id": "${id}", "state": "half done"}`,
        `100% of ${id}`,
      ])
        assert.ok(test.logLines.includes(`[${id}] ${line}`), `${line} in\n${test.log}`);
    assert.doesNotMatch(test.log, / 50%/);
  });

  it("is logged without an id where several items are in hand", async () => {
    test.python(`
two = [next(messages), next(messages)]
print("whose is this", file=sys.stderr, flush=True)
for m in two: answer(id=m["id"], result=1)
`);
    await Promise.all([test.run("a"), test.run("b")]);
    await test.close();
    assert.ok(test.logLines.includes("whose is this"), test.log);
  });

  it("holds up no reply, and fills neither memory nor the log, where it is a flood", async function () {
    this.timeout(90_000);
    test.python(`
noise = (("a library logs far too much, " * 15 + "\\n") * 100).encode()
for m in messages:
    for _ in range(0 if m["id"] == "warm" else 1000):
        os.write(1, noise)
        os.write(2, noise)
    answer(id=m["id"], result="two hundred thousand lines later")
`);
    await test.run("warm");
    const bound = heldBytes() + 64 * 1024 * 1024;
    let most = 0;
    const measure = () => (most = Math.max(most, heldBytes(bound)));
    const measuring = setInterval(measure, 250);
    assert.deepEqual(await test.run("a"), { result: "two hundred thousand lines later" });
    clearInterval(measuring);
    measure();
    await test.close();
    assert.ok(most <= bound, `${most} bytes held, of at most ${bound}`);
    assert.match(test.log, /left out here: \d+ lines/);
    assert.ok(statSync(logPathOf(test.job.checkpoint)).size <= 10 * 1024 * 1024);
  });

  it("does not hold up another worker's replies, where one floods without end", async function () {
    this.timeout(90_000);
    test.python(
      `
for m in messages:
    if m["item"] == "flood":
        touch("flooding")
        while True: os.write(1, b"noise\\n" * 10000); os.write(2, b"noise" * 10000)
    answer(id=m["id"], result=1)
`,
      { workers: 2 },
    );
    const flood = test.run("x", { item: "flood" });
    for (let i = 0; i < 30; i++) assert.deepEqual(await test.run(i), { result: 1 });
    await test.close(true);
    assert.equal(failed(await flood).cause, "worker-died");
  });

  it("ends the worker where a line is longer than 64 MiB, and fails the item that it began with as a bad reply", async () => {
    test.python(`
for m in messages:
    if m["item"] == "fine": answer(id=m["id"], result=1); continue
    if m["item"] == "wait": continue
    os.write(1, b'{"id":"long","result":"')
    while True: os.write(1, b"x" * 65536)
`);
    const other = test.run("other", { item: "wait" });
    const long = await test.run("long");
    assert.equal(failed(long).cause, "bad-reply");
    const { cause, message } = failed(await other);
    assert.equal(cause, "worker-died");
    assert.match(message, /more than 67108864 bytes/);
    assert.deepEqual(await test.run("fine"), { result: 1 });
  });

  it("may be a result of 60 MB, while standard error without line ends is cut", async () => {
    test.python(`
for m in messages:
    for _ in range(1000): os.write(2, b"\\xc3\\xa9" * 32768)
    answer(id=m["id"], result="y" * 60_000_000)
`);
    const { result } = (await test.run("a")) as { result: string };
    assert.equal(result.length, 60_000_000);
    await test.close();
    assert.match(test.log, /left out here/);
  });

  it("may come from a shell in any order, also as the last line without its newline", async () => {
    test.shell(
      `read -r hello
read -r first
read -r second
id() { printf '%s' "$1" | sed 's/.*"id":\\("[^"]*"\\).*/\\1/'; }
printf '{"id":%s,"result":"second"}\\n' "$(id "$second")"
echo 'some words' >&2
printf '{"id":%s,"result":"first"}' "$(id "$first")"
`,
    );
    const outcomes = await Promise.all([test.run("a"), test.run("b")]);
    assert.deepEqual(outcomes, [{ result: "first" }, { result: "second" }]);
  });
});
