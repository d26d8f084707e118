import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ErrorCode } from "../../../src/runtime/errors.js";
import { type MigrateOptions, migrate } from "../../../src/runtime/migrate/migrate.js";
import { readResults } from "../../../src/runtime/results.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { root } from "../../setup/root.js";
import { scratchFolder } from "../../support/cli.js";

const named: MigrateOptions = { job: "test", label: null };

describe("migrating files that are not as they should be", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let into: string;
  beforeEach(() => {
    folder = scratchFolder();
    into = join(folder.path, "new", "test.jsonl");
  });
  afterEach(() => folder.remove());

  const place = (name: string) => join(folder.path, name);
  const write = (name: string, content: unknown) => {
    writeFileSync(place(name), typeof content === "string" ? content : JSON.stringify(content));
    return place(name);
  };
  const ids = (list: { item: string }[]) => list.map(({ item }) => item);
  const refused = async (from: string, code: ErrorCode, options = named) => {
    await assert.rejects(migrate(from, into, options), { code }, from);
    assert.equal(readdirSync(folder.path).includes("new"), false, "something was written");
  };

  it("refuses what is torn, empty, foreign or none, and writes nothing", async () => {
    const whole = readFileSync(join(root, "test/fixtures/synapse/option1_job_fx.checkpoint.json"), "utf8");
    for (const at of [1, 30, 200, whole.length - 2])
      await refused(write("torn.json", whole.slice(0, at)), "AJ_DAMAGED");
    for (const text of [
      "",
      " \n",
      "hello",
      "[1]",
      '{"a":1}',
      '{"completed":7}',
      "null",
      `${"[".repeat(200_000)}`,
    ])
      await refused(write("foreign.json", text), "AJ_UNKNOWN_FORMAT");
    await refused(
      write("deep.json", `{"completed":[],"results":${"[".repeat(1e5)}${"]".repeat(1e5)}}`),
      "AJ_UNKNOWN_FORMAT",
    );
    writeFileSync(place("latin.json"), Buffer.from('{"completed":["\xe9"],"results":{}}', "latin1"));
    await refused(place("latin.json"), "AJ_UNKNOWN_FORMAT");
    mkdirSync(place("folder"));
    await refused(place("folder"), "AJ_UNKNOWN_FORMAT");
    await refused(place("missing"), "AJ_READ");
    symlinkSync(place("deep.json"), place("link"));
    await refused(place("link"), "AJ_NOT_A_FILE");
    await refused(join(root, "test/fixtures/handmade/torn-in-middle.ckpt"), "AJ_DAMAGED");
    await refused(write("none.db", "SQLite format 3\0"), "AJ_DAMAGED");
  });

  it("never writes over a file, and takes none that a run holds", async () => {
    const from = write("job_a.checkpoint.json", { completed: ["x"], results: {} });
    await assert.rejects(migrate(from, from, named), { code: "AJ_WRITE" });
    assert.deepEqual(JSON.parse(readFileSync(from, "utf8")).completed, ["x"]);
    const lines = write("held.jsonl", '{"id":"a","ts":1}\n');
    const log = await new JsonlStore(lines).open("held");
    await refused(lines, "AJ_HELD");
    await log.close();
  });

  it("drops a total that is smaller than what is done", async () => {
    const completed_ids = ["a", "b", "c", "d", "e", "f", "g"];
    const file = {
      job_id: "x",
      total: 3,
      completed_ids,
      results: {},
      timing: [1],
      started_at: 1,
      error_count: 0,
    };
    const old = await migrate(write("x.progress.json", file), into, named);
    assert.deepEqual([old.done.length, old.total, old.done[0]!.ms], [7, null, undefined]);
  });

  it("keeps ids and numbers to the digit, repeats once, and no result that may be another's", async () => {
    const text = `{"completed": [1, "1", 2, 2, 12345678901234567890, ["x"], true, "a", "__proto__"], "results":
      {"1": "?", "2": {"big": 12345678901234567890, "nan": NaN}, "a": 1.0, "gone": 1, "__proto__": "p"}}`;
    const old = await migrate(write("job_ids.checkpoint.json", text), into, named);
    assert.deepEqual(ids(old.done), ["1", '"1"', "2", "12345678901234567890", "true", '"a"', '"__proto__"']);
    const lines = readFileSync(into, "utf8");
    assert.match(lines, /"id":2,.*"result":\{"big":12345678901234567890,"nan":null\}/);
    assert.match(lines, /"id":"a",.*"result":1\.0,/);
    assert.doesNotMatch(lines, /"\?"/);
    const results = new Map<string, unknown>();
    for await (const { item, result } of readResults(into)) results.set(item, result);
    assert.deepEqual([results.size, results.get('"__proto__"')], [7, "p"]);
    assert.equal(old.leftOut.length, 5, old.leftOut.join("\n"));
  });

  it("takes nothing of Redis for done that may have been answered without its content", async () => {
    const retry = JSON.stringify({ id: "requeued", _retry: true });
    const dump = {
      "job:a:b:pending": [retry, retry, JSON.stringify({ id: 7, content: "x" }), "torn{"],
      "job:a:b:done": ["fine", "emptied", "requeued", "broken", "7"],
      "job:a:b:results": {
        fine: '"ok"',
        emptied: '"of nothing"',
        requeued: '"of nothing"',
        broken: "{",
        orphan: "1",
        "7": "7",
      },
      "job:a:b:failed": { emptied: "429" },
    };
    const old = await migrate(write("dump.json", dump), into, named);
    assert.equal(old.job, "a:b");
    assert.deepEqual(ids(old.done), ['"fine"', '"7"']);
    assert.deepEqual(ids(old.failed), ['"emptied"']);
    assert.equal(old.notBegun, 2);
    assert.doesNotMatch(readFileSync(into, "utf8"), /of nothing/);
  });

  it("takes no dump of Redis that does not say what failed", async () => {
    const dump = { "job:a:done": ["x"], "job:a:results": { x: "1" } };
    await refused(write("dump.json", dump), "AJ_UNKNOWN_FORMAT");
    await refused(write("dump.json", { ...dump, "job:a:failed": ["x"] }), "AJ_UNKNOWN_FORMAT");
    const { done } = await migrate(write("dump.json", { ...dump, "job:a:failed": {} }), into, named);
    assert.deepEqual(ids(done), ['"x"']);
  });

  it("asks which job of a database with several, and reads what only its WAL holds without touching it", async () => {
    const path = place("old.db");
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA journal_mode=wal; CREATE TABLE checkpoints (job_id TEXT, item_id TEXT, status TEXT,
      result TEXT, error TEXT, attempts INTEGER, updated_at REAL);
      INSERT INTO checkpoints VALUES ('a', '1', 'done', '{"x": NaN}', NULL, 2, 5.5),
      ('a', '2', 'failed', NULL, 'Error code: 529 - key sk-ant-api03-${"k".repeat(40)}', 3, 6),
      ('b', '1', 'done', '{torn', NULL, 0, NULL), ('b', '2', 'odd', NULL, NULL, 0, NULL);`);
    const before = readdirSync(folder.path);
    try {
      await refused(path, "AJ_OTHER_JOB");
      await refused(path, "AJ_OTHER_JOB", { ...named, oldJob: "c" });
      const a = await migrate(path, into, { ...named, oldJob: "a" });
      assert.deepEqual([a.done[0]!.attempt, a.failed[0]!.attempts, a.total], [3, 3, 2]);
      const lines = readFileSync(into, "utf8");
      assert.match(lines, /"cause":"overloaded"/);
      assert.doesNotMatch(lines, /kkkk/);
      const b = await migrate(path, place("b.jsonl"), { ...named, oldJob: "b", dryRun: true });
      assert.deepEqual([b.done.length, b.notBegun, b.total], [0, 2, 2]);
      assert.deepEqual(readdirSync(folder.path), [...before, "new"].sort());
    } finally {
      database.close();
    }
  });

  it("takes no item for done of a pipeline in a stage that it holds no results of", async () => {
    const file = {
      job_id: "p",
      stage: "store",
      stage_index: 0,
      fetch_results: { a: 1 },
      transform_results: { a: 2 },
    };
    const { done, waiting } = await migrate(write("p.json", file), into, named);
    assert.deepEqual([done.length, waiting.length], [0, 1]);
    const over = await migrate(write("q.json", { ...file, stage: "done" }), place("q.jsonl"), named);
    assert.deepEqual([over.done[0]!.result, over.total], [2, 1]);
  });

  it("keeps the whole files of a folder of operations, and names the others", async () => {
    mkdirSync(place("cache"));
    const name = (digit: string) => `cache/${digit.repeat(24)}.json`;
    write(name("a"), { op_id: "a".repeat(24), output: "x", input_tokens: -1 });
    for (const [digit, content] of [
      ["b", '{"op_id": "bb'],
      ["c", "{}"],
      ["d", { op_id: "another", output: "y" }],
    ] as const)
      write(name(digit), content);
    write("cache/notes.txt", "not looked at");
    const old = await migrate(place("cache"), into, named);
    assert.deepEqual(ids(old.done), [`"operation ${"a".repeat(24)}"`]);
    assert.equal(old.done[0]!.usage, undefined);
    assert.match(old.leftOut[0]!, /b{24}\.json, c{24}\.json, d{24}\.json/);
  });

  it("keeps what ours has recorded beside a foreign file: runs, failures, what items took", async () => {
    const path = write("f.jsonl", '{"id":"old","ts":1}\n');
    const log = await new JsonlStore(path).open("f");
    const at = { run: 1, attempt: 1, atMs: 2_000 };
    const item = (id: string) => JSON.stringify(id) as never;
    await log.append(
      [
        { type: "run-started", run: 1, atMs: 2_000, pid: 1, host: "h", token: log.token },
        { ...at, type: "failed", item: item("bad"), cause: "timeout", message: "m", usage: { usd: 1 } },
        { ...at, type: "done", item: item("new"), ms: 5, usage: { usd: 2 }, hash: "h", result: [1] },
        { type: "run-ended", run: 1, atMs: 3_000, reason: "stopped" },
      ],
      "synced",
    );
    await log.close();
    const before = await new JsonlStore(path).load("f");
    await migrate(path, into, named);
    const { state } = await new JsonlStore(into).load("test");
    assert.deepEqual([...state.done], [...before.state.done]);
    assert.deepEqual(
      [state.usage.usd, state.doneUsage.usd, state.doneMs, [...state.open.keys()]],
      [before.state.usage.usd, before.state.doneUsage.usd, before.state.doneMs, ['"bad"']],
    );
    assert.deepEqual(
      [...state.runs.values()].map(({ run, done, ended }) => [run, done, ended?.reason]),
      [
        [1, 1, "stopped"],
        [2, 1, "migrated"],
      ],
    );
  });
});
