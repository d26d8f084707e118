import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beginningOf } from "../../../src/runtime/foreign/beginning.js";
import { kindNamed } from "../../../src/runtime/foreign/kindOf.js";
import { mappingOf } from "../../../src/runtime/foreign/mapping.js";
import { foreignKinds } from "../../../src/runtime/format/foreignKinds.js";
import { foreignFixture, outcomeOf, readForeign } from "../../support/foreign.js";

const kinds = foreignKinds.filter((kind) => kindNamed(kind) !== undefined);
const names = [
  "custom_id",
  "response",
  "error",
  "result",
  "status_code",
  "body",
  "type",
  "message",
  "key",
  "recordId",
]
  .concat([
    "modelOutput",
    "candidates",
    "status",
    "testIdx",
    "promptIdx",
    "success",
    "failureReason",
    "provider",
  ])
  .concat([
    "id",
    "epoch",
    "output",
    "choices",
    "refusal",
    "usage",
    "results",
    "samples",
    "eval",
    "stats",
    "__proto__",
  ]);
const words = ["succeeded", "errored", "", "a", "batch_expired", "refusal", "\u202e", "success"];
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom(...words),
    fc.constantFrom(0, 1, 200, 400, -1, 1e300, 2 ** 53),
    fc.constantFrom(null, true, false),
    fc.array(tie("any"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.dictionary(fc.constantFrom(...names), tie("any"), { maxKeys: 7, noNullPrototype: true }),
}));

describe("hostile files of other tools", () => {
  it("never throw, whatever rows are in them, and count no row twice", () => {
    fc.assert(
      fc.property(
        fc.array(value.object!, { maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        (rows, step) => {
          const lines = `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`;
          const documents: Record<string, string> = {
            inspect: JSON.stringify({ version: 2, status: "success", eval: { task: "t" }, samples: rows }),
            promptfoo: JSON.stringify({
              evalId: "e",
              results: { version: 3, results: rows, stats: rows[0] ?? null },
            }),
          };
          for (const kind of kinds)
            for (const text of [lines, ...Object.values(documents)]) {
              const { state, summary } = readForeign(text, { kind }, step);
              for (const item of state.done) assert.ok(!state.open.has(item));
              assert.deepEqual(readForeign(text, { kind }).state, state, "however its bytes come");
              // What is of another kind may have any list where this one has its rows.
              if (text !== (documents[kind] ?? lines)) continue;
              assert.ok(state.done.size + state.open.size + summary.faultCount <= rows.length);
            }
          readForeign(
            lines,
            { mapping: mappingOf({ id: "id", error: "error", result: "result.message" }) },
            step,
          );
          readForeign(lines);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("are no done items where anything tells of an error, in any member that may", () => {
    const told = [
      '"custom_id":"x","response":{"status_code":200,"body":{"a":1}},"error":{"code":"x"}',
      '"custom_id":"x","response":{"status_code":200,"body":{"error":{"message":"m"}}},"error":null',
      '"custom_id":"x","response":{"status_code":302,"body":{"a":1}},"error":null',
      '"custom_id":"x","response":{"status_code":"200","body":{"a":1}},"error":null',
      '"custom_id":"x","response":{"body":{"a":1}},"error":null',
      '"custom_id":"x","response":null,"error":null',
      '"custom_id":"x","result":{"type":"succeeded"}',
      '"custom_id":"x","result":{"type":"succeeded","message":{"type":"error"}}',
      '"custom_id":"x","result":{"type":"succeeded","message":{},"error":"e"}',
      '"recordId":"x","modelInput":{},"modelOutput":{"a":1},"error":{"errorCode":1}',
      '"key":"x","response":{"candidates":[{"finishReason":"STOP"}]},"error":{"code":2}',
      '"key":"x","response":{"candidates":[]}',
      '"testIdx":0,"promptIdx":0,"success":true,"failureReason":2',
      '"testIdx":0,"promptIdx":0,"success":true,"error":"e"',
      '"testIdx":0,"promptIdx":0,"success":true,"response":{"error":"e"}',
      '"testIdx":0,"promptIdx":0,"success":"true","failureReason":0',
    ];
    for (const row of told)
      for (const kind of kinds)
        assert.deepEqual(outcomeOf(readForeign(`{${row}}\n`, { kind }).state).done, [], `${kind}: ${row}`);
  });

  it("keep faults of bad lines apart, and count the others", () => {
    const good = readFileSync(
      foreignFixture("anthropic/msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d_results.jsonl"),
      "utf8",
    );
    const bad = [
      '{"custom_id":"to',
      "[]",
      "\0\0",
      '{"custom_id":null,"result":{"type":"succeeded","message":{}}}',
    ];
    const { state, summary } = readForeign(`${good}${bad.join("\n")}\n\n{"custom_id":"last`);
    assert.deepEqual(
      summary.faults.map(({ reason }) => reason),
      ["not-json", "not-json", "nul", "wrong-shape"],
    );
    assert.deepEqual([state.done.size, state.open.size, summary.tornTail], [2, 5, true]);
  });

  it("may have a byte order mark and Windows' line ends", () => {
    const text = readFileSync(foreignFixture("openai/batch_6742f1c2_output.jsonl"), "utf8");
    const dressed = readForeign(`\ufeff${text.replaceAll("\n", "\r\n")}`);
    assert.deepEqual(outcomeOf(dressed.state), outcomeOf(readForeign(text).state));
    assert.equal(dressed.summary.faultCount, 0);
    const document = readFileSync(foreignFixture("promptfoo/results.json"), "utf8");
    assert.deepEqual(readForeign(`\ufeff${document.replaceAll("\n", "\r\n")}`).state.done.size, 2);
  });

  it("are told by their beginning wherever it is cut", () => {
    const text = readFileSync(foreignFixture("promptfoo/results.json"), "utf8");
    for (let end = 1; end < 3_000; end += 37) assert.equal(beginningOf(text.slice(0, end))?.isWhole, false);
    assert.equal(beginningOf(text)?.isWhole, true);
    for (const other of ["", "[1]", '"a"', "{a", "\0", "{]"]) beginningOf(other);
    assert.equal(beginningOf("{".repeat(100_000)), undefined);
  });
});
