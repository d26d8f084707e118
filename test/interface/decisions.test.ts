import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { useWorkbench } from "./workbench.js";

/** A job that a run left with items in doubt, and a job file that no run can begin with. */
async function makeFolder(): Promise<string> {
  const folder = join(realpathSync(mkdtempSync(join(tmpdir(), "agent-jobs-decisions-"))), "batches");
  mkdirSync(folder);
  const store = new JsonlStore(join(folder, "checkpoints/invoices.jsonl"));
  const items = Array.from({ length: 40 }, (_, n) => `invoice-${String(n + 1).padStart(3, "0")}`);
  await new AgentResume({ store }).resumeOrStart("invoices", async (session) => {
    for (const [n, item] of [...session.remaining(items)].slice(0, 30).entries())
      if (n < 24) await session.markDone(item, { n }, { ms: 900 });
      else await session.markStarted(item);
  });
  writeFileSync(
    join(folder, "broken.job.ts"),
    'import { defineJob } from "agent-jobs";\n\nexport default defineJob({ items: ["a"], proces: () => 1 });\n',
  );
  return folder;
}

describe("what a person decides in the tree", () => {
  let folder: string;
  before(async () => {
    folder = await makeFolder();
  });
  const workbench = useWorkbench(() => ({ folder }));
  after(() => rmSync(dirname(folder), { recursive: true, force: true }));
  const invoices = () => workbench().treeRow("invoices");
  const doubtful = (name: string) => workbench().treeRow(name);

  it("marks one item in doubt as done, and is told what that means", async () => {
    await workbench().openView();
    await invoices().getByText("24/40 · 6 in doubt · stopped").waitFor();
    await workbench().expand(invoices());
    await workbench().expand(workbench().treeRow(/^In doubt/));
    await doubtful("invoice-026").hover();
    await workbench().screenshot("doubt-1-rows");
    await workbench().inlineAction(doubtful("invoice-026"), "Mark as Done…");
    await workbench().dialog("Mark invoice-026 of invoices as done?").waitFor();
    await workbench().screenshot("doubt-2-one");
    await workbench().dialogAction("Mark invoice-026 of invoices as done?", "Mark as Done");
    await workbench().notification("Marked 1 item of invoices as done, without a result.").waitFor();
    await invoices().getByText("25/40 · 5 in doubt · stopped").waitFor();
    await doubtful("invoice-026").waitFor({ state: "detached" });
  });

  it("marks several that are selected, from the menu, which offers nothing for one alone", async () => {
    await doubtful("invoice-027").click();
    await doubtful("invoice-029").click({ modifiers: ["Shift"] });
    assert.deepEqual(await workbench().contextMenuLabels(doubtful("invoice-028")), ["Mark as Done…"]);
    await workbench().contextMenu(doubtful("invoice-028"), "Mark as Done…");
    await workbench().dialog("Mark 3 items of invoices as done?").waitFor();
    await workbench().screenshot("doubt-3-several");
    await workbench().dialogAction("Mark 3 items of invoices as done?", "Cancel");
    await workbench().contextMenu(doubtful("invoice-028"), "Mark as Done…");
    await workbench().dialogAction("Mark 3 items of invoices as done?", "Mark as Done");
    await invoices().getByText("28/40 · 2 in doubt · stopped").waitFor();
  });

  it("picks an item from the palette, and marks the rest by their group", async () => {
    await workbench().command("Agent Jobs: Mark as Done…");
    await workbench().pick("invoices");
    await workbench().quickRow("invoice-030").click();
    await workbench().screenshot("doubt-4-pick");
    await workbench().quickInput().press("Enter");
    await workbench().dialogAction("Mark invoice-030 of invoices as done?", "Mark as Done");
    await invoices().getByText("29/40 · 1 in doubt · stopped").waitFor();
    assert.equal(await workbench().hasCommand("Agent Jobs: Mark All as Done…"), false);
    await workbench().inlineAction(workbench().treeRow(/^In doubt/), "Mark All as Done…");
    await workbench().dialogAction("Mark invoice-025 of invoices as done?", "Mark as Done");
    await invoices().getByText("30/40 · stopped").waitFor();
    await workbench()
      .treeRow(/^In doubt/)
      .waitFor({ state: "detached" });
    assert.equal(await workbench().hasCommand("Agent Jobs: Mark as Done…"), false);
    await workbench().screenshot("doubt-5-none-left");
  });

  it("reads why a job did not start, and sees its output", async () => {
    await workbench().inlineAction(workbench().treeRow("broken"), "Run");
    const told = /broken did not start: .*`proces` is no member of a job/;
    await workbench().notification(told).waitFor();
    await workbench().screenshot("start-1-failed");
    await workbench().notificationAction(told, "Show Output");
    // A line that begins a row: others are broken at the terminal's width.
    await workbench().page.locator(".panel .xterm-rows", { hasText: "agent-jobs: /" }).waitFor();
    await workbench().screenshot("start-2-output");
  });
});
