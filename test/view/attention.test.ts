import assert from "node:assert/strict";
import { needsPerson } from "../../src/view/attention.js";
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

  it("is nothing that runs, is finished or was never run", () => {
    assert.ok(!needs({ done: 3, failed, begun: 2, live: true }));
    assert.ok(!needs({ total: 3, done: 3, ended: "finished" }));
    assert.ok(!needsPerson(null));
  });
});
