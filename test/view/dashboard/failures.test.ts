import assert from "node:assert/strict";
import { readRequest } from "../../../src/extension/dashboard/protocol.js";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import type { OpenEntry } from "../../../src/runtime/state/status.js";
import { anyFailure, FailurePick, type FailureQuery, maxRows } from "../../../src/view/dashboard/failures.js";
import { headOf } from "../../../src/view/dashboard/head.js";
import { sampleView } from "../sample.js";

function failed(id: string, cause: string, message: string, atMs: number, attempt = 1): OpenEntry {
  const failure = { cause, message, attempt, run: 1, atMs };
  return { item: keyOf(id), open: { attempt, run: 1, phase: "failed", atMs, failure } };
}

function picked(entries: readonly OpenEntry[], query: Partial<FailureQuery> = {}) {
  const pick = new FailurePick({ ...anyFailure, ...query });
  for (const entry of entries) pick.take(entry);
  return pick.result();
}

const few = [
  failed("doc-2", "timeout", "No reply within 60 s", 1_000),
  failed("doc-10", "rate-limit", "429 Too many requests", 3_000, 8),
  failed("doc-1", "timeout", "Late", 2_000, 2),
];

describe("the table of failures", () => {
  it("lists the newest first, and sorts by any column, numbers in ids by their value", () => {
    const items = (query: Partial<FailureQuery>) => picked(few, query).rows.map(({ item }) => item);
    assert.deepEqual(items({}), ["doc-10", "doc-1", "doc-2"]);
    assert.deepEqual(items({ sort: "item", descending: false }), ["doc-1", "doc-2", "doc-10"]);
    assert.deepEqual(items({ sort: "item", descending: true }), ["doc-10", "doc-2", "doc-1"]);
    assert.deepEqual(items({ sort: "attempt", descending: true }), ["doc-10", "doc-1", "doc-2"]);
    assert.deepEqual(items({ sort: "cause", descending: false }), ["doc-10", "doc-1", "doc-2"]);
  });

  it("says of a failure without a time that none is recorded", () => {
    const [known, unknown] = picked([...few.slice(0, 1), failed("doc-3", "timeout", "Late", 0)]).rows;
    assert.match(known!.time, /^19/);
    assert.equal(unknown!.time, "not recorded");
  });

  it("is filtered by id, cause or message, whatever the case, and by one cause", () => {
    const found = (query: Partial<FailureQuery>) => picked(few, query).matching;
    assert.equal(found({ text: "DOC-1" }), 2);
    assert.equal(found({ text: "no reply" }), 1);
    assert.equal(found({ text: "rate-" }), 1);
    assert.equal(found({ cause: "timeout" }), 2);
    assert.equal(found({ cause: "timeout", text: "late" }), 1);
    assert.equal(found({ text: "nothing" }), 0);
    assert.deepEqual(
      picked(few, { text: "nothing" }).causes.map(({ label }) => label),
      ["timeout: 2 items", "rate-limit: 1 item"],
    );
  });

  it("keeps the right rows of any number", () => {
    const many = Array.from({ length: 30_000 }, (_, i) =>
      failed(`n-${i}`, `cause ${i % 3}`, "m", (i * 7_919) % 30_000),
    );
    const { rows, matching, total, causes } = picked(many, { limit: 50 });
    assert.deepEqual([rows.length, matching, total, causes.length], [50, 30_000, 30_000, 3]);
    const expected = [...many].sort((a, b) => b.open.atMs - a.open.atMs).slice(0, 50);
    assert.deepEqual(
      rows.map(({ key }) => key),
      expected.map(({ item }) => item),
    );
  });

  it("shows no secret, no control character, and nothing longer than a row", () => {
    const { rows } = picked([
      failed(`a\u202e${"x".repeat(500)}`, "c\u001b[2J", `sk-ant-${"a1".repeat(20)} ${"y".repeat(5_000)}`, 1),
    ]);
    const [row] = rows;
    assert.ok(row!.item.length <= 130 && row!.message.length <= 310);
    const { key: _, ...shown } = row!;
    assert.doesNotMatch(JSON.stringify(shown), /\u202e|\\u001b|a1a1a1a1/);
  });
});

