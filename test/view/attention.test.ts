import assert from "node:assert/strict";
import { needsPerson } from "../../src/view/attention.js";
import { jobView } from "../../src/view/jobView.js";
import { readFixture, readForeign } from "../support/foreign.js";
import { sampleView } from "./sample.js";

describe("what needs a person", () => {
  const needs = (sample: Parameters<typeof sampleView>[0]) => needsPerson(sampleView(sample));
  const failed = { timeout: ["late"] };

  it("is what has damage, and what runs without getting on", () => {
    assert.ok(needs({ done: 3, damaged: true }));
    assert.ok(needs({ done: 10, begun: 8, live: true, silentMs: 100_000 }));
  });

  it("is what ended with failed items, or with items in doubt", () => {
    assert.ok(needs({ total: 3, done: 2, failed }));
    assert.ok(needs({ done: 2, failed, ended: "stopped" }));
    assert.ok(needs({ done: 2, begun: 1, ended: "stopped" }));
  });

  it("is what a limit, an error or a kill ended, and not what a person stopped", () => {
    for (const ended of ["budget", "deadline", "auth", "error", "max-failures"] as const)
      assert.ok(needs({ done: 3, ended }), ended);
    assert.ok(needs({ done: 3 })); // it left no word
    for (const ended of ["stopped", "interrupted", "limit"] as const)
      assert.ok(!needs({ done: 3, ended }), ended);
  });

  it("is what has something left to do, and no job file any more to do it", () => {
    assert.ok(needs({ done: 3, ended: "stopped", isStranded: true }));
    assert.ok(!needs({ total: 3, done: 3, ended: "finished", isStranded: true }));
  });

  it("is another tool's file only where it or some of its rows cannot be read: nobody can act on its failures here", () => {
    const viewOf = (
      { state, summary: scan }: ReturnType<typeof readForeign>,
      readError: string | null = null,
    ) => jobView({ checkpoint: "a", fallbackName: "a", state, scan, holder: null, nowMs: 0, readError });
    const failing = readFixture("openai/batch_6742f1c2_output.jsonl");
    assert.ok(viewOf(failing).status.failed > 0);
    assert.ok(!needsPerson(viewOf(failing)));
    assert.ok(!needsPerson(viewOf(readFixture("promptfoo/results.json"))), "finished with failures");
    assert.ok(needsPerson(viewOf(failing, "Cannot read it: permission denied.")));
    const row = '{"custom_id":"a","result":{"type":"expired"}}\n';
    assert.ok(!needsPerson(viewOf(readForeign(row))));
    assert.ok(needsPerson(viewOf(readForeign(`${row}{"custom_id":"b"}\n`))));
  });

  it("is nothing that runs, is finished or was never run", () => {
    assert.ok(!needs({ done: 3, failed, begun: 2, live: true }));
    assert.ok(!needs({ total: 3, done: 3, ended: "finished" }));
    assert.ok(!needsPerson(null));
  });
});
