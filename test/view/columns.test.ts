import assert from "node:assert/strict";
import { columnsOf, cutToColumns } from "../../src/view/columns.js";

describe("columns of a terminal", () => {
  const texts: [text: string, columns: number][] = [
    ["ab", 2],
    ["日本", 4],
    ["ｈａ", 4],
    ["한글", 4],
    ["e\u0301", 1],
    ["😀", 2],
    ["⚡✅", 4],
    ["❤\ufe0f", 2],
    ["█░…·–", 5],
    ["", 0],
  ];
  for (const [text, columns] of texts)
    it(`counts ${JSON.stringify(text)} as ${columns}`, () => assert.equal(columnsOf(text), columns));

  it("cuts before a wide character that has no room, not through it", () => {
    assert.deepEqual(
      [6, 5, 4, 2, 1].map((columns) => cutToColumns("日本語", columns)),
      ["日本語", "日本…", "日…", "…", "…"],
    );
  });
});
