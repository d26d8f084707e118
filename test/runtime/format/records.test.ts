import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeArticleLine, encodeRecord } from "../../../src/runtime/format/record.js";
import { anyRecord } from "../../support/anyRecord.js";
import { mixedLog } from "../../support/mixedLog.js";
import { checksummed, encodeAll, scanBytes } from "../../support/scan.js";

describe("a record", () => {
  it("comes back from its line as it was", () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const { records, summary } = scanBytes(encodeRecord(record));
        // JSON has one zero only.
        assert.deepEqual(
          records.map((scanned) => scanned.record),
          [JSON.parse(JSON.stringify(record))],
        );
        assert.equal(summary.format, "agent-jobs");
        assert.equal(summary.unverified, 0);
      }),
      { numRuns: 1000 },
    );
  });

  it("ends in the CRC-32 of the bytes before it", () => {
    const line = encodeRecord({ type: "done", atMs: 1_748_107_200_123, item: keyOf("é") }).toString();
    const body = '{"id":"é","ts":1748107200.123';
    assert.equal(line, `${body},"c":"${crc32(body).toString(16).padStart(8, "0")}"}\n`);
  });

  it("that finishes an item is the only kind with a top-level id", () => {
    for (const record of mixedLog(40)) {
      const members = JSON.parse(encodeRecord(record).toString()) as object;
      assert.equal("id" in members, record.type === "done", record.type);
    }
  });

  it("of a kind that a later version writes is neither a fault nor lost for what surrounds it", () => {
    const { records, summary } = scanBytes(checksummed('{"type":"lease","ts":1,"x":2'));
    assert.deepEqual(
      records.map(({ record }) => record),
      [{ type: "unknown", kind: "lease", atMs: 1000 }],
    );
    assert.equal(summary.faultCount, 0);
  });
});

describe("a log with every kind of record", () => {
  it("is read whole", () => {
    const log = mixedLog(100);
    const { records, summary } = scanBytes(encodeAll(log));
    assert.deepEqual(
      records.map(({ record }) => record),
      JSON.parse(JSON.stringify(log)),
    );
    assert.equal(summary.faultCount, 0);
  });

  it("gives the same records in chunks of any size", () => {
    const bytes = encodeAll(mixedLog(20));
    const whole = scanBytes(bytes);
    for (let chunkBytes = 1; chunkBytes < 300; chunkBytes++)
      assert.deepEqual(scanBytes(bytes, chunkBytes), whole);
  });
});

describe("a line for an article's file", () => {
  it("is byte for byte what Python's json.dumps writes", () => {
    const line = (item: string, result?: unknown) =>
      encodeArticleLine({ type: "done", atMs: 1_748_107_200_999, item: keyOf(item), result }).toString();
    assert.equal(line("item-001"), '{"id": "item-001", "ts": 1748107200}\n');
    assert.equal(
      line('é: "\\, 😀', { a: [1, "x,y:z"], "b\n": {} }),
      '{"id": "\\u00e9: \\"\\\\, \\ud83d\\ude00", "ts": 1748107200, "result": {"a": [1, "x,y:z"], "b\\n": {}}}\n',
    );
  });
});
