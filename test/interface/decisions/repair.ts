import assert from "node:assert/strict";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { article, done, header, own, started } from "../../support/damagedFiles.js";
import type { Workbench } from "../page.js";

const name = (n: number) => `invoice-${String(n).padStart(3, "0")}`;
/** As long to read as a person needs to cancel it. */
const largeLines = 400_000;

/** Checkpoints that are damaged each in its own way, one of them too large for an editor. */
export function makeDamage(folder: string): void {
  mkdirSync(join(folder, "checkpoints"), { recursive: true });
  const write = (file: string, text: string) => writeFileSync(join(folder, "checkpoints", file), text);
  const items = Array.from({ length: 60 }, (_, n) =>
    own({
      type: "done",
      item: keyOf(name(n + 1)),
      result: { total: 100 + n },
      ms: 2300,
      run: 1,
      usage: { usd: 0.0012 },
    }),
  );
  items[20] = items[20]!.replace('"total":120', '"total":920');
  items[21] = items[21]!.slice(0, 31) + items[22]!;
  items.splice(22, 1);
  write(
    "invoices.jsonl",
    header("invoices") + started(1) + own({ type: "input", run: 1, total: 80 }) + items.join(""),
  );
  const lines = Array.from({ length: 40 }, (_, n) => article(`page-${n + 1}`));
  lines[11] = `{"id": "page-1${lines[12]}`;
  lines.splice(12, 1);
  write("pages.jsonl", lines.join(""));
  write(
    "tickets.jsonl",
    `${header("tickets")}${started(1)}${done("t-1")}${"\0".repeat(24)}\n${done("t-2")}\ufeff${done("t-3")}Traceback (most recent call last):\n${done("t-4")}${done("t-5").slice(0, 40)}`,
  );
  const large = openSync(join(folder, "checkpoints/nightly.jsonl"), "w");
  const padding = "x".repeat(110);
  for (let n = 0; n < largeLines; n += 10_000) {
    const block = Array.from(
      { length: 10_000 },
      (_, i) => `{"id": "doc-${n + i}", "ts": 1748107200, "result": "${padding}"}\n`,
    );
    if (n === 200_000) block[5_000] = "not a record\n";
    writeSync(large, block.join(""));
  }
  closeSync(large);
}

