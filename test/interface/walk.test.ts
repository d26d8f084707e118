import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildVsix } from "../package/vsix.js";
import { root } from "../setup/root.js";
import { useWorkbench } from "./workbench.js";

/** Two mistakes of its own, and an import of what is nowhere, tell when TypeScript has looked at it. */
const typed = `import { defineJob } from "agent-jobs";
import { nothing } from "agent-jobs-not";

const count: number = "text";
export default defineJob({
  items: ["a"],
  process: (item: string, ctx) => item + ctx.attempt + ctx.nowhere,
});
`;

/** All items of the example take 63 s; not all of them are left. */
const wholeRunMs = 120_000;

/** From the first run to the clearing of its checkpoint, as a person does it who has installed the VSIX. */
describe("a person with the example", () => {
  let scratch: string;
  const workbench = useWorkbench(() => {
    scratch = mkdtempSync(join(tmpdir(), "agent-jobs-vsix-"));
    const vsix = join(scratch, "agent-jobs.vsix");
    buildVsix(vsix);
    return {
      copyOf: join(root, "examples/hello"),
      extension: { vsix },
      // Long enough for a window to be reloaded on a loaded machine.
      env: { HELLO_DELAY_MS: "2000" },
    };
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));
  const hello = () => workbench().treeRow("hello");
  const counted = async () => Number(/(\d+)\/126/.exec((await hello().textContent()) ?? "")?.[1]);
  const checkpoint = () => join(workbench().folder, "checkpoints/hello.jsonl");

  it("opens the view and runs it from the tree", async () => {
    await workbench().openView();
    await hello().getByText("not run yet").waitFor();
    await workbench().inlineAction(hello(), "Run");
    await hello()
      .getByText(/\d+\/126/)
      .waitFor();
  });

  it("sees the count grow, and the time that is left in the status bar", async () => {
    await workbench()
      .statusBar(/hello \d+% · .+ left/)
      .waitFor();
    const before = await counted();
    await hello()
      .getByText(new RegExp(`(?<!\\d)${before + 3}/126|${before + 4}/126|${before + 5}/126`))
      .waitFor();
    assert.ok((await counted()) > before);
    await workbench().screenshot("walk-1-running");
  });

  it("finds it running after the window was reloaded", async () => {
    const before = await counted();
    await workbench().reload();
    await workbench().openView();
    await hello()
      .getByText(/\d+\/126 .*left/)
      .waitFor();
    assert.ok((await counted()) >= before);
    assert.equal(await workbench().hasCommand("Agent Jobs: Run"), false);
  });

  it("stops it, and sees it stop", async () => {
    await workbench().inlineAction(hello(), "Stop");
    await hello().getByText("stopped").waitFor();
    await workbench()
      .statusBar(/hello \d+%/)
      .waitFor({ state: "detached" });
    await workbench().screenshot("walk-2-stopped");
  });

  /** A message that comes up takes the focus, and a list of choices closes then: whoever looks asks again. */
  async function openPick(title: string, label: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      await workbench().command(title);
      const shown = workbench().quickRow(label).waitFor({ timeout: 5_000 });
      if (tries === 3) return shown;
      if (
        await shown.then(
          () => true,
          () => false,
        )
      )
        return;
    }
  }

  it("resumes it from the palette, where it was", async () => {
    const before = await counted();
    assert.ok(before > 0 && before < 120, String(before));
    await openPick("Agent Jobs: Resume", "hello");
    await workbench().pick("hello");
    await hello()
      .getByText(/\d+\/126 .*left/)
      .waitFor();
    assert.ok((await counted()) >= before);
  });

  it("sees it end with failed items, and their messages", async () => {
    await hello()
      .getByText("124/126 · 2 failed")
      .or(hello().getByText("123/126 · 3 failed"))
      .waitFor({ timeout: wholeRunMs });
    await workbench()
      .statusBar(/hello \d+%/)
      .waitFor({ state: "detached" });
    // The run that was reloaded over was not begun again by VS Code, before its end or after.
    const runs = readFileSync(checkpoint(), "utf8").match(/^\{"type":"run-started"/gm);
    assert.equal(runs?.length, 2);
    await workbench().expand(hello());
    await workbench().expand(workbench().treeRow(/^Failed/));
    await workbench().expand(workbench().treeRow(/^other/));
    await workbench().treeRow("The text is empty: there is nothing to read").waitFor();
    await workbench().screenshot("walk-3-failed");
    await workbench()
      .treeRow(/^083-\w+?\s*The text is encoded in cp037/)
      .click();
    await workbench().editor.lines().getByText("cp037, which is not supported").first().waitFor();
    await workbench().screenshot("walk-4-failure");
  });

  it("damages the checkpoint in the editor, and sees where", async () => {
    await workbench().contextMenu(hello(), "Open Checkpoint");
    await workbench()
      .editor.codeLens(/hello: 12\d\/126/)
      .waitFor();
    await workbench().editor.goTo(12, 20);
    await workbench().editor.type("oops");
    await workbench().editor.save();
    await workbench().editor.squiggles().first().waitFor();
    await hello().getByText("damaged").waitFor();
    await workbench()
      .editor.codeLens(/hello: .* damaged/)
      .waitFor();
    const problems = await workbench().problems();
    await problems.getByText("The record's bytes changed after it was written").waitFor();
    await workbench().screenshot("walk-5-damaged");
  });

  it("repairs it by the quick fix", async () => {
    await workbench().editor.lines().first().click();
    await workbench().editor.goTo(12, 20);
    await workbench().editor.quickFixes();
    await workbench().screenshot("walk-6-fixes");
    await workbench().page.keyboard.press("Escape");
    await workbench().editor.quickFix("Repair this line");
    await workbench()
      .notification(/Repaired line 12\..*The original is kept as hello\.jsonl\.bak-/)
      .waitFor();
    await workbench().editor.squiggles().first().waitFor({ state: "detached" });
    await hello().getByText("damaged").waitFor({ state: "detached" });
    await workbench().screenshot("walk-7-repaired");
  });

  it("repairs the whole file, and is told what becomes of it", async () => {
    await workbench().notificationAction(/Repaired line 12/, "Undo");
    await hello().getByText("damaged").waitFor();
    await workbench().contextMenu(hello(), "Repair…");
    await workbench().notification("Repair hello.jsonl as shown?").waitFor();
    await workbench().screenshot("walk-8-repair");
    await workbench().notificationAction("Repair hello.jsonl as shown?", "Repair");
    await workbench().notification("Repaired the checkpoint of hello.").waitFor();
    await hello().getByText("damaged").waitFor({ state: "detached" });
  });

  it("clears it, is asked before, and can take it back", async () => {
    await workbench().contextMenu(hello(), "Clear…");
    await workbench().dialog("Clear the checkpoint of hello?").waitFor();
    await workbench().screenshot("walk-9-clear");
    await workbench().dialogAction("Clear the checkpoint of hello?", "Cancel");
    assert.ok(existsSync(checkpoint()));
    await workbench().contextMenu(hello(), "Clear…");
    await workbench().dialogAction("Clear the checkpoint of hello?", "Clear");
    await hello()
      .getByText(/^cleared /)
      .waitFor();
    assert.ok(!existsSync(checkpoint()));
    await workbench().notificationAction("Cleared hello.", "Undo");
    await hello()
      .getByText(/12\d\/126/)
      .waitFor();
    await workbench().screenshot("walk-10-undone");
  });

  it("finds ticked in the walkthrough what was done before it was opened", async () => {
    await workbench().command("Agent Jobs: Open Walkthrough");
    const steps = workbench().page.locator(".gettingStartedContainer .getting-started-step");
    for (const title of ["Create a job", "Run it", "Repair a damaged"])
      await steps
        .filter({ hasText: title })
        .locator(".codicon-getting-started-step-checked.complete")
        .waitFor();
    await workbench().screenshot("walk-11-walkthrough");
    await workbench().command("View: Close All Editors");
  });

  it("is listed as installed", async () => {
    await workbench().command("Extensions: Show Installed Extensions");
    await workbench()
      .page.locator(".extensions-list .monaco-list-row", { hasText: "Agent Jobs" })
      .first()
      .waitFor();
  });

  it("gives a job file the types of agent-jobs where nothing is installed", async () => {
    writeFileSync(join(workbench().folder, "typed.job.ts"), typed);
    await workbench().editor.open("typed.job.ts");
    const problems = await workbench().problems();
    await problems.getByText("Type 'string' is not assignable to type 'number'").waitFor();
    await problems.getByText("Cannot find module 'agent-jobs-not'").waitFor();
    await problems.getByText("Property 'nowhere' does not exist on type 'ItemContext'").waitFor();
    await workbench().screenshot("types-1-problems");
    assert.equal(await problems.getByText(/'agent-jobs'|implicitly/).count(), 0);
    await workbench().editor.lines().getByText("attempt").hover();
    await workbench().page.locator(".monaco-hover", { hasText: "Counted from 1, over all runs." }).waitFor();
    await workbench().screenshot("types-2-hover");
  });
});
