import assert from "node:assert/strict";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord } from "../../../src/runtime/format/record.js";
import { changesFile, planRepair, type RepairPlan } from "../../../src/runtime/state/repairPlan.js";
import { scanBytes } from "../../support/scan.js";

const a = encodeRecord({ type: "done", atMs: 0, item: keyOf("a") }).toString();
const b = encodeRecord({ type: "done", atMs: 0, item: keyOf("b") }).toString();
const run = encodeRecord({ type: "run-started", atMs: 0, run: 2, pid: 1, host: "h", token: "t" }).toString();
const flipped = a.replace('"ts":0', '"ts":1');

function plan(text: string, lines?: number[]): RepairPlan {
  const { summary, faults } = scanBytes(text);
  const sizeBytes = Buffer.byteLength(text);
  return planRepair({ summary, faults, sizeBytes }, lines && { lines: new Set(lines) });
}

describe("the plan of a repair", () => {
  it("changes nothing in a whole file, and nothing in one that survived its crashes", () => {
    for (const text of ["", a + b, `${a}${b.slice(0, 20)}\n${run}`])
      assert.equal(changesFile(plan(text)), false);
  });

  it("adds nothing but the newline to a torn tail", () => {
    const { edits, addsNewline, droppedBytes } = plan(a + b.slice(0, 20));
    assert.deepEqual([edits.length, addsNewline, droppedBytes], [0, true, 0]);
  });

  it("drops bad lines and keeps the records found in them", () => {
    const text = `${flipped}${b}${b.slice(0, 9)}${a}`;
    const found = plan(text);
    assert.deepEqual(
      found.edits.map(({ fault, kept }) => [fault.line, kept.length]),
      [
        [1, 0],
        [3, 1],
      ],
    );
    assert.deepEqual(
      [found.salvagedRecords, found.droppedBytes, found.keptBytes],
      [1, flipped.length + 9, b.length],
    );
  });

  it("is confined to the lines that were asked for", () => {
    assert.deepEqual(
      plan(`${flipped}${b}${flipped}`, [3]).edits.map(({ fault }) => fault.line),
      [3],
    );
  });
});
