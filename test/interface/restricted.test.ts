import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Workbench } from "./page.js";
import { makeScene } from "./scene.js";
import { openWorkbench } from "./workbench.js";

describe("Restricted Mode", () => {
  let folder: string;
  let workbench: Workbench;
  before(async () => {
    folder = await makeScene();
    writeFileSync(
      join(folder, "trap.job.mjs"),
      'import { writeFileSync } from "node:fs";\nwriteFileSync(new URL("./loaded.txt", import.meta.url), "");\n',
    );
    workbench = await openWorkbench({ folder, trust: "ask" });
  });
  after(async () => {
    await workbench?.close();
    rmSync(dirname(folder), { recursive: true, force: true });
  });

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
      assert.deepEqual(await row.locator(".actions .action-label").allTextContents(), [], name);
    }
    const labels = await workbench.contextMenuLabels(workbench.treeRow("translations"));
    assert.deepEqual(labels, ["Open Checkpoint", "Open Log"]);
    const titles = ["Run", "Resume", "Stop", "Follow in Terminal", "Repair…", "Clear…", "Mark as Done…"];
    for (const title of titles)
      assert.equal(await workbench.hasCommand(`Agent Jobs: ${title}`), false, title);
    assert.equal(await workbench.hasCommand("Agent Jobs: Show Failures"), true);
  });

  it("has run no job file to list it", () => {
    assert.equal(existsSync(join(folder, "loaded.txt")), false);
  });
});
