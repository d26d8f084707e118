import assert from "node:assert/strict";
import { capabilitiesOf } from "../../src/view/capabilities.js";
import { type Sample, sampleView } from "./sample.js";

describe("what can be done with a job", () => {
  const failed = { other: ["no"] };
  const table: [string, Sample | null, string[]][] = [
    ["never ran", null, ["runnable"]],
    ["is live", { done: 1, live: true }, ["hasResults", "openable", "stoppable"]],
    ["is live with failures", { failed, live: true }, ["hasFailures", "openable", "stoppable"]],
    ["is stopping", { done: 1, live: true, stopping: true }, ["hasResults", "openable"]],
    ["is stalled", { done: 1, live: true, silentMs: 100_000 }, ["hasResults", "openable", "stoppable"]],
    ["is damaged and live", { damaged: true, live: true }, ["openable", "stoppable"]],
    ["was stopped", { done: 1, ended: "stopped" }, ["clearable", "hasResults", "openable", "resumable"]],
    ["was killed", { done: 1, begun: 1 }, ["clearable", "hasResults", "markable", "openable", "resumable"]],
    [
      "is damaged with items in doubt",
      { begun: 1, damaged: true },
      ["clearable", "openable", "repairable", "resumable"],
    ],
    [
      "is finished",
      { total: 1, done: 1, ended: "finished" },
      ["clearable", "hasResults", "openable", "runnable"],
    ],
    [
      "has failures",
      { total: 1, failed },
      ["clearable", "hasFailures", "openable", "resumable", "retryable"],
    ],
    [
      "is damaged",
      { done: 1, damaged: true },
      ["clearable", "hasResults", "openable", "repairable", "resumable"],
    ],
    ["cannot be read", { readError: "Cannot read." }, ["openable"]],
  ];
  for (const [name, sample, expected] of table)
    it(`that ${name}`, () => {
      const view = sample && sampleView(sample);
      assert.deepEqual([...capabilitiesOf({ view, hasJobFile: true, trusted: true })].sort(), expected);
      const reading = expected.filter((one) => one === "openable" || one.startsWith("has"));
      assert.deepEqual([...capabilitiesOf({ view, hasJobFile: true, trusted: false })].sort(), reading);
      const alone = expected.filter((one) => !["runnable", "resumable", "retryable"].includes(one));
      assert.deepEqual([...capabilitiesOf({ view, hasJobFile: false, trusted: true })].sort(), alone);
    });

  it("that has a backup: it is brought back, be it there or not, but not while it is live or only read", () => {
    const canUndo = (sample: Sample | null, trusted = true) =>
      capabilitiesOf({
        ...{ view: sample && sampleView(sample), hasJobFile: true, hasBackup: true, trusted },
      }).has("undoable");
    assert.ok(canUndo(null));
    assert.ok(canUndo({ done: 1, damaged: true }));
    assert.ok(!canUndo({ done: 1, live: true }));
    assert.ok(!canUndo({ done: 1 }, false));
  });
});
