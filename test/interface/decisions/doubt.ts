import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentResume } from "../../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import type { Workbench } from "../page.js";

/** A job that a run left with items in doubt, and a job file that no run can begin with. */
export async function makeDoubt(folder: string): Promise<void> {
  const store = new JsonlStore(join(folder, "checkpoints/orders.jsonl"));
  const items = Array.from({ length: 40 }, (_, n) => `order-${String(n + 1).padStart(3, "0")}`);
  await new AgentResume({ store }).resumeOrStart("orders", async (session) => {
    for (const [n, item] of [...session.remaining(items)].slice(0, 30).entries())
      if (n < 24) await session.markDone(item, { n }, { ms: 900 });
      else await session.markStarted(item);
  });
  writeFileSync(
    join(folder, "broken.job.ts"),
    'import { defineJob } from "agent-jobs";\n\nexport default defineJob({ items: ["a"], proces: () => 1 });\n',
  );
}

export function describeDoubt(workbench: () => Workbench): void {
  const orders = () => workbench().treeRow("orders");
  const doubtful = (name: string) => workbench().treeRow(name);

  it("marks one item in doubt as done, and is told what that means", async () => {
    await orders().getByText("24/40 · 6 in doubt · stopped").waitFor();
    await workbench().expand(orders());
    await workbench().expand(workbench().treeRow(/^In doubt/));
    await doubtful("order-026").hover();
    await workbench().screenshot("doubt-1-rows");
    await workbench().inlineAction(doubtful("order-026"), "Mark as Done…");
    await workbench().dialog("Mark order-026 of orders as done?").waitFor();
    await workbench().screenshot("doubt-2-one");
    await workbench().dialogAction("Mark order-026 of orders as done?", "Mark as Done");
    await workbench().notification("Marked 1 item of orders as done, without a result.").waitFor();
    await orders().getByText("25/40 · 5 in doubt · stopped").waitFor();
    await doubtful("order-026").waitFor({ state: "detached" });
  });

  it("marks several that are selected, from the menu, which offers nothing for one alone", async () => {
    await doubtful("order-027").click();
    await doubtful("order-029").click({ modifiers: ["Shift"] });
    assert.deepEqual(await workbench().contextMenuLabels(doubtful("order-028")), ["Mark as Done…"]);
    await workbench().contextMenu(doubtful("order-028"), "Mark as Done…");
    await workbench().dialog("Mark 3 items of orders as done?").waitFor();
    await workbench().screenshot("doubt-3-several");
    await workbench().dialogAction("Mark 3 items of orders as done?", "Cancel");
    await workbench().contextMenu(doubtful("order-028"), "Mark as Done…");
    await workbench().dialogAction("Mark 3 items of orders as done?", "Mark as Done");
    await orders().getByText("28/40 · 2 in doubt · stopped").waitFor();
  });

  it("picks an item from the palette, and marks the rest by their group", async () => {
    await workbench().command("Agent Jobs: Mark as Done…");
    await workbench().pick("orders");
    await workbench().quickRow("order-030").click();
    await workbench().screenshot("doubt-4-pick");
    await workbench().quickInput().press("Enter");
    await workbench().dialogAction("Mark order-030 of orders as done?", "Mark as Done");
    await orders().getByText("29/40 · 1 in doubt · stopped").waitFor();
    assert.equal(await workbench().hasCommand("Agent Jobs: Mark All as Done…"), false);
    await workbench().inlineAction(workbench().treeRow(/^In doubt/), "Mark All as Done…");
    await workbench().dialogAction("Mark order-025 of orders as done?", "Mark as Done");
    await orders().getByText("30/40 · stopped").waitFor();
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
}
