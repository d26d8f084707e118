import assert from "node:assert/strict";
import fc from "fast-check";
import { DocumentRows } from "../../../src/runtime/foreign/documentRows.js";

interface Taken {
  rows: unknown[];
  members: Record<string, unknown>;
  places: string[];
}

/** Takes `a.rows`, `b` and `a.c` out of a document that comes in pieces. */
function take(text: string, step: number): Taken & { parts: DocumentRows } {
  const bytes = Buffer.from(text);
  const parts = new DocumentRows(["a", "rows"], [["b"], ["a", "c"]]);
  const taken: Taken = { rows: [], members: {}, places: [] };
  for (let at = 0; at < bytes.length; at += step) {
    const piece = Buffer.from(bytes.subarray(at, at + step));
    for (const { name, bytes: found, offsetBytes, lengthBytes } of parts.push(piece)) {
      const value: unknown = JSON.parse(found!.toString("utf8"));
      if (name === null) taken.rows.push(value);
      else taken.members[name] = value;
      taken.places.push(bytes.toString("utf8", offsetBytes, offsetBytes + lengthBytes));
      assert.deepEqual(JSON.parse(taken.places.at(-1)!), value);
    }
    piece.fill(0x7e);
  }
  return { ...taken, parts };
}

describe("a document that is taken apart", () => {
  const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: false });

  it("gives what JSON.parse gives, however it is written and comes", () => {
    const document = fc.record({
      before: json,
      a: fc.record({ other: json, rows: fc.array(json, { maxLength: 4 }), c: json }),
      'b\\"': json,
      b: json,
    });
    fc.assert(
      fc.property(
        document,
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom(0, 1, "\t"),
        (value, step, indent) => {
          const text = JSON.stringify(value, null, indent);
          const { rows, members, parts } = take(text, step);
          const { a, b } = JSON.parse(text);
          assert.deepEqual({ rows, members }, { rows: a.rows, members: { b, "a.c": a.c } });
          assert.deepEqual([parts.isEnded, parts.isOpen, parts.hasMore], [true, false, false]);
          const cut = take(text.slice(0, Math.floor(text.length / 2)), step);
          assert.deepEqual(cut.rows, rows.slice(0, cut.rows.length));
          assert.equal(cut.parts.isEnded, false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("takes no list for the rows that has their name elsewhere, and says what follows it", () => {
    const { rows, parts } = take(
      '{"rows":[1],"x":{"a":{"rows":[2]}},"a":{"x":{"rows":[3]},"rows":[4,{"rows":[5]}]}} 6',
      3,
    );
    assert.deepEqual(rows, [4, { rows: [5] }]);
    assert.equal(parts.hasMore, true);
  });

  it("never throws for what is no JSON", () => {
    const part = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      "\\",
      "a",
      "rows",
      '"rows"',
      '"a"',
      " ",
      "\n",
      "1",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), fc.integer({ min: 1, max: 9 }), (texts, step) => {
        const parts = new DocumentRows(["a", "rows"], [["b"]]);
        const bytes = Buffer.from(`{"a":{"rows":[${texts.join("")}`);
        for (let at = 0; at < bytes.length; at += step)
          for (const _ of parts.push(bytes.subarray(at, at + step)));
      }),
      { numRuns: 300 },
    );
  });
});
