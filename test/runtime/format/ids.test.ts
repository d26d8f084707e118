import assert from "node:assert/strict";
import { type ItemId, idText, idValue, keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord } from "../../../src/runtime/format/record.js";
import { scanBytes } from "../../support/scan.js";

const distinct: ItemId[] = [
  ...["a", "A", " a", "", "1", 1, "1.5", 1.5, "true", true, false, "null", null, -1],
  ...[9007199254740991, 9007199254740992n, 9007199254740993n, "9007199254740993"],
  ...["__proto__", "constructor", "hasOwnProperty", "é", "e\u0301", "\ud800", "\udc00", "\ufffd", "\u0000"],
];

describe("an item's id", () => {
  it("stays apart from every other through writing and reading", () => {
    const keys = distinct.map(keyOf);
    const lines = keys.map((item) => encodeRecord({ type: "done", atMs: 0, item }));
    const { done, state } = scanBytes(Buffer.concat(lines));
    assert.deepEqual(done, keys);
    assert.equal(state.done.size, distinct.length);
    assert.equal(
      scanBytes(lines.map((line) => line.toString().replace(/,"c".*/, "}")).join("")).done.length,
      distinct.length,
    );
  });

  it("is the same whether it was written with escapes or without", () => {
    const { done } = scanBytes('{"id":"\\u00e9\\/\\ud83d\\ude00","ts":1}\n{"id":"é/😀","ts":2}\n');
    assert.deepEqual(done, [keyOf("é/😀")]);
  });

  it("that is a number keeps all its digits", () => {
    const { done } = scanBytes('{"id":9007199254740993,"ts":1}\n{"id":9007199254740992,"ts":1}\n');
    assert.deepEqual(done, ["9007199254740993", "9007199254740992"]);
    assert.equal(idValue(keyOf(9007199254740993n)), "9007199254740993");
    assert.equal(idText(keyOf(9007199254740993n)), "9007199254740993");
    assert.equal(idValue(keyOf(5)), 5);
  });

  it("that a caller cannot mean exactly is refused", () => {
    for (const id of [2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 1e21])
      assert.throws(() => keyOf(id), RangeError, String(id));
    for (const id of [undefined, {}, [], Symbol("x"), () => 1])
      assert.throws(() => keyOf(id as ItemId), TypeError);
  });
});
