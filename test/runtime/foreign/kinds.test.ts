import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { mappingOf } from "../../../src/runtime/foreign/mapping.js";
import { sniffCheckpoint } from "../../../src/runtime/store/sniff.js";
import { foreignFixture, outcomeOf, readFixture, readForeign } from "../../support/foreign.js";

const numbered = (...numbers: number[]) => numbers.map((n) => `invoice-${String(n).padStart(3, "0")}`);

/** What each file holds: the whole truth about its rows. */
const files: Record<
  string,
  { format: string; total: number | null; done: string[]; failed: string[]; tokens?: [number, number] }
> = {
  "openai/batch_6742f1c2_output.jsonl": {
    format: "openai-batch",
    total: null,
    done: numbered(1, 2, 4, 5, 8),
    failed: ["invoice-003: refused", "invoice-006: refused", "invoice-007: overloaded"],
    tokens: [4 * 24 + 3 * 30 + 6, 4 * 8 + 3 * 5],
  },
  "openai/batch_6742f1c2_error.jsonl": {
    format: "openai-batch",
    total: null,
    done: [],
    failed: [
      "invoice-009: context-too-long",
      "invoice-010: rate-limit",
      "invoice-011: timeout",
      "invoice-012: overloaded",
    ],
  },
  "openai/requests.jsonl": { format: "openai-batch-input", total: 14, done: [], failed: [] },
  "anthropic/msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d_results.jsonl": {
    format: "anthropic-batch",
    total: null,
    done: ["my-first-request", "my-second-request"],
    failed: [
      "bad-request: bad-request",
      "declined: refused",
      "never-sent: canceled",
      "overloaded: overloaded",
      "too-late: timeout",
    ],
    tokens: [3 * 14, 3 * 34],
  },
  "bedrock/records.jsonl.out": {
    format: "bedrock-batch",
    total: null,
    done: ["3223593EFGH", "CALL0000001"],
    failed: ["1223213ABCD: bad-request", "1223213ABCE: rate-limit"],
  },
  "gemini/results.jsonl": {
    format: "gemini-batch",
    total: null,
    done: ["request-1", "vertex-7"],
    failed: [
      "request-2: refused",
      "request-3: refused",
      "request-4: rate-limit",
      "request-5: bad-request",
      "vertex-6: bad-request",
    ],
  },
  "promptfoo/results.json": {
    format: "promptfoo",
    total: 10,
    done: ["0/0/small", "0/1/large"],
    failed: [
      "1/0/small: bad-reply",
      "1/1/large: bad-reply",
      "2/0/small: overloaded",
      "2/1/large: overloaded",
      "3/0/small: network",
      "3/1/large: network",
      "4/0/small: auth",
      "4/1/large: auth",
    ],
    tokens: [80, 40],
  },
  "inspect/2026-11-20T09-59-59+00-00_capitals_Gprr29Mvdk.json": {
    format: "inspect",
    total: 6,
    done: ["3 (epoch 1)", "france (epoch 1)", "france (epoch 2)", "spain (epoch 2)"],
    failed: ["3 (epoch 2): timeout", "spain (epoch 1): rate-limit"],
  },
  "inspect/2026-11-20T11-00-00+00-00_capitals_started.json": {
    format: "inspect",
    total: 4,
    done: ["1"],
    failed: ["2: other"],
  },
};
files["promptfoo/results.jsonl"] = {
  ...files["promptfoo/results.json"]!,
  format: "promptfoo-jsonl",
  total: null,
};

