import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processEnds } from "../support/files.js";
import type { Workbench } from "./page.js";
import { openWorkbench } from "./workbench.js";

const slow = `export default {
  items: Array.from({ length: 24 }, (_, i) => "item-" + i),
  concurrency: 1,
  process: () => new Promise((resolve) => setTimeout(resolve, 500, "done")),
};`;

/** VS Code begins the tasks of a reloaded window again where it does not find their terminals. */
describe("a run that ends while its window is reloaded", () => {
  let folder: string;
  let workbench: Workbench;
  const lines = (name: string) =>
    readFileSync(join(folder, "checkpoints", `${name}.jsonl`), "utf8").split("\n");
  const runsOf = (name: string) => lines(name).filter((line) => line.startsWith('{"type":"run-started"'));
  const row = (name: string) => workbench.treeRow(name);

  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "agent-jobs-reload-")));
    for (const name of ["ends", "stays"]) writeFileSync(join(folder, `${name}.job.mjs`), slow);
    workbench = await openWorkbench({ folder });
    await workbench.openView();
    for (const name of ["ends", "stays"]) {
      await workbench.inlineAction(row(name), "Run");
      await row(name)
        .getByText(/\d+\/24/)
        .waitFor();
    }
  });
  after(async () => {
    await workbench?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is not run again by VS Code, unasked", async () => {
    const { pid } = JSON.parse(runsOf("ends")[0]!);
    await workbench.reload(async () => {
      process.kill(pid, "SIGTERM");
      await processEnds(pid);
    });
    await workbench.openView();
    await workbench.notification("The run of ends ended while the window was reloaded").waitFor();
    await workbench.screenshot("reload-1-told");
    await row("ends").getByText("stopped").waitFor();
    // VS Code has found its tasks again long before the other one has ended.
    await row("stays").getByText("24/24").waitFor();
    assert.equal(runsOf("ends").length, 1);
    assert.equal(runsOf("stays").length, 1);
    await row("ends").getByText("stopped").waitFor();
  });

  it("goes on where it was when a person resumes it", async () => {
    await workbench.notificationAction("The run of ends ended", "Resume");
    await row("ends").getByText("24/24").waitFor();
    assert.equal(runsOf("ends").length, 2);
  });
});
