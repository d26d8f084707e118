import assert from "node:assert/strict";
import fc from "fast-check";
import { LineSplitter } from "../../../src/runtime/format/lines.js";

function split(chunks: readonly Buffer[], maxLineBytes?: number) {
  const splitter = new LineSplitter(maxLineBytes);
  const lines = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
  return { lines, tail: splitter.tail() };
}

/** Few different bytes, so that line ends are frequent and stand beside one another. */
const someBytes = fc
  .array(fc.constantFrom(0x0a, 0x0d, 0x00, 0x61, 0xe2, 0x80, 0xa8), { maxLength: 60 })
  .map((bytes) => Buffer.from(bytes));

describe("LineSplitter", () => {
  it("gives the same lines wherever the chunks are cut", () => {
    fc.assert(
      fc.property(someBytes, fc.array(fc.nat(60), { maxLength: 8 }), (bytes, cuts) => {
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i]!, end));
        assert.deepEqual(split(chunks, 7), split([bytes], 7));
      }),
      { numRuns: 2000 },
    );
  });

  it("splits at 0x0A alone and loses no byte", () => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        const { lines, tail } = split([bytes]);
        const whole = lines.flatMap((line) => [line.bytes!, Buffer.from("\n")]);
        assert.deepEqual(Buffer.concat([...whole, tail?.bytes ?? Buffer.alloc(0)]), bytes);
        for (const line of [...lines, ...(tail ? [tail] : [])])
          assert.deepEqual(bytes.subarray(line.offsetBytes, line.offsetBytes + line.lengthBytes), line.bytes);
        assert.deepEqual(
          lines.map((line) => line.number),
          lines.map((_, i) => i + 1),
        );
      }),
    );
  });

  it("does not hold a line that is too long, and goes on after it", () => {
    const { lines, tail } = split(
      [Buffer.from("123456\n12345\n"), Buffer.from("123"), Buffer.from("456")],
      5,
    );
    assert.deepEqual(
      lines.map(({ lengthBytes, bytes }) => [lengthBytes, bytes?.toString()]),
      [
        [6, undefined],
        [5, "12345"],
      ],
    );
    assert.deepEqual(tail, { number: 3, offsetBytes: 13, lengthBytes: 6, bytes: null });
  });

  it("keeps of a line over the limit as much as it allows, where such lines are to be cut", () => {
    const splitter = new LineSplitter(4, "cut");
    const chunks = ["ab", "cdefg", "h\nxyz\n12345"].map((text) => Buffer.from(text));
    const lines = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
    const shown = [...lines, splitter.tail()!].map(({ bytes, lengthBytes }) => [String(bytes), lengthBytes]);
    assert.deepEqual(shown, [
      ["abcd", 8],
      ["xyz", 3],
      ["1234", 5],
    ]);
  });
});
