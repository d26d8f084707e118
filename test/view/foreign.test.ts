import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckpointFormat } from "../../src/runtime/format/scan.js";
import { capabilitiesOf } from "../../src/view/capabilities.js";
import { headOf } from "../../src/view/dashboard/head.js";
import { failureGroups } from "../../src/view/failures.js";
import { jobDetails, jobRow } from "../../src/view/jobRow.js";
import { jobView } from "../../src/view/jobView.js";
import { watchingText } from "../../src/view/watchText.js";
import { root } from "../setup/root.js";
import { readFixture, readForeign } from "../support/foreign.js";

function viewOf({ state, summary }: ReturnType<typeof readForeign>) {
  return jobView({ checkpoint: "a", fallbackName: "a", state, scan: summary, holder: null, nowMs: 0 });
}

describe("a file of another tool, shown", () => {
  it("says what it is, and is stopped by nobody", () => {
    const view = viewOf(readFixture("openai/batch_6742f1c2_output.jsonl"));
    const { description, look, accessibleLabel } = jobRow("a", view);
    assert.deepEqual([description, look], ["5 done · 3 failed · OpenAI batch", "stopped"]);
    assert.equal(accessibleLabel, "job a, OpenAI batch, only read, 5 done, 3 failed");
    assert.deepEqual(headOf("a", view, []).lines, ["5 done · 3 failed items"]);
    assert.equal(headOf("a", view, []).look, "read");
    const whole = viewOf(readFixture("promptfoo/results.json"));
    assert.equal(jobRow("a", whole).description, "2/10 · 8 failed · promptfoo");
    assert.equal(jobRow("a", whole).look, "finished-with-failures");
  });

  it("is incomplete where it says how many there are, and finished where all are there", () => {
    const half = viewOf(
      readForeign(readFileSync(join(root, "test/fixtures/agent-resume-py/02-half-5-of-10.ckpt"))),
    );
    const mapping = { id: "id", total: 4 };
    for (const [rows, word] of [
      [2, "2/4 · incomplete · JSON Lines"],
      [4, "4/4 · JSON Lines"],
    ] as const) {
      const lines = Array.from({ length: rows }, (_, i) => `{"id":${i}}\n`).join("");
      const view = viewOf(readForeign(lines, { mapping }));
      assert.equal(jobRow("a", view).description, word);
      const [standing] = headOf("a", view, []).lines;
      assert.equal(standing, rows === 4 ? "Finished" : "Incomplete");
      assert.equal(jobDetails("a", view)[1], rows === 2 ? "2/4 · incomplete" : `${rows}/4`);
    }
    const asked = viewOf(readFixture("openai/requests.jsonl"));
    assert.equal(jobRow("a", asked).description, `0/${asked.status.total} · OpenAI batch requests`);
    assert.deepEqual(headOf("a", asked, []).lines, [`0/${asked.status.total}`]);
    assert.equal(jobRow("a", half).description, "5 done");
    assert.equal(jobRow("a", half).accessibleLabel, "job a, 5 done");
    assert.deepEqual(headOf("a", half, []).lines, ["5 done"]);
  });

  it("offers nothing that would change it, and tells of no repair or resume", () => {
    const bad = viewOf(readForeign('{"custom_id":"a","result":{"type":"expired"}}\n{"custom_id":"b"}\n'));
    assert.equal(bad.status.damaged, true);
    for (const hasJobFile of [true, false])
      assert.deepEqual([...capabilitiesOf({ view: bad, hasJobFile, trusted: true })].sort(), [
        "hasFailures",
        "openable",
      ]);
    const details = jobDetails("a", bad).join("\n");
    assert.match(details, /only read and never changed.*\n1 row that cannot be read and is not counted\./);
    assert.doesNotMatch(details, /repair|resume/i);
  });

  it("is said to be run by its job file only where it names one, once it is watched", () => {
    const told = (format: CheckpointFormat | null, namesJobFile = false, jobFile: string | null = null) =>
      watchingText({ name: "a", format, jobFile, namesJobFile });
    const theirs =
      "Watching a. It can be repaired here; the program that wrote it goes on with it, or a job file that names it as its checkpoint.";
    for (const format of ["agent-resume", "article", "agent-jobs"] as const)
      assert.equal(told(format), theirs);
    assert.match(told("agent-jobs", true), /repaired here; it is run where its job file is\.$/);
    assert.equal(told("agent-jobs", true, "n.job.ts"), "Watching a. It is a checkpoint of n.job.ts.");
    for (const format of ["openai-batch", null] as const)
      assert.equal(told(format), "Watching a: only read, never changed.");
  });

  it("has its failures by cause, in the order of the file", () => {
    const view = viewOf(readFixture("anthropic/msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d_results.jsonl"));
    assert.deepEqual(
      failureGroups(view).map(({ cause, items }) => [cause, items.map(({ id }) => id)]),
      [
        ["bad-request", ["bad-request"]],
        ["canceled", ["never-sent"]],
        ["overloaded", ["overloaded"]],
        ["refused", ["declined"]],
        ["timeout", ["too-late"]],
      ],
    );
  });
});
