import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { AgentJobsApi, JobSnapshot } from "../../src/extension/api/extensionApi.js";
import { answering, inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";

describe("the API for other extensions", () => {
  const jobFile = inWorkspace("jobs/served.job.mjs");
  let given: Parts;
  let api: AgentJobsApi;
  const disposables: vscode.Disposable[] = [];
  before(async () => {
    given = await parts();
    api = given.getApi(1);
    writeFileSync(
      jobFile,
      `import { existsSync } from "node:fs";
      import { setTimeout } from "node:timers/promises";
      export default { items: ["a", "b", "c"], concurrency: 1, retry: false, async process(item) {
        if (item === "b") throw new Error("no");
        while (item === "c" && !existsSync("served.go")) await setTimeout(20);
      } };`,
    );
    await jobNamed(given.catalog, "served");
    await api.ready();
  });
  after(() => {
    vscode.Disposable.from(...disposables).dispose();
    for (const path of [jobFile, inWorkspace("jobs/served.go")]) rmSync(path, { force: true });
    rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
  });
  const served = (): JobSnapshot => api.jobs.find(({ name }) => name === "served")!;

  it("refuses versions that it does not have, by a code", () => {
    assert.throws(() => given.getApi(2 as 1), { name: "AgentJobsApiError", code: "unsupported-version" });
    assert.throws(() => given.getApi(undefined as unknown as 1), { code: "unsupported-version" });
  });

  it("gives the jobs as copies that nobody can change", () => {
    const job = served();
    assert.deepEqual([job.state, job.counts, job.run, job.eta], ["not-run", null, null, null]);
    assert.equal(job.jobFile?.fsPath, jobFile);
    assert.equal(job.folder?.toString(), vscode.workspace.workspaceFolders![0]!.uri.toString());
    assert.equal(api.job(job.id)?.id, job.id);
    assert.equal(api.job(job.jobFile!)?.id, job.id);
    assert.equal(api.job("elsewhere"), undefined);
    assert.throws(() => Object.assign(job, { name: "other" }), TypeError);
    assert.throws(() => (api.jobs as JobSnapshot[]).push(job), TypeError);
    assert.throws(() => Object.assign(api, { resume: () => true }), TypeError);
  });

  it("plans without running", async () => {
    const plan = await api.plan(served().id);
    assert.deepEqual([plan.total, plan.done, plan.toRun, plan.hasChanged], [3, 0, 3, false]);
    assert.equal(served().state, "not-run");
    const { id } = api.jobs.find(({ name }) => name === "article")!;
    await assert.rejects(api.plan(id), { code: "no-plan" });
    await assert.rejects(api.plan("elsewhere"), { code: "no-such-job" });
    const cancellation = new vscode.CancellationTokenSource();
    cancellation.cancel();
    await assert.rejects(api.plan(served().id, cancellation.token), { code: "cancelled" });
  });

  it("runs a job where the person agrees, tells of what happens, and says how it ended", async () => {
    const seen: JobSnapshot[] = [];
    const ends: string[] = [];
    api.onDidChangeJob((job) => job.name === "served" && seen.push(job), undefined, disposables);
    api.onDidEndRun(({ job, ended }) => job.name === "served" && ends.push(ended), undefined, disposables);
    const asked = answering("showInformationMessage", () => "Run");
    assert.equal(await api.resume(served().id).finally(asked.restore), true);
    assert.match(String(asked.said[0]?.[0]), /^Run served\?/);
    await untilEvent([api.onDidChangeJob], "a live run", () => seen.some(({ run }) => run !== null));
    writeFileSync(inWorkspace("jobs/served.go"), "");
    await untilEvent([api.onDidEndRun, api.onDidChangeJob], "the end", () => ends.length > 0);
    assert.deepEqual(ends, ["finished-with-failures"]);
    const { counts, state, lastRunEnded } = served();
    assert.deepEqual(counts, { total: 3, done: 2, failed: 1, inDoubt: 0, remaining: 0, inFlight: 0 });
    assert.deepEqual([state, lastRunEnded], ["finished-with-failures", "finished-with-failures"]);
    assert.ok(
      seen.some(({ run }) => run?.pid),
      "no live run was told",
    );
    const live = seen.find(({ run }) => run)!;
    assert.equal(live.state, "running", "a snapshot has changed with its job");
  });

  it("starts nothing where the person does not agree", async () => {
    const asked = answering("showInformationMessage", () => undefined);
    const before = served();
    try {
      await jobNamed(given.catalog, "served", ({ starting, holder }) => !starting && !holder);
      assert.equal(await api.resume(before.id), false);
      assert.match(String(asked.said[0]?.[0]), /^Resume served\?/);
      assert.deepEqual(served().counts, before.counts);
    } finally {
      asked.restore();
    }
    const { id } = api.jobs.find(({ name }) => name === "article")!;
    await assert.rejects(api.resume(id), { code: "not-resumable" });
  });
});
