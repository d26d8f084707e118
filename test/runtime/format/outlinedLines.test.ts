import assert from "node:assert/strict";
import fc from "fast-check";
import { parseLine } from "../../../src/runtime/format/parseLine.js";
import { checksummed } from "../../support/scan.js";
import { hostileLines } from "../../torture/hostileLines.js";

/** What is nested too deep for assert to compare is longer. */
const maxComparedBytes = 10_000;

/** What a line is, its deferred members made, once parsed whole and once looked over. */
function bothWays(line: Buffer): [unknown, unknown] {
  const made = (outlinedFromBytes: number) => {
    const parsed = parseLine(line, outlinedFromBytes);
    if (!("record" in parsed)) return parsed;
    const record: Record<string, unknown> = { ...parsed.record };
    // Of members that no record has nobody reads anything: an outline leaves them out.
    for (const name of ["x", "error", "other", "__proto__", "constructor", "toString", "extra"])
      delete record[name];
    if (line.length >= maxComparedBytes) delete record.result;
    return { ...parsed, record };
  };
  return [made(Number.POSITIVE_INFINITY), made(-1)];
}

/** Readers trim a line first. */
function assertSame(untrimmed: Buffer): void {
  const line = Buffer.from(untrimmed.toString("latin1").replace(/^[ \t\r]+|[ \t\r]+$/g, ""), "latin1");
  const [whole, outlined] = bothWays(line);
  assert.deepEqual(outlined, whole, JSON.stringify(line.toString("latin1").slice(0, 500)));
}

const id = fc.oneof(fc.string(), fc.integer(), fc.constantFrom(null, true, 1.5, [], {}, "__proto__"));
const rest = {
  ts: fc.oneof(fc.double({ noNaN: true }), fc.constantFrom("1", null)),
  result: fc.jsonValue(),
};
const members = fc.oneof(
  fc.record({ id, ...rest }, { requiredKeys: [] }),
  fc.record(
    { id, ...rest, ms: fc.jsonValue(), usage: fc.jsonValue(), attempt: fc.nat() },
    { requiredKeys: ["id"] },
  ),
  fc.record(
    {
      turn: fc.nat(),
      state: fc.jsonValue(),
      completed_items: fc.array(id),
      timestamp: fc.nat(),
      other: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
  fc.record({
    type: fc.constantFrom("step", "started", "failed", "gone", "back", "measured"),
    ...{ item: id, ts: fc.nat(), run: fc.nat(), attempt: fc.nat(), step: fc.string(), op: fc.string() },
    ...{
      result: fc.jsonValue(),
      cause: fc.string(),
      message: fc.string(),
      total: fc.nat(),
      params: fc.jsonValue(),
    },
  }),
);
const text = fc.oneof(
  members.map((value) => JSON.stringify(value)),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  // What JSON.stringify does not write: blanks, Python's tokens, names that come twice or are escaped.
  fc.constantFrom(
    '{"id":1,"ts":2,"result":[NaN,-Infinity,"NaN"]}',
    '{ "id" : 12345678901234567890 , "ts" : 1e3 }',
    '{"id":1,"id":2,"ts":1}',
    '{"\\u0069d":"é","ts":1}',
    '{"id":-NaN,"ts":1}',
    '{"id":"a","ts":1,"__proto__":{"ts":2}}',
    '{"turn":1,"completed_items":[1.0,"1",true,null,1e2],"state":{"cost":Infinity}}',
    "[1,2",
    '"text"',
    "-0.0e+00",
    "00",
  ),
);

describe("a line that is too long to be parsed whole", () => {
  it("gets the same verdict, and the same record, as one that is", () => {
    fc.assert(
      fc.property(text, (line) => assertSame(Buffer.from(line))),
      { numRuns: 1500 },
    );
    fc.assert(
      fc.property(members, (value) => {
        const line = checksummed(JSON.stringify(value).slice(0, -1));
        assertSame(line.subarray(0, -1));
      }),
      { numRuns: 1500 },
    );
  });

  it("gets it as well where it was cut or damaged", () => {
    fc.assert(
      fc.property(
        text,
        fc.nat(),
        fc.option(fc.constantFrom(...'\\"{}[],:0e.-tN \t\r\u0001é')),
        (line, at, char) => {
          const bytes = Buffer.from(line);
          const place = at % (bytes.length + 1);
          const damage = char === null ? [] : [Buffer.from(char), bytes.subarray(place + 1)];
          assertSame(Buffer.concat([bytes.subarray(0, place), ...damage]));
        },
      ),
      { numRuns: 6000 },
    );
  });

  it("gets it as well where somebody means harm", () => {
    for (const { bytes } of hostileLines())
      for (const line of bytes.toString("latin1").split("\n")) assertSame(Buffer.from(line, "latin1"));
  });

  it("has its result made when it is asked for, once", () => {
    const line = checksummed(`{"id":"a","ts":1,"result":{"list":[${"1,".repeat(200_000)}1]}`).subarray(0, -1);
    const parsed = parseLine(line);
    assert.ok("record" in parsed && parsed.record.type === "done");
    const { result } = parsed.record;
    assert.equal((result as { list: number[] }).list.length, 200_001);
    assert.equal(parsed.record.result, result);
  });
});
