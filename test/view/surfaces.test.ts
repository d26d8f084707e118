import assert from "node:assert/strict";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { createJobState } from "../../src/runtime/state/jobState.js";
import { planRepair } from "../../src/runtime/state/repairPlan.js";
import { failureGroups } from "../../src/view/failures.js";
import { faultText } from "../../src/view/faultText.js";
import { editText, repairLines } from "../../src/view/repairText.js";
import { statusBar } from "../../src/view/statusBar.js";
import { statusJson } from "../../src/view/statusJson.js";
import { sampleView } from "./sample.js";

describe("the status bar", () => {
  it("is empty while nothing runs", () => {
    assert.equal(statusBar([]), null);
    assert.equal(statusBar([sampleView({ done: 3 })]), null);
  });

  it("shows what runs, how far it is and how long it takes", () => {
    const shown = statusBar([sampleView({ done: 847, begun: 8, live: true }), sampleView({ done: 1 })]);
    assert.match(shown!.text, /^nightly 84% · 8 in flight · \d+(–\d+)? s left$/);
    assert.equal(shown!.tone, "normal");
    assert.match(shown!.accessibleLabel, /^1 agent job running: nightly, 84%/);
  });

  it("shows the one that has stalled, and how many others run", () => {
    const views = [
      sampleView({ name: "a", done: 1, live: true }),
      sampleView({ name: "b", done: 500, live: true, silentMs: 100_000 }),
    ];
    assert.deepEqual(
      [statusBar(views)?.text, statusBar(views)?.tone],
      ["2 runs · b 50% · stalled", "warning"],
    );
  });

  it("says that the one is damaged that is, and not by its colour alone", () => {
    const views = [
      sampleView({ name: "a", done: 1, live: true }),
      sampleView({ name: "b", done: 500, live: true, damaged: true }),
    ];
    const shown = statusBar(views);
    assert.equal(shown?.tone, "warning");
    assert.match(shown!.text, /^2 runs · b 50% .*· damaged$/);
    assert.match(shown!.accessibleLabel, /^2 agent jobs running: b, 50%.*, damaged$/);
  });

  it("shows a pause and why, unless the run is to stop", () => {
    const paused = {
      done: 500,
      begun: 2,
      live: true,
      pace: { concurrency: 8, pauseMs: 6_000, cause: "overloaded" },
    };
    const shown = statusBar([sampleView(paused)]);
    assert.deepEqual(
      [shown?.text, shown?.paused],
      ["nightly 50% · 2 in flight · paused 6 s: overloaded", true],
    );
    assert.equal(statusBar([sampleView({ ...paused, silentMs: 6_000 })])?.paused, false);
    assert.equal(statusBar([sampleView({ ...paused, stopping: true })])?.paused, false);
  });

  it("says what a run that is to stop still does", () => {
    const shown = statusBar([sampleView({ done: 500, begun: 8, live: true, stopping: true })]);
    assert.equal(shown?.text, "nightly 50% · stopping: finishing 8 items in flight…");
  });
});

describe("status --json", () => {
  it("has the shape of the contract", () => {
    const failed = { timeout: ["late"] };
    const json = statusJson(sampleView({ done: 845, failed, begun: 8, live: true }));
    const { eta, saved, usage, run, ...rest } = json as Record<string, Record<string, number>>;
    assert.deepEqual(rest, {
      ...{ job: "nightly", label: null, checkpoint: "checkpoints/nightly.jsonl", format: "agent-jobs" },
      ...{ state: "running", damaged: false, total: 1000, done: 845, failed: 1, inDoubt: 0, remaining: 154 },
      ...{
        inFlight: 8,
        gone: 0,
        unverified: 0,
        tornTail: false,
        faults: [],
        faultCount: 0,
        lastRun: null,
        inDoubtItems: [],
      },
    });
    assert.ok(eta!.p50Ms! <= eta!.p90Ms!);
    assert.deepEqual(run, { pid: 4121, host: "ada", startedAt: "2026-11-21T04:00:00Z", run: 1 });
    assert.deepEqual([saved!.items, saved!.ms], [845, 1_690_000]);
    assert.equal(usage!.inputTokens, 676_000);
  });

  it("says unreadable with its error, and null for what nobody knows", () => {
    const json = statusJson(sampleView({ total: null, readError: "Cannot read it." }));
    assert.deepEqual(
      [json.state, json.error, json.total, json.eta],
      ["unreadable", "Cannot read it.", null, null],
    );
  });
});

describe("failures", () => {
  it("are grouped by cause, the largest group first, in the order in which they failed", () => {
    const view = sampleView({ failed: { timeout: ["one"], "rate-limit": ["two", "three"] } });
    const groups = failureGroups(view).map(({ cause, items }) => [
      cause,
      items.map((item) => item.failure.message),
    ]);
    assert.deepEqual(groups, [
      ["rate-limit", ["two", "three"]],
      ["timeout", ["one"]],
    ]);
  });
});

describe("faults and their repair", () => {
  const fault = {
    ...{ line: 7, offsetBytes: 100, lengthBytes: 40, reason: "checksum" as const },
    ...{ residue: false, salvaged: 0 },
  };
  const summary = sampleView({ damaged: true }).scan;

  it("are told in a sentence", () => {
    assert.match(faultText(fault), /bytes changed after it was written\. If it held a finished item/);
    assert.match(faultText({ ...fault, reason: "torn", residue: true }), /Nothing finished was lost/);
    assert.match(
      faultText({ ...fault, keepsNoWork: true }),
      /It kept no item's work: nothing has to be done/,
    );
    assert.match(faultText({ ...fault, salvaged: 1 }), /1 whole record in it could be saved/);
  });

  it("say what is kept, saved and dropped", () => {
    const plan = planRepair({ summary, faults: [{ fault, salvaged: [] }], sizeBytes: 5_000 });
    assert.deepEqual(repairLines(plan, summary), [
      "Damaged: 1 line.",
      "Kept as it is: 5.0 KB of 5.0 KB.",
      "Dropped: 41 bytes.",
      "No item counts as done before or after.",
      "May have to be done again: up to 1 item.",
    ]);
  });

  it("do not promise that nothing is lost where a changed line reads as an item that is done", () => {
    const [a, state] = [keyOf("a"), createJobState()];
    state.done.add(a);
    const input = { summary, sizeBytes: 5_000, state };
    const plan = planRepair({ ...input, faults: [{ fault, salvaged: [], readable: [a] }] });
    assert.deepEqual(repairLines(plan, summary).slice(3), [
      "The 1 item that counts as done stays done.",
      "May have to be done again: up to 1 item.",
    ]);
    assert.equal(
      editText(plan.edits[0]!),
      "The record's bytes changed after it was written: dropped; it reads as a, which another line stands for: it may have been of another item.",
    );
    const torn = { fault: { ...fault, reason: "torn" as const }, salvaged: [], readable: [a] };
    assert.equal(
      repairLines(planRepair({ ...input, faults: [torn] }), summary).at(-1),
      "Nothing has to be done again because of this.",
    );
  });
});