export function describeRepair(opened: () => Workbench): void {
  const folder = () => opened().folder;
  let workbench: Workbench;
  before(async () => {
    workbench = opened();
    await workbench.openView();
  });
  const file = (checkpoint: string) => join(folder(), "checkpoints", checkpoint);
  const text = (checkpoint: string) => readFileSync(file(checkpoint), "utf8");
  const diffTab = () => workbench.editor.tab("as it is ↔ repaired");
  const beside = (checkpoint: string) =>
    readdirSync(join(folder(), "checkpoints")).filter((one) => one.startsWith(`${checkpoint}.`));

  it("shows the diff from the lens above the file, and repairs once the person agrees", async () => {
    await workbench.treeRow("invoices").getByText("58/80 · damaged").waitFor();
    await workbench.editor.open("checkpoints/invoices.jsonl");
    await workbench.editor.codeLens("Repair 2 damaged lines…").waitFor();
    await workbench.screenshot("repair-1-damaged");
    await workbench.editor.codeLens("Repair 2 damaged lines…").click();
    await workbench.notification("Repair invoices.jsonl as shown?").waitFor();
    const deleted = workbench.page.locator(".monaco-diff-editor .line-delete").first();
    await deleted.waitFor({ state: "attached" });
    await workbench.page.getByText("Ln 24, Col 1").waitFor();
    await workbench.screenshot("repair-2-diff");
    assert.ok(text("invoices.jsonl").includes('"total":920'), "nothing is changed yet");
    await workbench.notificationAction("Repair invoices.jsonl as shown?", "Repair");
    await workbench.notification("Repaired the checkpoint of invoices.").waitFor();
    await diffTab().waitFor({ state: "detached" });
    await workbench.treeRow("invoices").getByText("damaged").waitFor({ state: "detached" });
    await workbench.screenshot("repair-3-repaired");
    assert.ok(!text("invoices.jsonl").includes('"total":920'));
    assert.deepEqual(beside("invoices.jsonl").length, 2);
    await workbench.notificationAction("Repaired the checkpoint of invoices.", "Undo");
    await workbench.treeRow("invoices").getByText("damaged").waitFor();
  });

  it("keeps a merged record by the quick fix at its line", async () => {
    await workbench.editor.open("checkpoints/pages.jsonl");
    await workbench.editor.squiggles().first().waitFor();
    await workbench.editor.goTo(12, 20);
    const rows = await workbench.editor.quickFixes();
    await workbench.screenshot("repair-4-fixes");
    await rows.filter({ hasText: "keeping 1 whole record" }).click();
    await workbench.notification("Repaired line 12.").waitFor();
    await workbench.editor.squiggles().first().waitFor({ state: "detached" });
    assert.equal(text("pages.jsonl").split("\n")[11], article("page-13").trim());
  });

  it("repairs from the tree by the button in the diff's title, and undoes it from the palette", async () => {
    const damaged = text("tickets.jsonl");
    await workbench.contextMenu(workbench.treeRow("tickets"), "Repair…");
    await diffTab().waitFor();
    await workbench.notification("Repair tickets.jsonl as shown?").waitFor();
    await workbench.screenshot("repair-5-from-tree");
    await workbench.page.locator(".editor-actions").getByRole("button", { name: "Repair as Shown" }).click();
    await workbench.notification("Repaired the checkpoint of tickets.").waitFor();
    await diffTab().waitFor({ state: "detached" });
    assert.ok(!text("tickets.jsonl").includes("Traceback"));
    await workbench.command("Agent Jobs: Undo Repair or Clear…");
    await workbench.pick("tickets.jsonl");
    await workbench.dialog("Bring the backup of tickets.jsonl back?").waitFor();
    await workbench.screenshot("repair-6-undo");
    await workbench.dialogAction("Bring the backup of tickets.jsonl back?", "Bring It Back");
    await workbench.treeRow("tickets").getByText("damaged").waitFor();
    assert.equal(text("tickets.jsonl"), damaged);
  });

  it("repairs 60 MB from the tree, with progress, and leaves no trace where it is cancelled", async () => {
    const { size, ino } = statSync(file("nightly.jsonl"));
    assert.ok(size > 60_000_000);
    const nightly = workbench.treeRow("nightly");
    await nightly.getByText("399,999 done · damaged").waitFor();
    await workbench.contextMenu(nightly, "Repair…");
    await workbench
      .notification("Looking at the checkpoint of nightly")
      .getByText(/of \d+ MB/)
      .waitFor();
    // At once: on a slow machine a picture takes as long as all that is left to look at.
    await workbench.notificationAction("Looking at the checkpoint of nightly", "Cancel");
    await workbench.notification("Cancelled: nothing was changed.").waitFor();
    assert.deepEqual([statSync(file("nightly.jsonl")).ino, beside("nightly.jsonl")], [ino, []]);
    await workbench.contextMenu(nightly, "Repair…");
    await workbench.notification("Looking at the checkpoint of nightly").waitFor();
    await workbench.screenshot("repair-7-progress");
    await workbench.dialog("Repair the checkpoint of nightly?").waitFor();
    await workbench.screenshot("repair-8-in-words");
    await workbench.dialogAction("Repair the checkpoint of nightly?", "Repair");
    await workbench.notification("Repaired the checkpoint of nightly.").waitFor();
    await nightly.getByText("damaged").waitFor({ state: "detached" });
    assert.equal(statSync(file("nightly.jsonl")).size, size - "not a record\n".length);
  });
}
