import assert from "node:assert/strict";
import type { RunEndReason } from "../../src/runtime/format/record.js";
import { headOf } from "../../src/view/dashboard/head.js";
import { goneOnByText, jobDetails, jobRow, lastRunLine } from "../../src/view/jobRow.js";
import { lossText } from "../../src/view/lossText.js";
import { statusBar } from "../../src/view/statusBar.js";
import { sampleView } from "./sample.js";

describe("a job's row", () => {
  const row = (sample: Parameters<typeof sampleView>[0]) => jobRow("nightly", sampleView(sample));

  it("says what a job that never ran is", () => {
    assert.deepEqual(jobRow("nightly", null), {
      title: "nightly",
      description: "not run yet",
      look: "new",
      accessibleLabel: "job nightly, not run yet",
    });
  });

  it("says how far a run is, and how long it takes", () => {
    const { look, description, accessibleLabel } = row({
      ...{ done: 847, failed: { timeout: ["late", "late"] }, begun: 8, live: true },
    });
    assert.equal(look, "running");
    assert.match(description, /^847\/1,000 · 2 failed · \d+(–\d+)? s left$/);
    assert.equal(accessibleLabel, "job nightly, running, 84 percent, 2 failed");
  });

  it("does not say how long a run takes that has done all and not ended yet", () => {
    const all = { total: 30, done: 30, live: true };
    assert.equal(row(all).description, "30/30");
    assert.equal(statusBar([sampleView(all)])?.text, "nightly 100%");
    assert.ok(!jobDetails("nightly", sampleView(all)).some((line) => line.endsWith(" left")));
  });

  it("says that a run is stopping instead of how long it takes", () => {
    const { description, accessibleLabel } = row({ done: 10, begun: 8, live: true, stopping: true });
    assert.equal(description, "10/1,000 · stopping, 8 in flight");
    assert.equal(accessibleLabel, "job nightly, running, 1 percent, stopping");
  });

  it("says how long a pause lasts yet and why, and how many go at a time, instead of how long all takes", () => {
    const paused = {
      failed: { timeout: ["late"] },
      done: 10,
      begun: 2,
      live: true,
      pace: { concurrency: 2, pauseMs: 12_000, cause: "rate-limit" },
    };
    const { description, accessibleLabel, look } = row(paused);
    assert.equal(look, "running");
    assert.equal(description, "10/1,000 · paused 12 s: rate-limit · slowed to 2 of 8 at a time · 1 failed");
    assert.match(accessibleLabel, /, 1 failed, paused because of rate-limit$/);
    assert.match(row({ ...paused, silentMs: 5_000 }).description, / · paused 7 s: rate-limit · /);
    assert.match(
      row({ ...paused, silentMs: 12_000 }).description,
      / · \d+(–\d+)? (s|min) left · slowed to 2 of 8 at a time$/,
    );
    const details = jobDetails("nightly", sampleView(paused));
    assert.ok(details.includes("Paused 12 s: rate-limit"), details.join("\n"));
  });

  it("names the limit that ended a run early, with its figures in the details", () => {
    const endDetail = "$0.58 of $0.60 is spent";
    const budget = { done: 10, ended: "budget", endDetail } as const;
    assert.equal(row(budget).description, "10/1,000 · stopped: budget");
    assert.equal(row(budget).accessibleLabel, "job nightly, stopped: budget, 1 percent");
    assert.equal(
      row({ done: 10, ended: "stop-condition" }).description,
      "10/1,000 · stopped: stop condition",
    );
    const failed = { timeout: ["late"] };
    assert.equal(
      row({ ...budget, failed, begun: 2 }).description,
      "10/1,000 · stopped: budget · 1 failed · 2 in doubt",
    );
    assert.equal(row({ done: 10, ended: "stopped" }).description, "10/1,000 · stopped");
    const details = jobDetails("nightly", sampleView(budget));
    assert.ok(
      details.includes(`Run 1 stopped before it would pass its budget (${endDetail}).`),
      details.join("\n"),
    );
  });

  it("says that a run was killed rather than stopped, behind what it left, as its icon says so", () => {
    const killed = row({ done: 10, begun: 2, lost: "killed" });
    assert.equal(killed.description, "10/1,000 · 2 in doubt · killed");
    assert.equal(killed.accessibleLabel, "job nightly, killed, 1 percent, 2 in doubt");
    assert.equal(row({ done: 10, lost: "out-of-memory" }).description, "10/1,000 · out of memory");
    assert.equal(row({ done: 10, lost: "reboot" }).description, "10/1,000 · ended with its machine");
    assert.equal(row({ done: 10, ended: "error" }).description, "10/1,000 · error");
    assert.equal(row({ done: 10, lost: "unknown" }).description, "10/1,000 · stopped");
    assert.equal(row({ total: null, done: 10, ended: "finished" }).description, "10 done · stopped");
    assert.equal(
      row({ done: 10, begun: 1, ended: "finished" }).description,
      "10/1,000 · 1 in doubt · unfinished",
    );
    assert.equal(row({ done: 10, lost: "killed", damaged: true }).description, "10/1,000 · damaged");
  });

  it("says that its job file is gone, where something is left to do, and what to do about it", () => {
    const left = { done: 10, ended: "stopped", isStranded: true } as const;
    assert.equal(row(left).description, "10/1,000 · stopped · job file gone");
    assert.match(row(left).accessibleLabel, /, job file gone$/);
    const details = jobDetails("nightly", sampleView(left)).join("\n");
    assert.match(details, /^Its job file nightly\.job\.ts is gone: bring it back, or give it its old name/m);
    assert.doesNotMatch(details, /Kept, and not done again/);
    assert.deepEqual(headOf("nightly", sampleView(left), []).lines.slice(1), [
      "Run 1 was stopped.",
      "Its job file nightly.job.ts is gone: bring it back, or give it its old name, to go on.",
    ]);
    const over = { total: 1, done: 1, ended: "finished", isStranded: true } as const;
    assert.equal(row(over).description, "1/1");
    assert.ok(jobDetails("nightly", sampleView(over)).includes("Its job file nightly.job.ts is gone."));
  });

  it("says that there is something to do again where a run had done all", () => {
    const reopened = sampleView({ done: 10, begun: 1, ended: "finished" });
    const told = "Run 1 finished. Since then there is something to do again.";
    assert.ok(jobDetails("nightly", reopened).includes(told));
    assert.deepEqual(headOf("nightly", reopened, []).lines, ["Unfinished", told]);
  });

  it("tells a live run from the one before it", () => {
    const spentBefore = { inputTokens: 1, outputTokens: 1, usd: 1 };
    const details = jobDetails("nightly", sampleView({ done: 1, live: true, spentBefore })).join("\n");
    assert.match(details, /^Running since .*\n[\s\S]*^Before: Run 1 /m);
  });

  it("says what a last line is that a kill cut short, once nothing runs", () => {
    const cut = /^Its last line is cut short, as by a kill while it was written: Repair… ends it\.$/m;
    assert.match(jobDetails("nightly", sampleView({ done: 1, torn: true })).join("\n"), cut);
    assert.doesNotMatch(
      jobDetails("nightly", sampleView({ done: 1, torn: true, live: true })).join("\n"),
      cut,
    );
  });

  it("says that a run did what it was asked to, be that a limit or some failed items alone", () => {
    const details = jobDetails("nightly", sampleView({ done: 10, ended: "limit" }));
    assert.ok(details.includes("Run 1 did what it was asked to, and left the rest."), details.join("\n"));
  });

  it("says of a job whose items all have an end what its last run did, not that it left some", () => {
    const lineOf = (ended: RunEndReason, failed: Record<string, string[]> = {}) =>
      lastRunLine(sampleView({ total: 2, done: 2 - Object.keys(failed).length, failed, ended }));
    const failed = { timeout: ["late"] };
    const words = "No item is without an end, although run 1 was interrupted (Ctrl-C).";
    for (const some of [failed, {}]) assert.equal(lineOf("interrupted", some), words);
    assert.equal(lineOf("limit"), "Run 1 did what it was asked to.");
    assert.equal(lineOf("finished-with-failures", failed), "Run 1 ended with failed items.");
  });

  it("says how many items have finished each stage, in order", () => {
    const details = jobDetails("nightly", sampleView({ stages: { fetch: 4, analyze: 2 }, live: true }));
    assert.ok(details.includes("fetch 4 › analyze 2"), details.join("\n"));
  });

  it("tells what the run that goes on took from what the job took", () => {
    const spentBefore = { inputTokens: 5_000, outputTokens: 700, usd: 1.5 };
    const details = jobDetails("nightly", sampleView({ done: 10, live: true, spentBefore }));
    assert.ok(details.includes("13,000 tokens in, 1,700 out, $1.51"), details.join("\n"));
    assert.ok(
      details.includes("Of these in this run: 8,000 tokens in, 1,000 out, $0.01"),
      details.join("\n"),
    );
    const first = jobDetails("nightly", sampleView({ done: 10, live: true }));
    assert.ok(!first.some((line) => line.startsWith("Of these")), first.join("\n"));
  });

  it("tells a run without news from one that goes on", () => {
    assert.equal(row({ done: 10, begun: 8, live: true, silentMs: 59_000 }).look, "running");
    assert.equal(row({ done: 10, begun: 8, live: true, silentMs: 61_000 }).look, "stalled");
  });

  it("shows what is begun as in doubt once nobody works on it", () => {
    assert.equal(row({ done: 10, begun: 2 }).description, "10/1,000 · 2 in doubt · stopped");
  });

  it("shows damage before all but a live run", () => {
    assert.equal(row({ total: 3, done: 3, damaged: true }).look, "damaged");
    assert.equal(row({ done: 3, begun: 1, damaged: true, live: true }).look, "running");
  });

  it("says damage and silence before the counts, which a narrow side bar cuts off", () => {
    const counts = { done: 10, begun: 2, failed: { other: ["no"] } };
    assert.equal(row({ ...counts, damaged: true }).description, "10/1,000 · damaged · 1 failed · 2 in doubt");
    const silent = row({ ...counts, live: true, silentMs: 61_000 });
    assert.match(silent.description, /^10\/1,000 · stalled · 1 failed/);
  });

  it("tells ends with and without failed items apart", () => {
    assert.equal(row({ total: 3, done: 3, ended: "finished" }).look, "finished");
    assert.equal(row({ total: 3, done: 2, failed: { other: ["no"] } }).look, "finished-with-failures");
  });

  it("has no total to say of a file that has none", () => {
    assert.equal(row({ total: null, done: 12 }).description, "12 done · stopped");
  });

  it("names the label of a labelled run", () => {
    assert.equal(row({ label: "2026-W47" }).title, "nightly @ 2026-W47");
  });

  it("says why it cannot be read", () => {
    const view = sampleView({ readError: "Cannot read it: permission denied." });
    assert.equal(jobRow("nightly", view).look, "unreadable");
    assert.ok(jobDetails("nightly", view).includes("Cannot read it: permission denied."));
  });

  it("tells in its details why the last run ended, and what a resume saves", () => {
    const details = jobDetails("nightly", sampleView({ done: 846, begun: 1 }));
    assert.deepEqual(details, [
      "nightly",
      "846/1,000 · 1 in doubt",
      "Run 1 ended without a word; why cannot be known.",
      "1 item begun and not recorded as finished; the next run does it again.",
      "676,800 tokens in, 84,600 out, $0.85",
      "Kept, and not done again: 846 items, 28 min of item time",
      "checkpoints/nightly.jsonl",
    ]);
  });

  it("tells who goes on with a checkpoint that no job file is listed for, where something is left", () => {
    const told = /^No job file is listed for it: the program that wrote it goes on with it/;
    assert.match(goneOnByText(sampleView({ done: 846, begun: 1 }))!, told);
    assert.equal(goneOnByText(sampleView({ done: 846, begun: 1, live: true })), undefined);
    assert.equal(goneOnByText(sampleView({ total: 2, done: 2 })), undefined);
    assert.equal(goneOnByText(sampleView({ done: 1, isStranded: true })), undefined);
    assert.equal(goneOnByText(sampleView({ readError: "Cannot read it." })), undefined);
  });

  it("tells once in its details that the checkpoint's place does not last, and takes it for no fault", () => {
    const view = { ...sampleView({ done: 846 }), placeWarning: "The checkpoint lies in memory." };
    const details = jobDetails("nightly", view);
    assert.deepEqual(details.slice(-2), ["The checkpoint lies in memory.", "checkpoints/nightly.jsonl"]);
    assert.deepEqual(jobRow("nightly", view), jobRow("nightly", sampleView({ done: 846 })));
  });

  it("says what starting over costs", () => {
    assert.equal(
      lossText(sampleView({ done: 846 })),
      "The next run would do 846 finished items (28 min of item time, $0.85) again.",
    );
    assert.match(lossText(sampleView({})), /^No item is finished yet/);
  });
});
