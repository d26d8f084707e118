import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ItemKey, keyOf } from "../../src/runtime/format/itemId.js";
import { encodeArticleLine, encodeRecord, type WritableRecord } from "../../src/runtime/format/record.js";
import { ItemHistoryReader } from "../../src/runtime/itemHistory.js";
import { assertLinear } from "../support/growth.js";

describe("what a checkpoint says of an item", () => {
  let folder: string;
  let path: string;
  const atMs = 1_790_000_000_000;
  const a = keyOf("a");
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "agent-jobs-history-"));
    path = join(folder, "n.jsonl");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const started = (item: ItemKey, attempt = 1): WritableRecord => ({
    ...{ type: "started", atMs, item, run: 1, attempt },
  });
  const done = (item: ItemKey, result: unknown): WritableRecord => ({
    ...{ type: "done", atMs, item, result, ms: 5, attempt: 1, run: 1, usage: { usd: 2 } },
  });
  const write = (...records: WritableRecord[]) =>
    appendFileSync(path, Buffer.concat(records.map(encodeRecord)));
  const seen = async (reader: ItemHistoryReader) =>
    (await reader.read()).entries.map(({ line, record }) => `${line} ${record.type}`);

  it("is found by its id, with its lines, and nothing that only mentions the id", async () => {
    write(started(keyOf("b")), started(a), done(keyOf("b"), { of: "a", item: "a" }), done(a, { n: 1 }));
    const { entries } = await new ItemHistoryReader(path, a).read();
    assert.deepEqual(
      entries.map(({ line, record }) => [line, record.type]),
      [
        [2, "started"],
        [4, "done"],
      ],
    );
    assert.equal(entries[1]!.result?.text, '{\n  "n": 1\n}');
    assert.equal("result" in entries[1]!.record, false);
  });

  it("tells ids of other types, scripts and writers apart", async () => {
    const wide = keyOf('ключ 🗝 \u007f/"');
    write(started(keyOf(1)), started(keyOf("1")), started(keyOf(11)), started(wide));
    appendFileSync(path, encodeArticleLine({ type: "done", atMs, item: wide, result: "да" }));
    appendFileSync(path, encodeArticleLine({ type: "done", atMs, item: keyOf(1) }));
    assert.deepEqual(await seen(new ItemHistoryReader(path, keyOf(1))), ["1 started", "6 done"]);
    assert.deepEqual(await seen(new ItemHistoryReader(path, keyOf("1"))), ["2 started"]);
    assert.deepEqual(await seen(new ItemHistoryReader(path, wide)), ["4 started", "5 done"]);
  });

  it("is read on from where the last reading ended, and afresh where the file is another", async () => {
    write(started(a));
    const reader = new ItemHistoryReader(path, a);
    assert.deepEqual(await seen(reader), ["1 started"]);
    const line = encodeRecord(done(a, "x"));
    appendFileSync(path, line.subarray(0, 20));
    assert.deepEqual(await seen(reader), ["1 started"]);
    appendFileSync(path, line.subarray(20, line.length - 1));
    assert.deepEqual(await seen(reader), ["1 started", "2 done"]); // whole, though no newline ends it yet
    appendFileSync(path, "\n");
    write(started(keyOf("b")), started(a, 2));
    assert.deepEqual(await seen(reader), ["1 started", "2 done", "4 started"]);
    truncateSync(path, 0);
    assert.deepEqual(await seen(reader), []);
    rmSync(path);
    assert.deepEqual(await seen(reader), []);
  });

  it("is cut where a result is larger than is shown, with the figures behind it", async () => {
    const text = "x".repeat(3_000_000);
    write(started(a), done(a, { text, n: 1, ms: 7 }), done(keyOf("b"), text), started(keyOf("c")));
    const { entries } = await new ItemHistoryReader(path, a).read();
    const [, { record, result, line }] = entries as [unknown, (typeof entries)[number]];
    assert.deepEqual([line, record.type, result?.isCut], [2, "done", true]);
    assert.ok(record.type === "done" && record.ms === 5 && record.usage?.usd === 2 && record.attempt === 1);
    assert.match(result!.text, /^\{"text":"xxx/);
    assert.ok(result!.text.length < 100_000 && result!.bytes > 3_000_000);
    assert.deepEqual(await seen(new ItemHistoryReader(path, keyOf("c"))), ["4 started"]);
  });

  it("is found in a damaged line that holds it whole, and in the events beside a file of the articles' format", async () => {
    write(started(keyOf("b")));
    appendFileSync(path, `{"type":"started","item":"b"${encodeRecord(done(a, 1)).toString()}`);
    writeFileSync(`${path}.events`, encodeRecord(started(a)));
    const { entries } = await new ItemHistoryReader(path, a).read();
    assert.deepEqual(
      entries.map((entry) => [entry.path === path, entry.line, entry.record.type]),
      [
        [true, 2, "done"],
        [false, 1, "started"],
      ],
    );
  });

  it("comes from a file in time in step with its size, and the process has its turns between", async () => {
    const result = { text: "lorem ipsum dolor ".repeat(40) };
    const block = Buffer.concat(
      Array.from({ length: 1_300 }, (_, i) => encodeRecord(done(keyOf(`item-${i}`), result))),
    );
    const read = async (blocks: number) => {
      writeFileSync(path, Buffer.concat(Array.from({ length: blocks }, () => block)));
      write(started(a));
      let turns = 0;
      const watch = setInterval(() => turns++, 0);
      const { entries } = await new ItemHistoryReader(path, a).read();
      clearInterval(watch);
      assert.equal(entries.length, 1);
      assert.ok(turns >= Math.floor(blocks / 8), `${turns} turns in ${(blocks * block.length) / 1e6} MB`);
    };
    await assertLinear(read, 1);
  });
});
