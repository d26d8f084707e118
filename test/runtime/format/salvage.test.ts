import assert from "node:assert/strict";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord } from "../../../src/runtime/format/record.js";
import { assertLinear } from "../../support/growth.js";
import { checksummed, scanBytes } from "../../support/scan.js";

const one = (id: string, result?: unknown) =>
  encodeRecord({ type: "done", atMs: 0, item: keyOf(id), ...(result !== undefined && { result }) })
    .toString()
    .trimEnd();
const a = one("a", { text: "x".repeat(20) });
const b = one("b");
const doneOf = (line: string) => scanBytes(`${line}\n`).done;

describe("salvage", () => {
  it("finds the record that a torn one was merged with, wherever it was torn", () => {
    for (let cut = 1; cut < a.length; cut++) {
      const { done, summary } = scanBytes(`${a.slice(0, cut)}${b}\n`);
      // Where a value could begin, the record might be one that is nested in the torn one.
      const mayBeNested = /[:,[]$/.test(a.slice(0, cut));
      assert.deepEqual(done, mayBeNested ? [] : ['"b"'], `cut at ${cut}`);
      assert.equal(summary.faults[0]!.reason === "merged", !mayBeNested);
    }
  });

  it("finds all of several records on a line, with their places", () => {
    const line = `${a}${b}garbage${one("c")}`;
    const { done, summary, faults, records } = scanBytes(`${line}\n`);
    assert.deepEqual(done, ['"a"', '"b"', '"c"']);
    assert.deepEqual(
      summary.faults.map((fault) => [fault.reason, fault.salvaged]),
      [["merged", 3]],
    );
    const found = faults[0]!.salvaged.map(({ start, end }) => line.slice(start, end));
    assert.deepEqual(found, [a, b, one("c")]);
    assert.deepEqual(
      records.map((scanned) => line.slice(scanned.offsetBytes, scanned.offsetBytes + scanned.lengthBytes)),
      found,
    );
    assert.equal(summary.format, "agent-jobs");
  });

  it("places what it finds in the line of the file, byte order mark and blanks included", () => {
    const bytes = Buffer.from(`\ufeff  torn${b}\n`);
    const { faults } = scanBytes(bytes);
    const { fault, salvaged } = faults[0]!;
    const { start, end } = salvaged[0]!;
    assert.equal(bytes.subarray(fault.offsetBytes + start, fault.offsetBytes + end).toString(), b);
  });

  it("never takes a record that is nested in another one's result", () => {
    const inner = one("inner");
    const outer = one("outer", JSON.parse(`{"deep":[${inner},{"x":${inner}}]}`));
    assert.ok(outer.includes(inner));
    for (const line of [outer.replace('"outer"', '"OUTER"'), `to${outer.slice(2)}`, outer.slice(0, -1)])
      assert.deepEqual(doneOf(line), [], line);
    for (let cut = 1; cut < outer.length; cut++)
      assert.deepEqual(doneOf(outer.slice(0, cut)), [], `cut at ${cut}`);
    assert.deepEqual(doneOf(`{"id":"to${outer}`), ['"outer"']);
  });

  it("never takes a nested record where a flipped quote turns strings inside out", () => {
    const inner = one("inner");
    const outer = `{"id":"outer","ts":1,"result":${inner}`; // torn exactly at the nested object's end
    for (let i = 0; i < outer.length - inner.length; i++)
      if (outer[i] === '"')
        for (const after of ["", b]) {
          const done = doneOf(`${outer.slice(0, i)}#${outer.slice(i + 1)}${after}`);
          assert.ok(!done.includes('"inner"'), `quote ${i}`);
        }
  });

  it("does not guess at records without a checksum", () => {
    const { done, summary } = scanBytes('{"id": "a", "ts": 1}{"id": "b", "ts": 2}\n');
    assert.deepEqual(done, []);
    assert.deepEqual(
      summary.faults.map((fault) => [fault.reason, fault.salvaged]),
      [["merged", 0]],
    );
  });

  it("ends on a line made to be searched for ever", () => {
    const marks = '{"'.repeat(1000) + ',"c":"00000000"}'.repeat(20_000);
    assert.deepEqual(doneOf(marks), []);
  }).timeout(10_000);

  it("takes time in step with a line of nothing but ends of records", async () => {
    const ends = (count: number) => assert.deepEqual(doneOf(',"c":"00000000"}'.repeat(count)), []);
    await assertLinear(ends, 6_250);
  });

  it("says where a record that was found begins, not where its line does", () => {
    const first = checksummed('{"id":"first","ts":1');
    const { records } = scanBytes(Buffer.concat([first, Buffer.from(`torn${b}\n`)]));
    assert.equal(records[1]!.offsetBytes, first.length + 4);
  });
});
