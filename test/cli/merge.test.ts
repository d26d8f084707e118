import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { encodeRecord, type WritableRecord } from "../../src/runtime/format/record.js";
import { runCli, scratchFolder } from "../support/cli.js";
import { scanBytes } from "../support/scan.js";

const startMs = 1_748_107_200_000;
const usage = { usd: 1 };
const attempt = (id: string, n: number, sec: number) =>
  ({ item: keyOf(id), run: 1, attempt: n, atMs: startMs + sec * 1000 }) as const;

function log(token: string, sec: number, records: WritableRecord[], job = "j"): Buffer {
  const base = { atMs: startMs + sec * 1000, run: 1 };
  const head: WritableRecord[] = [
    { type: "job", atMs: startMs, v: 1, job },
    { ...base, type: "run-started", pid: 7, host: token, token },
    { ...base, type: "input", total: 3 },
  ];
  const end: WritableRecord = { ...base, type: "run-ended", reason: "stopped" };
  return Buffer.concat([...head, ...records, end].map(encodeRecord));
}

describe("agent-jobs merge", () => {
  const one = log("first", 5, [
    { ...attempt("a", 1, 6), type: "done", result: 1, usage },
    { ...attempt("b", 1, 6), type: "failed", cause: "timeout", message: "", usage },
    { ...attempt("c", 1, 6), type: "started" },
  ]);
  const two = log("second", 0, [
    { ...attempt("a", 1, 1), type: "done", result: 2, usage },
    { ...attempt("b", 1, 1), type: "failed", cause: "timeout", message: "", usage },
    { ...attempt("b", 2, 2), type: "done", result: "b", usage },
  ]);
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder();
    write("one.jsonl", one);
    write("two.jsonl", two);
  });
  afterEach(() => folder.remove());
  const write = (name: string, bytes: Buffer | string) => writeFileSync(join(folder.path, name), bytes);
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });

  it("joins two: done wins, nothing that was spent is lost, runs keep their order", async () => {
    const { code, stdout, stderr } = await cli("merge", "one.jsonl", "two.jsonl", "--into", "all.jsonl");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Joined 2 checkpoints \(1 \+ 2 done\) into all\.jsonl: 2 items done over 2 runs/);
    const { state, summary, records } = scanBytes(readFileSync(join(folder.path, "all.jsonl")));
    assert.deepEqual([summary.format, summary.faultCount, state.job, state.total], ["agent-jobs", 0, "j", 3]);
    assert.deepEqual([...state.done].sort(), ['"a"', '"b"']);
    assert.equal(state.open.get(keyOf("c"))?.phase, "started");
    assert.equal(state.usage.usd, 5);
    assert.deepEqual(
      [...state.runs.values()]
        .sort((x, y) => x.run - y.run)
        .map((run) => [run.run, run.host, run.ended?.reason]),
      [
        [1, "second", "stopped"],
        [2, "first", "stopped"],
      ],
    );
    const a = records.find(({ record }) => record.type === "done" && record.item === '"a"')!.record;
    assert.equal((a as { result?: unknown }).result, 1);
    assert.deepEqual(readFileSync(join(folder.path, "one.jsonl")), one);
  });

  it("counts what two files have in common once", async () => {
    write("copy.jsonl", Buffer.concat([one, encodeRecord({ ...attempt("c", 1, 9), type: "done", usage })]));
    await cli("merge", "one.jsonl", "copy.jsonl", "--into", "all.jsonl");
    const { state } = scanBytes(readFileSync(join(folder.path, "all.jsonl")));
    assert.deepEqual([state.usage.usd, state.runs.size, state.done.size], [3, 1, 2]);
  });

  it("refuses another job, other formats, damage, one file alone, and a target that is there", async () => {
    write("other.jsonl", log("t", 0, [], "k"));
    write("damaged.jsonl", two.toString().replace("timeout", "Xmeout"));
    write("article.jsonl", readFileSync(resolve("test/fixtures/article/a1-half-847-of-1000.jsonl")));
    write("there.jsonl", "");
    const into = ["--into", "all.jsonl"];
    for (const [args, code, why] of [
      [["one.jsonl", "other.jsonl", ...into], 2, /is of job "k".*is of "j"/],
      [["one.jsonl", "article.jsonl", ...into], 2, /own format/],
      [["one.jsonl", "damaged.jsonl", ...into], 3, /Repair it first/],
      [["one.jsonl", "nowhere.jsonl", ...into], 2, /nowhere\.jsonl/],
      [["one.jsonl", ...into], 2, /two or more/],
      [["one.jsonl", "two.jsonl"], 2, /--into/],
      [["one.jsonl", "two.jsonl", "--into", "there.jsonl"], 74, /exists/],
    ] as const) {
      const outcome = await cli("merge", ...args);
      assert.equal(outcome.code, code, outcome.stderr);
      assert.match(outcome.stderr, why);
    }
    assert.throws(() => readFileSync(join(folder.path, "all.jsonl")));
  });
});
