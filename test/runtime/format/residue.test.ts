import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord, type WritableRecord } from "../../../src/runtime/format/record.js";
import { CheckpointScanner } from "../../../src/runtime/format/scan.js";
import { checksummed, scanBytes } from "../../support/scan.js";

/** What is still referred to, without the garbage that nobody has collected yet. */
function liveHeapBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

const run: WritableRecord = { type: "run-started", atMs: 0, run: 2, pid: 1, host: "ada", token: "t" };
const runStarted = encodeRecord(run);
const writeError = encodeRecord({ type: "write-error", atMs: 0, run: 1, code: "ENOSPC" });
const nested = checksummed('{"id":"nested","ts":1').toString().trimEnd();
const done = encodeRecord({
  ...{ type: "done" as const, atMs: 0, item: keyOf("é") },
  result: { text: 'naïve "quoted" \\ ☃', list: [1.5e3, true, null] },
});
const before = checksummed('{"id":"before","ts":1');
const file = (...parts: (Buffer | string)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

describe("a torn record", () => {
  it("that a run or a write error follows is residue, wherever it was torn", () => {
    for (let cut = 1; cut < done.length - 1; cut++)
      for (const next of [runStarted, writeError]) {
        const { summary } = scanBytes(file(before, done.subarray(0, cut), "\n", next));
        assert.equal(summary.damageCount, 0, `cut at ${cut}`);
        assert.deepEqual(
          summary.faults.map((fault) => [fault.reason, fault.residue, fault.line, fault.lengthBytes]),
          [["torn", true, 2, cut]],
        );
      }
  });

  it("right behind a nested object with a checksum of its own is residue as well, and marks nothing", () => {
    for (const open of ['{"id":"outer","ts":1,"result":', '{"id":"outer","ts":1,"result":[{"a":1},']) {
      const { summary, done: items } = scanBytes(file(open, nested, "\n", runStarted));
      assert.deepEqual(items, []);
      assert.equal(summary.damageCount, 0);
      assert.deepEqual(
        summary.faults.map((fault) => fault.reason),
        ["torn"],
      );
    }
  });

  it("is residue where the newline guard's blank line follows, in files that have no runs", () => {
    const line = '{"id": "b", "ts": 2}\n';
    assert.equal(scanBytes(file('{"id": "a", "t\n\n', line)).summary.damageCount, 0);
    assert.equal(scanBytes(file('{"id": "a", "t\n', line)).summary.damageCount, 1);
  });

  it("is damage where an item's record follows, for then nobody survived it", () => {
    const { summary } = scanBytes(file(before, done.subarray(0, 30), "\n", done));
    assert.equal(summary.damageCount, 1);
    assert.equal(summary.faults[0]!.residue, false);
  });

  it("of a crash while an earlier crash was survived is residue too", () => {
    const { summary } = scanBytes(
      file(done.subarray(0, 30), "\n", runStarted.subarray(0, 20), "\n", runStarted),
    );
    assert.deepEqual(
      summary.faults.map((fault) => fault.residue),
      [true, true],
    );
    assert.equal(summary.damageCount, 0);
  });

  it("that a power cut filled with NULs is residue, but NULs inside of a line are damage", () => {
    const head = done.subarray(0, 20);
    for (const torn of [file(head, Buffer.alloc(100)), Buffer.alloc(100)])
      assert.equal(scanBytes(file(before, torn, "\n", runStarted)).summary.damageCount, 0);
    const holed = Buffer.from(done).fill(0, 10, 20);
    assert.equal(scanBytes(file(before, holed, runStarted)).summary.damageCount, 1);
  });

  it("at the end is a torn tail and no fault; with its newline it is residue", () => {
    const tail = scanBytes(file(before, done.subarray(0, 30))).summary;
    assert.deepEqual([tail.tornTail, tail.openTail, tail.faultCount], [true, true, 0]);
    const ended = scanBytes(file(before, done.subarray(0, 30), "\n")).summary;
    assert.deepEqual([ended.tornTail, ended.openTail, ended.damageCount], [false, false, 0]);
    assert.deepEqual(
      ended.faults.map((fault) => fault.residue),
      [true],
    );
  });

  it("does not hide a whole record that was damaged later", () => {
    const bytes = Buffer.from(done.subarray(0, -1));
    let hidden = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const { summary } = scanBytes(file(before, flipped, "\n", runStarted));
      // Without its last quote or brace a record is its own beginning: no reader can know.
      if (summary.damageCount === 0 && bit >> 3 < bytes.length - 12) hidden++;
    }
    assert.equal(hidden, 0);
  });
});

describe("an unterminated last line", () => {
  it("that is a whole record counts", () => {
    const { done: items, summary } = scanBytes(file(before, done.subarray(0, -1)));
    assert.deepEqual(items, ['"before"', '"é"']);
    assert.deepEqual([summary.tornTail, summary.openTail], [false, true]);
  });

  it("decides the format of a file as its newline would", () => {
    const formats = (text: string) => [text, `${text}\n`].map((bytes) => scanBytes(bytes).summary.format);
    const ours = done.toString().trimEnd();
    for (const before of ["", "garbage\n", '{"id": "a", "ts": 1}\n'])
      for (const last of ['{"id": "b", "ts": 1}', ours]) {
        const [open, ended] = formats(before + last);
        assert.equal(open, ended, JSON.stringify(before + last));
      }
  });
});

describe("a file", () => {
  const formatOf = (bytes: Buffer | string, maxLineBytes?: number) =>
    scanBytes(bytes, 64 * 1024, maxLineBytes).summary.format;

  it("is empty while it holds no more than a first record's beginning", () => {
    for (const text of [
      "",
      "\n\n",
      " \t\r\n",
      "{",
      '{"type":"jo',
      '{"type":"jo\n{"type":"job","ts',
      '{"id": "a", "t',
    ])
      assert.equal(formatOf(text), "empty", text);
  });

  it("is unknown where it holds anything else", () => {
    for (const text of ["x", "x\n", '{"content":"a","role":"user"}\n', '{\n  "key": "a"\n}\n', "[1]\n"])
      assert.equal(formatOf(text), "unknown", text);
    assert.equal(formatOf("y".repeat(100), 50), "unknown");
    assert.equal(formatOf(`${"y".repeat(100)}\n`, 50), "unknown");
  });

  it("is ours from the first line with a checksum on, lines of the articles' format included", () => {
    const { summary, done: items } = scanBytes(
      file('{"id": "a", "ts": 1}\n', done, '{"id": "b", "ts": 1}\n'),
    );
    assert.equal(summary.format, "agent-jobs");
    assert.equal(summary.unverified, 2);
    assert.deepEqual(items, ['"a"', '"é"', '"b"']);
  });

  it("of a million torn lines is read in constant memory", () => {
    const before = liveHeapBytes();
    const scanner = new CheckpointScanner();
    const chunk = Buffer.from("{\n".repeat(1000));
    for (let i = 0; i < 1000; i++) assert.equal([...scanner.push(chunk)].length, 0);
    const summary = scanner.summary();
    assert.equal(summary.faultCount, 1e6);
    assert.equal(summary.faults.length, 1000);
    assert.ok(liveHeapBytes() - before < 5e6);
  });
});
