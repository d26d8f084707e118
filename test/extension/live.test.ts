import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { Job } from "../../src/extension/job.js";
import {
  answering,
  inWorkspace,
  jobNamed,
  note,
  type Parts,
  parts,
  untilEvent,
} from "./support/extension.js";
import { startWriter } from "./support/writer.js";

describe("what runs", () => {
  let catalog: Parts["catalog"];
  before(async () => {
    ({ catalog } = await parts());
  });

  it("activates without waiting for anything", async () => {
    const { activateMs, jobsThen } = await parts();
    note(`activate: ${activateMs.toFixed(1)} ms`);
    assert.equal(jobsThen, 0); // there are some as soon as folders have been looked through
    assert.ok(catalog.jobs.length > 0);
  });

  it("shows an appended item as soon as it is in the file", async () => {
    const path = inWorkspace("checkpoints/growing.jsonl");
    writeFileSync(path, '{"id": "0", "ts": 1748107200}\n');
    const job = await jobNamed(catalog, "growing", ({ view }) => view?.status.done === 1);
    for (let n = 1; n <= 3; n++) {
      appendFileSync(path, `{"id": "${n}", "ts": 1748107200}\n`);
      await untilEvent([catalog.onDidChangeJob], `item ${n}`, () => job.view?.status.done === n + 1);
    }
    rmSync(path);
  });

  describe("in another process", () => {
    let writer: ChildProcess;
    let job: Job;
    const checkpoint = () => inWorkspace("jobs/checkpoints/marker.jsonl");
    before(async () => {
      mkdirSync(inWorkspace("jobs/checkpoints"), { recursive: true });
      writer = await startWriter(checkpoint(), "marker");
    });
    after(() => {
      writer.kill("SIGKILL");
      rmSync(checkpoint(), { force: true });
    });

    it("shows as running, with what is in flight", async () => {
      // Its first item was in flight, too, with none done, and may have been seen.
      job = await jobNamed(
        catalog,
        "marker",
        ({ view }) => view?.status.inFlight === 1 && view.status.done === 2,
      );
      assert.equal(job.view?.status.progress, "running");
      assert.equal(job.view?.status.holder?.pid, writer.pid);
      assert.ok(job.capabilities(true).has("stoppable"));
    });

    it("shows as running, not stalled, after the machine slept, and goes on where its clock was set back", () => {
      const clock = Date.now;
      const before = job.view!.nowMs;
      const hours = 8 * 3_600_000;
      try {
        // The clock is looked at by all that run in this extension host.
        Date.now = () => clock() + hours;
        const woken = job.view!;
        assert.ok(woken.nowMs >= before + hours);
        assert.equal(woken.status.progress, "running");
      } finally {
        Date.now = clock;
      }
      assert.ok(job.view!.nowMs < before + hours);
    });

    it("cannot be started a second time", async () => {
      const warning = answering("showWarningMessage", () => undefined);
      try {
        await vscode.commands.executeCommand("agentJobs.resume", job.id);
        assert.match(
          String(warning.said[0]?.[0]),
          new RegExp(`marker is running already: pid ${writer.pid}`),
        );
        assert.equal(job.starting, false);
        assert.equal(job.holder?.pid, writer.pid);
      } finally {
        warning.restore();
      }
    });

    it("cannot be cleared or repaired", () => {
      assert.deepEqual([...job.capabilities(true)].sort(), ["hasResults", "openable", "stoppable"]);
    });

    it("is asked to stop by a file, and shows that it is", async () => {
      await vscode.commands.executeCommand("agentJobs.stop", job.id);
      assert.equal(job.stopping, true);
      assert.equal(job.capabilities(true).has("stoppable"), false);
    });

    it("shows as killed within seconds of a SIGKILL, which changes no file", async () => {
      const ended = new Promise((resolve) => catalog.onDidEndRun(resolve));
      writer.kill("SIGKILL");
      await jobNamed(catalog, "marker", ({ view }) => view?.status.lastRun?.ended === "killed");
      await ended;
      assert.equal(job.view?.status.progress, "stopped");
      assert.equal(job.view?.status.inDoubt, 1);
      assert.ok(job.capabilities(true).has("resumable"));
    });
  });
});