describe("what the page of a dashboard asks for", () => {
  const query = { text: "", cause: null, sort: "time", descending: true, limit: 100 };

  it("is taken where it is whole, without what else is in it", () => {
    assert.deepEqual(readRequest({ type: "query", query: { ...query, evil: 1 } }), { type: "query", query });
    for (const knowsFirst of [true, false])
      assert.deepEqual(readRequest({ type: "ready", query, knowsFirst, evil: 1 }), {
        ...{ type: "ready", query, knowsFirst },
      });
    assert.deepEqual(readRequest({ type: "retry", refs: [0, 4] }), { type: "retry", refs: [0, 4] });
    assert.deepEqual(readRequest({ type: "open", ref: 3, command: "x" }), { type: "open", ref: 3 });
    assert.deepEqual(readRequest({ type: "act", action: "stop", ref: 3 }), { type: "act", action: "stop" });
  });

  it("is dropped where it is not", () => {
    const broken = [
      ...[null, 1, "ready", {}, { type: "run" }, { type: "ready" }, { type: "open", ref: -1 }],
      ...[
        { type: "open", ref: "0" },
        { type: "retry", refs: [] },
        { type: "retry", refs: [1.5] },
      ],
      { type: "retry", refs: new Array(maxRows + 1).fill(0) },
      { type: "query", query: { ...query, sort: "__proto__" } },
      { type: "query", query: { ...query, limit: maxRows + 1 } },
      { type: "query", query: { ...query, text: "x".repeat(201) } },
      { type: "query", query: { ...query, cause: 1 } },
      { type: "retryCause", cause: ["a"] },
      ...[undefined, "clear", "toString", ["run"]].map((action) => ({ type: "act", action })),
    ];
    for (const message of broken)
      assert.equal(readRequest(message), undefined, JSON.stringify(message)?.slice(0, 80));
  });
});

describe("the head of a dashboard", () => {
  it("tells how the job stands, how far it is, and what it took", () => {
    const view = sampleView({ done: 847, failed: { timeout: ["a", "b"] }, begun: 1, ended: "stopped" });
    const { title, bar, figures, lines } = headOf("nightly", view, []);
    assert.deepEqual([title, bar!.label], ["nightly", "84% done: 847 of 1,000 items"]);
    assert.deepEqual(lines, ["Stopped", "Run 1 was stopped."]);
    assert.deepEqual(
      figures.filter(({ leadsTo }) => leadsTo === "failures").map(({ name }) => name),
      ["Failed"],
    );
    assert.deepEqual(
      figures.map(({ name, value, note }) => [name, value, note]),
      [
        ["Done", "847", "of 1,000 · 84%"],
        ["Failed", "2", "0.2% of all"],
        ["In doubt", "1", "begun, no end recorded"],
        ["Tokens", "762,300", "677,600 in · 84,700 out"],
        ["Cost", "$0.85", "$0.001 an item done"],
      ],
    );
  });

  it("says killed where the latest run was, as the job's row does", () => {
    const { lines } = headOf("nightly", sampleView({ done: 1, lost: "killed" }), []);
    assert.equal(lines[0], "Killed");
  });

  it("tells of a job that runs how long it takes yet and how fast it was lately", () => {
    const view = sampleView({ done: 400, begun: 8, live: true });
    const names = headOf("nightly", view, [
      { firstMs: view.nowMs - 30_000, done: 120, failed: 0, usd: 0, inputTokens: 0, outputTokens: 0 },
    ]).figures.map(({ name, value }) => `${name} ${value}`);
    assert.ok(
      names.some((text) => /^Time left \d/.test(text)),
      names.join(),
    );
    assert.ok(
      names.some((text) => /^Rate [\d.]+\/min$/.test(text)),
      names.join(),
    );
  });

  it("says of a job that never ran just that", () => {
    assert.deepEqual(headOf("new", null, []), {
      ...{
        title: "new",
        look: "new",
        lines: ["Not run yet", "Charts appear here once its items end."],
        bar: null,
        figures: [],
      },
    });
  });
});
