import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../setup/root.js";
import { runCli } from "../support/cli.js";
import { isRunning, processEnds } from "../support/files.js";
import { LiveRun } from "../support/liveRun.js";
import type { Workbench } from "./page.js";
import { openWorkbench } from "./workbench.js";

const calls = `export default {
  items: ["inv-0001", "inv-0002", "inv-0003"],
  retry: false,
  process(item, ctx) {
    ctx.log("POST /v1/messages", item, "812 tokens");
    ctx.log("429, retry-after 20 s");
    if (item !== "inv-0001") throw Object.assign(new Error("429 Too many requests"), { status: 429 });
  },
};`;

const slow = `export default {
  items: Array.from({ length: 16 }, (_, i) => "item-" + i),
  concurrency: 1,
  process: () => new Promise((resolve) => setTimeout(resolve, 500, "done")),
};`;

/** What was started from the window: one run is to go on without it, others end with it. */
describe("a run that was told to keep running", () => {
  let scratch: string;
  let workbench: Workbench;
  let attached: LiveRun | undefined;
  const folder = () => join(scratch, "batches");
  const status = async () =>
    JSON.parse((await runCli(["status", "--json", "hello.job.mjs"], { cwd: folder() })).stdout).jobs[0];
  const runsOf = (name: string) =>
    readFileSync(join(folder(), "checkpoints", `${name}.jsonl`), "utf8")
      .split("\n")
      .filter((line) => line.startsWith('{"type":"run-started"'));
  before(async () => {
    scratch = realpathSync(mkdtempSync(join(tmpdir(), "agent-jobs-outliving-")));
    cpSync(join(root, "examples/hello"), folder(), {
      recursive: true,
      filter: (path) => !path.includes("checkpoints"),
    });
    writeFileSync(join(folder(), "calls.job.mjs"), calls);
    writeFileSync(join(folder(), "ends.job.mjs"), slow);
    workbench = await openWorkbench({
      folder: folder(),
      // So long that it runs until the last test, also where a window takes half a minute to come back.
      env: { HELLO_DELAY_MS: "4000" },
      settings: { "agentJobs.outliveWindow": "ask" },
    });
  });
  after(async () => {
    attached?.dispose();
    await workbench?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it("is asked over at its first run", async () => {
    await workbench.openView();
    await workbench.inlineAction(workbench.treeRow("hello"), "Run");
    await workbench.quickRow("Keep Running").waitFor();
    await workbench.screenshot("outliving-1-question");
    await workbench.pick("Keep Running");
    await workbench
      .treeRow("hello")
      .getByText(/\d+\/126/)
      .waitFor();
  });

  it("shows its progress in the task's terminal, and another one can follow it", async () => {
    await workbench.contextMenu(workbench.treeRow("hello"), "Follow in Terminal");
    await workbench.page
      .locator(".terminal-tabs-entry, .single-terminal-tab", { hasText: "followed" })
      .waitFor();
    // The tree is drawn after a look at the checkpoint: by the next count the terminal has one, too.
    const count = async () => /(\d+)\/126/.exec((await workbench.treeRow("hello").textContent()) ?? "")?.[1];
    const before = await count();
    while ((await count()) === before) await workbench.page.waitForTimeout(100);
    await workbench.screenshot("outliving-2-followed");
  });

  it("is found running after the window was reloaded, and nobody is asked again", async () => {
    await workbench.inlineAction(workbench.treeRow("ends"), "Run");
    await workbench.pick("End With the Window");
    await workbench
      .treeRow("ends")
      .getByText(/\d+\/16/)
      .waitFor();
    const { pid } = (await status()).run;
    const ending = JSON.parse(runsOf("ends")[0]!).pid;
    await workbench.reload(async () => {
      process.kill(ending, "SIGTERM");
      await processEnds(ending);
    });
    await workbench.openView();
    await workbench
      .treeRow("hello")
      .getByText(/\d+\/126/)
      .waitFor();
    assert.equal((await status()).run.pid, pid);
    assert.equal(await workbench.quickRow("Keep Running").count(), 0);
    await workbench.screenshot("outliving-3-reloaded");
  });

  // VS Code begins the tasks of a reloaded window again where it does not find their terminals.
  it("is beside one that ended while the window was reloaded, which is not run again unasked", async () => {
    await workbench.notification("The run of ends ended while the window was reloaded").waitFor();
    await workbench.screenshot("outliving-4-ended");
    await workbench.treeRow("ends").getByText("stopped").waitFor();
    assert.equal(runsOf("ends").length, 1);
    await workbench.notificationAction("The run of ends ended", "Resume");
    await workbench.treeRow("ends").getByText("16/16").waitFor();
    assert.equal(runsOf("ends").length, 2);
    assert.equal(runsOf("hello").length, 1);
  });

  it("is beside a job whose failed items show their log", async () => {
    await workbench.inlineAction(workbench.treeRow("calls"), "Run");
    await workbench.pick("End With the Window");
    const row = workbench.treeRow("calls");
    await row.getByText("1/3 · 2 failed").waitFor();
    await workbench.expand(row);
    await workbench.expand(workbench.treeRow(/^Failed/));
    await workbench.expand(workbench.treeRow(/^rate-limit/));
    const tab = workbench.editor.tab("log of inv-0002 in calls");
    await workbench.inlineAction(workbench.treeRow("inv-0002"), "Show Log", tab);
    await workbench.editor.lines().getByText("POST /v1/messages inv-0002").first().waitFor();
    await workbench.screenshot("outliving-5-item-log");
    await workbench.contextMenu(workbench.treeRow("calls"), "Open Log");
    await workbench.editor.tab("calls.jsonl.log").waitFor();
    await workbench.screenshot("outliving-6-log");
  });

  it("goes on after VS Code's server was ended, and attach and stop work", async () => {
    const before = await status();
    assert.equal(before.state, "running");
    await workbench.crashServer();
    attached = new LiveRun("hello.job.mjs", { cwd: folder(), command: "attach" });
    await attached.saw("item-done", 3);
    const { run, done } = await status();
    assert.equal(run.pid, before.run.pid);
    assert.ok(isRunning(run.pid) && done > before.done);
    assert.equal((await runCli(["stop", "hello.job.mjs"], { cwd: folder() })).code, 0);
    assert.equal((await attached.ended).code, 75);
    const after = await status();
    assert.deepEqual([after.state, after.inDoubt, after.lastRun], ["stopped", 0, { ended: "stopped" }]);
  });
});
