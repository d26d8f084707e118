import assert from "node:assert/strict";
import { done, header, started } from "../../support/damagedFiles.js";
import { scanBytes } from "../../support/scan.js";

describe("a damaged line", () => {
  const damaged = (line: string) => line.replace(/\d{8}/, "00000000");
  const finishesNothing = (...lines: string[]) =>
    scanBytes(Buffer.from(lines.join(""))).summary.faults.map((fault) => fault.finishesNothing ?? false);

  it("is known to have finished no item where it begins as a record that finishes none", () => {
    assert.deepEqual(finishesNothing(damaged(header("j")), started(1), done("a")), [true]);
    assert.deepEqual(finishesNothing(header("j"), damaged(started(1)), done("a")), [true]);
  });

  it("is not where it was an item's, holds what reads as one, or tells nothing", () => {
    assert.deepEqual(finishesNothing(header("j"), damaged(done("a")), done("b")), [false]);
    const joined = damaged(`${started(1).trimEnd()}${done("a")}`.replace(/"c":"[^"]*"/g, '"c":"00000000"'));
    assert.deepEqual(finishesNothing(header("j"), joined, done("b")), [false]);
    assert.deepEqual(finishesNothing(header("j"), "what?\n", done("b")), [false]);
  });
});
