import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
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
    await workbench.welcome().getByText("There are no jobs in this folder yet").waitFor();
    await workbench.screenshot("welcome");
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
