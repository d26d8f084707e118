import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildVsix } from "../package/vsix.js";
import { root } from "../setup/root.js";
import type { Workbench } from "./page.js";
import { openWorkbench } from "./workbench.js";

/** Two mistakes of its own, and an import of what is nowhere, tell when TypeScript has looked at it. */
const typed = `import { defineJob } from "agent-jobs";
import { nothing } from "agent-jobs-not";

const count: number = "text";
export default defineJob({
  items: ["a"],
  process: (item: string, ctx) => item + ctx.attempt + ctx.nowhere,
});
`;

describe("the VSIX, installed", () => {
  let scratch: string;
  let workbench: Workbench;
  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), "agent-jobs-vsix-"));
    const vsix = join(scratch, "agent-jobs.vsix");
    buildVsix(vsix);
    workbench = await openWorkbench({
      copyOf: join(root, "examples/hello"),
      extension: { vsix },
      env: { HELLO_DELAY_MS: "50" },
    });
  });
  after(async () => {
    await workbench?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it("runs a job to its end", async () => {
    await workbench.openView();
    const row = workbench.treeRow("hello");
    await row.getByText("not run yet").waitFor();
    await workbench.inlineAction(row, "Run");
    await row.getByText("123/126 · 3 failed").waitFor();
    await workbench.screenshot("installed");
  });

  it("is listed as installed", async () => {
    await workbench.command("Extensions: Show Installed Extensions");
    await workbench.page
      .locator(".extensions-list .monaco-list-row", { hasText: "Agent Jobs" })
      .first()
      .waitFor();
  });

  it("gives a job file the types of agent-jobs where nothing is installed", async () => {
    writeFileSync(join(workbench.folder, "typed.job.ts"), typed);
    await workbench.editor.open("typed.job.ts");
    const problems = await workbench.problems();
    await problems.getByText("Type 'string' is not assignable to type 'number'").waitFor();
    await problems.getByText("Cannot find module 'agent-jobs-not'").waitFor();
    await problems.getByText("Property 'nowhere' does not exist on type 'ItemContext'").waitFor();
    await workbench.screenshot("types-1-problems");
    assert.equal(await problems.getByText(/'agent-jobs'|implicitly/).count(), 0);
    await workbench.editor.lines().getByText("attempt").hover();
    await workbench.page.locator(".monaco-hover", { hasText: "Counted from 1, over all runs." }).waitFor();
    await workbench.screenshot("types-2-hover");
  });
});
