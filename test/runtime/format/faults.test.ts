import assert from "node:assert/strict";
import { done, header, own, started } from "../../support/damagedFiles.js";
import { scanBytes } from "../../support/scan.js";

describe("a damaged line", () => {
  const damaged = (line: string) => line.replace(/"c":"\w+"/, '"c":"00000000"');
  const keepsNoWork = (...lines: (string | Buffer)[]) =>
    scanBytes(Buffer.concat(lines.map((line) => Buffer.from(line as string)))).summary.faults.map(
      (fault) => fault.keepsNoWork ?? false,
    );

  it("is known to have kept no work where it reads as a header or as a run's beginning", () => {
    assert.deepEqual(keepsNoWork(damaged(header("j")), started(1), done("a")), [true]);
    assert.deepEqual(keepsNoWork(header("j"), damaged(started(1)), done("a")), [true]);
  });

  it("is not where it was an item's, or a step's, whose result is not paid for again", () => {
    const step = own({ type: "step", run: 1, attempt: 1, step: "outline", op: "o", result: 1 });
    for (const line of [done("a"), step])
      assert.deepEqual(keepsNoWork(header("j"), damaged(line), done("b")), [false], line);
  });

  it("is not where it may have swallowed what came behind it", () => {
    const lines = Buffer.from(started(1) + done("a") + done("b"));
    lines.fill(0, 40, lines.length - done("b").length - 1);
    assert.deepEqual(keepsNoWork(header("j"), lines, done("c")), [false]);
    assert.deepEqual(keepsNoWork(header("j"), started(1).slice(0, 40), "\n", done("c")), [false]);
    assert.deepEqual(keepsNoWork(header("j"), "what?\n", done("b")), [false]);
  });
});
