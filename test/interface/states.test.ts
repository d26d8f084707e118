import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root } from "../setup/root.js";
import { caller, callTool } from "./callTool.js";
import type { Workbench } from "./page.js";
import { makeScene } from "./scene.js";
import { screenshotsInThemes } from "./themes.js";
import { openWorkbench } from "./workbench.js";

/** Resolves once there is a file. */
async function untilThere(path: string): Promise<void> {
  const changes = watch(dirname(path));
  if (existsSync(path)) return;
  for await (const _ of changes) if (existsSync(path)) return;
}

describe("a folder with a job in each state", () => {
  let folder: string;
  let consumed: string;
  let workbench: Workbench;
  before(async () => {
    folder = await makeScene();
    writeFileSync(
      join(folder, "trap.job.mjs"),
      'import { writeFileSync } from "node:fs";\nwriteFileSync(new URL("./loaded.txt", import.meta.url), "");\n',
    );
    consumed = join(dirname(folder), "consumed.json");
    workbench = await openWorkbench({
      ...{ folder, trust: "ask", alsoLink: [join(root, "test/interface/fixtures/consumer"), caller] },
      env: { HELLO_DELAY_MS: "900", CONSUMER_REPORT: consumed },
    });
  });
  after(async () => {
    await workbench?.close();
    rmSync(dirname(folder), { recursive: true, force: true });
  });

  describe("in Restricted Mode", () => {
    it("is what a person chooses by answering No", async () => {
      await workbench.dialogAction(/trust the authors/, "No, I don't trust the authors");
      await workbench.page.getByText("Restricted Mode").first().waitFor();
    });

    it("reads the jobs", async () => {
      await workbench.openView();
      await workbench.treeRow("invoices").getByText("393/412 · 19 failed").waitFor();
      await workbench.treeRow("trap").getByText("not run yet").waitFor();
      await workbench.page.getByText("jobs can be read here, not run").waitFor();
      await workbench.expand(workbench.treeRow("invoices"));
      await workbench.expand(workbench.treeRow(/^Failed/));
      await workbench.screenshot("restricted");
    });

    it("offers nothing that starts, stops or changes a job", async () => {
      for (const name of ["hello", "invoices", "nightly-summaries", "translations"]) {
        const row = workbench.treeRow(name);
        await row.hover();
        const labels = await row
          .locator(".actions .action-label")
          .evaluateAll((actions) => actions.map((action) => action.getAttribute("aria-label")));
        const results = name === "invoices" ? ["Open Results"] : [];
        assert.deepEqual(labels, name === "hello" ? [] : [...results, "Open Dashboard"], name);
      }
      const labels = await workbench.contextMenuLabels(workbench.treeRow("translations"));
      assert.deepEqual(labels, [
        "Find Item…",
        "Open Dashboard",
        "Open Job File",
        "Open Checkpoint",
        "Open Results",
        "Open Log",
        "Export Report…",
        "Save Results…",
        "Copy Link",
      ]);
      const titles = ["Run", "Resume", "Stop", "Follow in Terminal", "Repair…", "Clear…", "Mark as Done…"];
      for (const title of titles)
        assert.equal(await workbench.hasCommand(`Agent Jobs: ${title}`), false, title);
      assert.equal(await workbench.hasCommand("Agent Jobs: Show Failures"), true);
    });

    it("says above a job file how its job stands, and offers no more than to look at it", async () => {
      await workbench.editor.open("invoices.job.ts");
      await workbench.editor.codeLens("393/412 · 19 failed").waitFor();
      assert.deepEqual(await workbench.editor.codeLens(/./).allTextContents(), ["\u00a0393/412 · 19 failed"]);
      await workbench.screenshot("restricted-job-file");
    });

    it("does nothing of that for other extensions, and lets them read", async () => {
      const files = () =>
        readdirSync(folder, { recursive: true, encoding: "utf8" })
          .map((name) => ({ name, stats: statSync(join(folder, name)) }))
          .map(({ name, stats }) => `${name} ${stats.isFile() ? `${stats.size} ${stats.mtimeMs}` : ""}`)
          .sort();
      const before = files();
      const written = untilThere(consumed);
      await workbench.command("Consumer: Try Everything");
      await workbench.dialogAction(/trust/i, "Cancel");
      await workbench.notification(/This folder is not trusted/).waitFor();
      await written;
      const report = JSON.parse(readFileSync(consumed, "utf8"));
      assert.deepEqual(report.exports, ["getApi"]);
      assert.deepEqual(report.codes, ["not-trusted"]);
      assert.equal(report.tasks, 0);
      assert.ok(report.tried >= 10, `${report.tried} commands`);
      const told = Object.fromEntries(report.jobs.map(([name, ...facts]: unknown[]) => [name, facts]));
      assert.deepEqual(told.invoices, ["finished-with-failures", 393]);
      assert.deepEqual(told.trap, ["not-run", null]);
      assert.deepEqual(files(), before);
      await workbench.command("Notifications: Clear All Notifications");
    });

    it("lets language models read, and refuses them what loads or runs a job", async () => {
      await callTool(workbench, "agentJobs_list_jobs", {});
      await workbench.notification(/agentJobs_list_jobs answered: \d+ jobs\./).waitFor();
      for (const tool of ["agentJobs_preview_resume", "agentJobs_resume_job"]) {
        await callTool(workbench, tool, { job: "trap.job.mjs" });
        await workbench.notification(new RegExp(`${tool} refused: `)).waitFor();
      }
      await workbench.command("Notifications: Clear All Notifications");
    });

    it("has run no job file to list it", () => {
      assert.equal(existsSync(join(folder, "loaded.txt")), false);
    });
  });

  describe("once the person trusts it", () => {
    it("offers what can be done, without a new window", async () => {
      rmSync(join(folder, "trap.job.mjs"));
      await workbench.command("Workspaces: Manage Workspace Trust");
      await workbench.page.getByRole("button", { name: "Trust", exact: true }).click();
      const message = workbench.page.locator(".sidebar .message", {
        hasText: "jobs can be read here, not run",
      });
      await message.waitFor({ state: "detached" });
      await workbench.page.getByText("You trust this folder").waitFor();
      await workbench.closeModalEditor();
      await workbench.treeRow("trap").waitFor({ state: "detached" });
      await workbench.treeRow("hello").hover();
      await workbench.treeRow("hello").locator(".actions .action-label").first().waitFor();
      assert.equal(await workbench.hasCommand("Agent Jobs: Run"), true);
      assert.equal(existsSync(join(folder, "loaded.txt")), false);
    });

    it("shows a job in each state", async () => {
      await workbench.treeRow("hello").getByText("not run yet").waitFor();
      await workbench.treeRow("invoices").getByText("393/412 · 19 failed").waitFor();
      await workbench.treeRow("nightly-summaries").getByText("846/1,000 · 1 in doubt · stopped").waitFor();
      await workbench.treeRow("tickets").getByText("120/120").waitFor();
      await workbench.treeRow("translations").getByText("63/64 · damaged").waitFor();
      await workbench.treeRow("batch-job-42").getByText("847 done", { exact: true }).waitFor();
      await workbench.treeRow("notes").getByText("unreadable").waitFor();
      // invoices, nightly-summaries and translations wait for a person.
      await workbench.page.locator(".activitybar .badge-content", { hasText: /^3$/ }).waitFor();
    });

    it("shows what runs beside failures by cause", async () => {
      await workbench.inlineAction(workbench.treeRow("hello"), "Run");
      await workbench
        .treeRow("hello")
        .getByText(/\d+\/126 .*left/)
        .waitFor();
      await workbench.expand(workbench.treeRow("invoices"));
      await workbench.expand(workbench.treeRow(/^Failed/));
      await workbench.expand(workbench.treeRow(/^rate-limit/));
      const failed = workbench.treeRow("429 Too many requests");
      await failed.first().waitFor();
      assert.equal(await failed.count(), 11);
      await workbench.statusBar(/hello \d+% · .+ left/).waitFor();
      await workbench.page.mouse.move(1080, 400);
      await screenshotsInThemes(workbench, "states");
      await workbench.page.setViewportSize({ width: 1000, height: 700 });
      await failed.last().waitFor();
      await workbench.screenshot("states-small");
      await workbench.page.setViewportSize({ width: 1280, height: 800 });
    });

    it("finds an item by what is typed, from its failures' row", async () => {
      await workbench.inlineAction(
        workbench.treeRow(/^Failed/),
        "Find Item…",
        workbench.quickRow("invoice-0004"),
      );
      assert.equal((await workbench.quickRows().count()) > 5, true);
      await workbench.quickInput().fill("0368 429");
      await workbench.quickRow("invoice-0004").waitFor({ state: "detached" });
      assert.equal(await workbench.quickRows().count(), 1);
      await workbench.screenshot("find-item");
      await workbench.pick("invoice-0368");
      await workbench.editor.tab(/invoice-0368/).waitFor();
      await workbench.command("View: Close All Editors");
    });

    it("shows only what needs a person, and all again", async () => {
      await workbench.command("Agent Jobs: Show Only What Needs Me");
      await workbench.page.getByText(/Only what needs you: 3 of \d+ jobs\./).waitFor();
      await workbench.treeRow("tickets").waitFor({ state: "detached" });
      await workbench.treeRow("translations").waitFor();
      await workbench.screenshot("only-needy");
      await workbench.page.locator(".sidebar").getByRole("button", { name: "Show All Jobs" }).click();
      await workbench.treeRow("tickets").waitFor();
      assert.equal(await workbench.hasCommand("Agent Jobs: Show All Jobs"), false);
    });

    it("says the whole story in the tooltip", async () => {
      const hover = workbench.page.locator(".monaco-hover", { hasText: "Run 1" });
      await screenshotsInThemes(workbench, "tooltip", async () => {
        await workbench.page.mouse.move(1080, 400); // away from it: a change of the theme closes what hovers
        await workbench.treeRow("nightly-summaries").hover();
        await hover.waitFor();
      });
      assert.match((await hover.textContent()) ?? "", /846\/1,000.*Kept, and not done again: 846 items/);
    });

    it("offers above a job file what there is to do, and of a finished job says first that it is", async () => {
      const { editor } = workbench;
      await editor.open("nightly-summaries.job.ts");
      await editor.codeLens("846/1,000").waitFor();
      assert.deepEqual(await editor.codeLens(/./).allTextContents(), ["\u00a0Resume", "\u00a0846/1,000"]);
      await screenshotsInThemes(workbench, "job-file");
      await editor.open("tickets.job.ts");
      await editor.codeLens("120/120").waitFor();
      assert.deepEqual(await editor.codeLens(/./).allTextContents(), ["\u00a0120/120", "\u00a0Run"]);
      await workbench.screenshot("job-file-finished");
    });

    it("offers in the menu of a job with only failures left to retry them, and not to resume", async () => {
      await workbench.openView();
      const labels = await workbench.contextMenuLabels(workbench.treeRow("invoices"));
      assert.ok(labels.includes("Retry Failed Items…"), labels.join());
      assert.ok(!labels.includes("Resume"), labels.join());
      assert.equal(await workbench.hasCommand("Agent Jobs: Resume"), true);
    });
  });
});