describe("files of other tools", () => {
  for (const [name, expected] of Object.entries(files)) {
    it(`${name} has its ids, its failures by cause, and no error among what is done`, async () => {
      assert.equal(await sniffCheckpoint(foreignFixture(name)), expected.format);
      const { state, summary } = readFixture(name);
      const { done, failed, open } = outcomeOf(state);
      assert.deepEqual({ done, failed, open }, { done: expected.done, failed: expected.failed, open: [] });
      assert.equal(state.total, expected.total);
      const { format, damageCount, tornTail } = summary;
      assert.deepEqual(
        { format, damageCount, tornTail },
        { format: expected.format, damageCount: 0, tornTail: false },
      );
      assert.equal(state.runs.size, 0, "there is no run that anybody knows of");
      if (expected.tokens) {
        const { inputTokens, outputTokens } = state.usage;
        assert.deepEqual([inputTokens, outputTokens], expected.tokens);
      }
    });

    it(`${name} says the same however its bytes come`, () => {
      const whole = readFixture(name);
      for (const pieceBytes of [1, 7, 1000]) {
        assert.deepEqual(readFixture(name, {}, pieceBytes), whole);
      }
    });
  }

  it("has a test for every file that is there", () => {
    const names = readdirSync(foreignFixture("."), { recursive: true, encoding: "utf8" });
    const read = names.filter((name) => /\.(jsonl|json|out)$/.test(name) && !name.startsWith("json-lines"));
    assert.deepEqual(read.sort(), Object.keys(files).sort());
  });

  it("keeps results, times and costs of what is done", () => {
    const { records } = readFixture("promptfoo/results.json");
    const first = records.find((record) => record.type === "done");
    assert.ok(first?.type === "done");
    assert.equal(first.result, "small says: Capital of France?");
    assert.equal(first.usage?.usd, 0.001);
    assert.equal(typeof first.ms, "number");
    const { state } = readFixture("openai/batch_6742f1c2_output.jsonl");
    assert.equal(state.lastRecordAtMs, 1732471050_000);
  });
});

describe("rows of a shape of one's own", () => {
  const mapping = mappingOf({ id: "doc.id", error: "err", result: "answer", total: 8 });
  const text = readFileSync(foreignFixture("json-lines/out.jsonl"), "utf8");

  it("are read by a mapping: any error keeps a row from being done, and one success is enough", () => {
    const { state, summary } = readForeign(text, { mapping });
    assert.deepEqual(outcomeOf(state), {
      done: ["9007199254740993", "a-1", "a-2"],
      failed: ["a-3: context-too-long"],
      open: ["4"],
    });
    assert.equal(state.total, 8);
    assert.deepEqual(
      summary.faults.map(({ line, reason }) => [line, reason]),
      [[7, "wrong-shape"]],
    );
  });

  it("count by the latest of several failures", () => {
    const { state } = readForeign('{"id":1,"error":"429 x"}\n{"id":1,"error":"timed out"}', {
      mapping: mappingOf({ id: "id", error: "error" }),
    });
    assert.deepEqual(outcomeOf(state).failed, ["1: timeout"]);
  });

  it("take every sign of an error for one", () => {
    const as = { mapping: mappingOf({ id: "id", error: "error", result: "r" }) };
    const done = (error: string) =>
      outcomeOf(readForeign(`{"id":"a","r":1,"error":${error}}\n`, as).state).done;
    for (const error of ['"x"', "true", "1", "{}", "[]", '"null"', '{"message":null}'])
      assert.deepEqual(done(error), []);
    for (const error of ["null", "false", '""', "0"]) assert.deepEqual(done(error), ["a"]);
  });

  it("are done only where the condition holds", () => {
    const as = { mapping: mappingOf({ id: "id", done: "status=ok" }) };
    const { state } = readForeign(
      '{"id":"a","status":"ok"}\n{"id":"b","status":"running"}\n{"id":"c"}\n',
      as,
    );
    assert.deepEqual(outcomeOf(state), { done: ["a"], failed: [], open: ["b", "c"] });
  });

  it("are refused where a mapping is no mapping", () => {
    for (const value of [
      null,
      {},
      { id: "" },
      { id: 1 },
      { id: "a", total: -1 },
      { id: "a", done: "status" },
    ])
      assert.throws(() => mappingOf(value), TypeError);
  });
});
