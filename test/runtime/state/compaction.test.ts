import assert from "node:assert/strict";
import fc from "fast-check";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import type { CheckpointRecord, WritableRecord } from "../../../src/runtime/format/record.js";
import { encodeRecord } from "../../../src/runtime/format/record.js";
import { Compaction, lasting } from "../../../src/runtime/state/compaction.js";
import { anyRecord } from "../../support/anyRecord.js";
import { anyStreams, fold, interleave } from "../../support/jobLogs.js";
import { randomSource } from "../../support/random.js";
import { scanBytes } from "../../support/scan.js";

function compacted(log: readonly CheckpointRecord[], key = "k"): CheckpointRecord[] {
  const compaction = new Compaction();
  for (const record of log) compaction.take(record);
  const sums = compaction.finish(key);
  const kept = log.filter((_, at) => compaction.keeps(at));
  const header = kept[0]?.type === "job" ? 1 : 0;
  return sums ? [...kept.slice(0, header), sums, ...kept.slice(header)] : kept;
}

const anyLog = fc
  .tuple(anyStreams, fc.integer())
  .map(([streams, seed]) => interleave(streams, randomSource(seed)));
const anyForwardLog = fc.tuple(anyStreams, fc.integer()).map(([streams, seed]) => {
  const random = randomSource(seed);
  return interleave(streams, (below) => (below === 3 ? 1 + random(2) : random(below)));
});
const item = keyOf("a");
const at = (n: number) => ({ item, run: 1, atMs: n * 1000 });

describe("a compaction", () => {
  it("leaves the state of any log as it is, and nothing to drop in what it leaves", () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const once = compacted(log);
        assert.deepEqual(lasting(fold(once)), lasting(fold(log)));
        assert.deepEqual(compacted(once, "again"), once);
      }),
      { numRuns: 500 },
    );
  });

  it("leaves the state as it is also of senseless logs, and once written and read", () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 30 }), (records) => {
        const log = scanBytes(Buffer.concat(records.map(encodeRecord))).records.map((each) => each.record);
        const lines = compacted(log).map((record) => encodeRecord(record as WritableRecord));
        const again = scanBytes(Buffer.concat(lines));
        assert.deepEqual(lasting(again.state), lasting(fold(log)));
      }),
      { numRuns: 500 },
    );
  });

  it("sums what earlier compactions summed with what came since", () => {
    fc.assert(
      // A repeat from before a compaction would count again what that summed: files are written forward only.
      fc.property(anyForwardLog, fc.nat(), (log, cut) => {
        const half = cut % (log.length + 1);
        const twice = compacted([...compacted(log.slice(0, half), "first"), ...log.slice(half)], "second");
        assert.deepEqual(lasting(fold(twice)), lasting(fold(log)));
        assert.ok(twice.filter(({ type }) => type === "compacted").length <= 1);
      }),
      { numRuns: 200 },
    );
  });

  it("keeps of a done item its end, of an open one its last failure, latest start and the results of its steps", () => {
    const failed = (n: number, attempt: number) =>
      ({ ...at(n), type: "failed", attempt, cause: "timeout", message: "", usage: { usd: 1 } }) as const;
    const open: CheckpointRecord[] = [
      { ...at(1), type: "started", attempt: 1 },
      { ...at(2), type: "step", attempt: 1, step: "s", op: "o", result: 7 },
      failed(3, 1),
      { ...at(4), type: "started", attempt: 2 },
      failed(5, 2),
      { ...at(6), type: "started", attempt: 3 },
    ];
    assert.deepEqual(
      compacted(open).map(({ type, atMs }) => [type, atMs / 1000]),
      [
        ["compacted", 6],
        ["step", 2],
        ["failed", 5],
        ["started", 6],
      ],
    );
    const [sums, ...rest] = compacted([...open, { ...at(7), type: "done", attempt: 3 }]);
    assert.deepEqual(
      rest.map(({ type }) => type),
      ["done"],
    );
    assert.deepEqual(sums, {
      ...{ type: "compacted", key: "k", atMs: 7000, runs: [{ run: 1, ts: 3, failed: 2, usage: { usd: 2 } }] },
      ...{ steps: [["s", 1]], usage: { usd: 2 } },
    });
  });
});
