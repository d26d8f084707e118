import assert from "node:assert/strict";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import * as vscode from "vscode";
import type { DashboardPanel } from "../../src/extension/dashboard/panel.js";
import type { ShowMessage } from "../../src/extension/dashboard/protocol.js";
import type { Job } from "../../src/extension/job.js";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { own } from "../support/damagedFiles.js";
import { longJobBytes, nightly } from "../support/longJob.js";
import { inWorkspace, jobNamed, note, type Parts, parts, untilEvent } from "./support/extension.js";
import { startWriter } from "./support/writer.js";

describe("a dashboard", () => {
  let catalog: Parts["catalog"];
  let dashboards: Parts["dashboards"];
  let job: Job;
  const path = inWorkspace("checkpoints/drawn.jsonl");
  before(async () => {
    ({ catalog, dashboards } = await parts());
    writeFileSync(path, longJobBytes({ ...nightly, name: "drawn", items: 240 }));
    job = await jobNamed(catalog, "drawn", ({ view }) => (view?.status.done ?? 0) > 0);
  });
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    rmSync(path, { force: true });
  });

  const drawn = async (id = job.id): Promise<DashboardPanel> => {
    await vscode.commands.executeCommand("agentJobs.openDashboard", id);
    const panel = dashboards.panels.get(id)!;
    await untilEvent([panel.onDidPaint], "a drawn page", () => panel.told?.reading === "");
    return panel;
  };
  const finish = (n: number) => {
    const item = keyOf(`more-${n}`);
    const last = job.view!.state.lastRecordAtMs!;
    appendFileSync(path, own({ type: "done", item, atMs: last + 1_000, run: 3, attempt: 1, ms: 900 }));
  };

  it("is one tab where it is asked for again before it is filled, and none once it was closed", async () => {
    const tabs = () =>
      vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).filter((tab) => tab.label === "drawn").length;
    await Promise.all([dashboards.open(job), dashboards.open(job)]);
    await drawn();
    assert.deepEqual([dashboards.panels.size, tabs()], [1, 1]);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    assert.deepEqual([dashboards.panels.size, tabs()], [0, 0]);
  });

  it("is drawn from its checkpoint, one for each job", async () => {
    const panel = await drawn();
    assert.equal(panel.panel.title, "drawn");
    assert.deepEqual(
      panel.told!.charts!.map(({ id, empty }) => [id, empty]),
      ["throughput", "latency", "eta", "cost", "tokens"].map((id) => [id, null]),
    );
    assert.equal(panel.told!.failures!.total, job.view!.status.failed);
    assert.equal(await drawn(), panel);
    assert.equal(dashboards.panels.size, 1);
  });

  it("offers at its top what can be done now: nothing of a checkpoint without a job file but its repair", async () => {
    const panel = await drawn();
    assert.deepEqual(panel.told!.actions, []);
    const whole = readFileSync(path);
    writeFileSync(path, `${whole}no JSON\n`);
    const offered = () => panel.told?.actions?.map(({ action }) => action) ?? [];
    await untilEvent([panel.onDidPaint], "a repair", () => offered().length > 0);
    assert.deepEqual(offered(), ["repair"]);
    writeFileSync(path, whole);
    await untilEvent([panel.onDidPaint], "a whole job", () => offered().length === 0);
  });

  it("says killed of a run that was, as the job's row does", async () => {
    const checkpoint = inWorkspace("checkpoints/struck.jsonl");
    const writer = await startWriter(checkpoint, "struck");
    try {
      const struck = await jobNamed(catalog, "struck", ({ view }) => view?.status.done === 2);
      const panel = await drawn(struck.id);
      writer.kill("SIGKILL");
      await untilEvent(
        [panel.onDidPaint],
        "the end of its run",
        () => panel.told?.head?.lines[0] !== "Running",
      );
      assert.deepEqual(panel.told!.head!.lines, ["Killed", "Run 1 was killed."]);
      assert.equal(struck.view!.status.lastRun!.ended, "killed");
    } finally {
      writer.kill("SIGKILL");
      await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
      for (const path of [checkpoint, `${checkpoint}.lock`]) rmSync(path, { force: true });
    }
  });

  it("offers to run a finished job, and not as the thing to do", async () => {
    const jobFile = inWorkspace("jobs/over.job.mjs");
    writeFileSync(jobFile, "export default { items: [1], process() {} };");
    const fresh = await jobNamed(catalog, "over", ({ loaded }) => loaded);
    const panel = await drawn(fresh.id);
    const offered = () => panel.told?.actions?.map(({ action, isMain }) => `${action} ${isMain}`).join();
    try {
      assert.equal(offered(), "run true");
      await vscode.commands.executeCommand("agentJobs.run", fresh.id);
      await untilEvent([panel.onDidPaint], "a finished job", () => offered() === "run false");
    } finally {
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
      rmSync(jobFile);
      rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
    }
  });

  it("takes nothing from elsewhere, and keeps nothing while it is away", async () => {
    const { webview, options } = (await drawn()).panel;
    assert.ok(!options.retainContextWhenHidden);
    assert.deepEqual(webview.options.localResourceRoots, []);
    const [, policy] = /Content-Security-Policy" content="([^"]+)"/.exec(webview.html)!;
    assert.match(policy!, /^default-src &#39;none&#39;; script-src &#39;nonce-[\w-]{22}&#39;; style-src /);
    assert.doesNotMatch(policy!, /unsafe|\*\.\*|http:/);
    assert.equal((webview.html.match(/<script/g) ?? []).length, 1);
  });

  it("shows what is new while it is visible", async () => {
    const panel = await drawn();
    const done = job.view!.status.done;
    finish(1);
    await untilEvent([panel.onDidPaint], "one more item", () => {
      const figure = panel.told?.head?.figures[0]?.value;
      return figure === String(done + 1);
    });
  });

  it("hears nothing while it is hidden, and all once it is shown again", async () => {
    const panel = await drawn();
    const done = job.view!.status.done;
    await vscode.window.showTextDocument(vscode.Uri.file(inWorkspace("jobs/marker.job.mjs")));
    await untilEvent([panel.panel.onDidChangeViewState], "a hidden page", () => !panel.panel.visible);
    const { sent } = panel;
    for (let n = 2; n < 5; n++) {
      finish(n);
      await jobNamed(catalog, "drawn", ({ view }) => view?.status.done === done + n - 1);
    }
    assert.equal(panel.sent, sent);
    await vscode.commands.executeCommand("agentJobs.openDashboard", job.id);
    await untilEvent([panel.onDidPaint], "a page that is up to date", () => {
      const { head, reading } = panel.told ?? {};
      return panel.sent > sent && reading === "" && head?.figures[0]?.value === String(done + 3);
    });
  });

  it("stays, says so, and draws nothing more, when its job goes", async () => {
    const panel = await drawn();
    rmSync(path);
    await catalog.refresh();
    await untilEvent([panel.onDidPaint], "a job that is gone", () =>
      /^The job is gone/.test(panel.told?.head?.lines[0] ?? ""),
    );
    assert.deepEqual(panel.told!.charts, []);
    await untilEvent([panel.onDidPaint], "no failures", () => panel.told?.failures?.total === 0);
    const closed = untilEvent([panel.onDidDispose], "a closed page", () => dashboards.panels.size === 0);
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
    await closed;
  });

  it("of many items shows how the job stands at once, and its charts when all is read", async () => {
    const large = inWorkspace("checkpoints/large.jsonl");
    writeFileSync(large, longJobBytes({ ...nightly, name: "large", items: 20_000 }));
    const { id, view } = await jobNamed(catalog, "large", ({ loaded }) => loaded);
    const delay = monitorEventLoopDelay({ resolution: 10 });
    const begunMs = performance.now();
    delay.enable();
    const panel = await drawn(id);
    delay.disable();
    const charts = performance.now() - begunMs;
    const longest = Math.max(0, delay.max / 1e6 - 10);
    note(
      `dashboard of 20,000 items: content after ${panel.paintedMs!.toFixed(0)} ms, charts after ${charts.toFixed(0)} ms, longest wait of the event loop ${longest.toFixed(0)} ms`,
    );
    assert.equal(panel.told!.failures!.total, view!.status.failed);
    assert.ok(JSON.stringify(panel.told satisfies Partial<ShowMessage> | undefined).length < 250_000);
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
    rmSync(large);
  });
});
