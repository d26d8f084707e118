import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../setup/root.js";
import { cliPath } from "../support/cli.js";
import type { Workbench } from "./page.js";
import { openWorkbench } from "./workbench.js";

describe("a folder without jobs", () => {
  let folder: string;
  let workbench: Workbench;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "agent-jobs-empty-"));
    workbench = await openWorkbench({ folder });
  });
  after(async () => {
    await workbench?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("says what a job is", async () => {
    await workbench.openView();
    const told = workbench.welcome().getByText("There are no jobs in this folder yet");
    await told.waitFor();
    assert.match(
      (await told.textContent()) ?? "",
      /A job does something with each of many items, .*; what is done is kept/,
    );
    await workbench.screenshot("welcome");
  });

  it("walks a person through the first steps: each button does what it says, and each step is ticked when it happened", async () => {
    const { page } = workbench;
    await workbench.welcome().getByText("Open the walkthrough").click();
    const walkthrough = page.locator(".gettingStartedContainer");
    const step = (title: string) => walkthrough.locator(".getting-started-step", { hasText: title });
    const take = async (title: string, button: string) => {
      await step(title).first().click();
      await step(title).getByRole("button", { name: button, exact: true }).click();
    };
    const ticked = (title: string) =>
      step(title).locator(".codicon-getting-started-step-checked.complete").waitFor();
    await take("Create a job", "Create Example Job");
    await workbench.treeRow("example").waitFor();
    await ticked("Create a job");
    await take("Run it", "Run the Example");
    await workbench.statusBar(/example \d+% · .+ left/).waitFor();
    await ticked("Run it");
    await take("Kill it", "Kill the Example");
    await ticked("Kill it");
    await take("Resume it", "Resume the Example");
    await ticked("Resume it");
    await workbench.screenshot("walkthrough");
    await take("Kill it", "Kill the Example");
    await workbench.statusBar(/example/).waitFor({ state: "detached" });
    await workbench.command("View: Close All Editors");
    rmSync(join(folder, "jobs"), { recursive: true });
  });

  it("makes a job that runs at once after three questions", async () => {
    await workbench.command("Agent Jobs: New Job…");
    await workbench.pick("JavaScript");
    await workbench.pick("A List in the Job File");
    await workbench.pick("None");
    await workbench.editor.tab("batch.job.mjs").waitFor();
    await workbench.screenshot("new-job");
    await workbench.notificationAction(/batch\.job\.mjs is ready/, "Run");
    await workbench.treeRow("batch").getByText("3/3").waitFor();
    assert.match(readFileSync(join(folder, "jobs/batch.job.mjs"), "utf8"), /ticket-1/);
    await workbench.command("View: Close All Editors");
    rmSync(join(folder, "jobs"), { recursive: true });
  });

  it("underlines in a JSON job what a run would refuse, and completes what it takes", async () => {
    const text = '{\n  "worker": ["w"],\n  "items": "a.csv",\n  "concurrency": 0,\n  \n}\n';
    writeFileSync(join(folder, "nightly.job.json"), text);
    await workbench.editor.open("nightly.job.json");
    await workbench.editor.squiggles().first().waitFor();
    await workbench.editor.goTo(5, 3);
    await workbench.command("Trigger Suggest");
    const suggested = workbench.page.locator(".suggest-widget .monaco-list-row", { hasText: "budget" });
    await suggested.first().waitFor();
    await workbench.screenshot("schema");
    await workbench.page.keyboard.press("Escape");
    await workbench.command("View: Close All Editors");
    rmSync(join(folder, "nightly.job.json"));
  });

  it("shows a job that is run outside, and tells of its end to whoever looks elsewhere", async () => {
    cpSync(join(root, "examples/hello"), join(folder, "hello"), {
      recursive: true,
      filter: (path) => !path.includes("checkpoints"),
    });
    const run = spawn(
      process.execPath,
      [cliPath, "run", join(folder, "hello/hello.job.mjs"), "--limit", "40"],
      {
        env: { ...process.env, HELLO_DELAY_MS: "500" },
        stdio: "ignore",
      },
    );
    const ended = once(run, "exit");
    await workbench
      .treeRow("hello")
      .getByText(/\d+\/126 .*left/)
      .waitFor();
    await workbench.statusBar(/hello \d+% · .+ left/).waitFor();
    await workbench.command("View: Show Explorer");
    run.kill("SIGKILL");
    await ended;
    await workbench.notification(/hello was killed.*nothing finished is lost/).waitFor();
    await workbench.screenshot("notification");
    await workbench.notificationAction(/hello was killed/, "Resume");
    await workbench.statusBar(/hello \d+% · .+ left/).waitFor();
  });
});
