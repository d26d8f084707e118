import assert from "node:assert/strict";
import { jobFolders, withFolder } from "../../src/view/folderText.js";
import { jobGroupRow } from "../../src/view/jobGroup.js";
import { sampleView } from "./sample.js";

describe("a job file with several checkpoints", () => {
  const finished = sampleView({ total: 4, done: 4, ended: "finished", label: "2026-W46" });
  const failing = sampleView({
    total: 10,
    done: 8,
    failed: { timeout: ["late", "late"] },
    label: "2026-W47",
  });
  const running = sampleView({ total: 10, done: 3, begun: 2, live: true, label: "2026-W48" });

  it("is summed up, with the most urgent state of theirs", () => {
    assert.deepEqual(jobGroupRow("nightly", [null, finished, failing, running]), {
      title: "nightly",
      description: "15/24 · 1 running · 2 failed · 4 checkpoints",
      look: "finished-with-failures",
      accessibleLabel: "job nightly, 4 checkpoints, 62 percent, 1 running, 2 failed",
    });
    assert.equal(jobGroupRow("nightly", [finished, running]).look, "running");
    assert.equal(jobGroupRow("nightly", [null, finished]).look, "finished");
    const damaged = sampleView({ done: 3, damaged: true });
    assert.equal(jobGroupRow("nightly", [failing, damaged]).look, "damaged");
  });

  it("has no total where one of them has none, and nothing to count before the first run", () => {
    const endless = sampleView({ total: null, done: 7 });
    assert.equal(jobGroupRow("nightly", [finished, endless]).description, "11 done · 2 checkpoints");
    assert.equal(jobGroupRow("nightly", [null, null]).description, "2 checkpoints");
  });
});

describe("the folder of a job", () => {
  const jobs = [
    { name: "nightly", folder: "api" },
    { name: "nightly", folder: "web" },
    { name: "tickets", folder: "web" },
    { name: "outside", folder: undefined },
  ];

  it("is named where several are open, before all else where it alone tells two jobs apart", () => {
    const shown = jobFolders(jobs, 2).map((folder) => withFolder("3/4 · stopped", folder));
    assert.deepEqual(shown, [
      "api · 3/4 · stopped",
      "web · 3/4 · stopped",
      "3/4 · stopped · web",
      "3/4 · stopped",
    ]);
  });

  it("is not named where one is open", () => {
    assert.deepEqual(jobFolders(jobs, 1), [null, null, null, null]);
  });
});
