import assert from "node:assert/strict";
import { clearedDetails, clearedText } from "../../src/view/clearedText.js";
import { jobDetails, jobRow } from "../../src/view/jobRow.js";
import { runDetails, runRow } from "../../src/view/runText.js";
import { sampleView, startMs } from "./sample.js";

describe("a run's row", () => {
  const told = (sample: Parameters<typeof sampleView>[0]) => {
    const { status } = sampleView(sample);
    const { ended, run, detail } = status.lastRun!;
    return { run, live: false, ended, lossDetail: detail };
  };

  it("says which limit or error ended it, before what it did", () => {
    assert.equal(
      runRow(told({ done: 4, ended: "budget", endDetail: "$0.58 of $0.60 is spent" })),
      "stopped by its budget: $0.58 of $0.60 is spent · 4 done · 1 s",
    );
    assert.equal(
      runRow(told({ done: 4, ended: "error", endDetail: "no such file\u202e: a.csv" })),
      "error: no such file\\u{202e}: a.csv · 4 done · 1 s",
    );
    assert.equal(
      runRow(told({ done: 1, failed: { other: ["no"] } })),
      "ended without a word · 1 done · 1 failed",
    );
  });

  it("is whole in its tooltip", () => {
    const detail = `too long ${"x".repeat(300)}`;
    assert.match(runRow(told({ done: 1, ended: "error", endDetail: detail })), /…/);
    assert.ok(runDetails(told({ done: 1, ended: "error", endDetail: detail }))[1]!.includes(detail));
  });
});

describe("a job whose checkpoint was cleared", () => {
  const cleared = { atMs: startMs, finished: true };

  it("says so instead of that it was never run", () => {
    const { accessibleLabel, description, look } = jobRow("nightly", null, cleared);
    assert.equal(description, clearedText(cleared));
    assert.match(description, /^finished, then cleared 2026-11-2[012] /);
    assert.equal(accessibleLabel, `job nightly, ${description}`);
    assert.equal(look, "new");
    assert.match(clearedText({ ...cleared, finished: false }), /^cleared 2026/);
    assert.deepEqual(jobDetails("nightly", null, cleared).slice(1), clearedDetails(cleared));
  });

  it("is not spoken of once it runs again", () => {
    assert.match(jobRow("nightly", sampleView({ done: 3 }), cleared).description, /^3\/1,000/);
  });
});
