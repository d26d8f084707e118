import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator } from "playwright-core";
import { releaseAtEnd } from "../host/cleanup.js";
import { useWorkbench } from "./workbench.js";

/** Three items fail when they are tried for the first time, in two ways. */
const jobFile = `
export default {
  items: Array.from({ length: 30 }, (_, i) => ({ id: "page-" + String(i + 1).padStart(2, "0") })),
  concurrency: 2,
  retry: false,
  async process({ id }, { attempt }) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    if (attempt === 1 && (id === "page-21" || id === "page-24"))
      throw Object.assign(new Error("429 Too many requests: retry later"), { status: 429 });
    if (attempt === 1 && id === "page-27") throw new Error("The reply is no JSON");
    return id;
  },
};
`;

const mostSteps = 40;

describe("a day's work with the keyboard alone", function () {
  this.bail(true);
  const folder = join(realpathSync(mkdtempSync(join(tmpdir(), "agent-jobs-keyboard-"))), "batches");
  releaseAtEnd(() => rmSync(join(folder, ".."), { recursive: true, force: true }));
  mkdirSync(folder);
  for (const name of ["archive", "pages"]) writeFileSync(join(folder, `${name}.job.mjs`), jobFile);
  const workbench = useWorkbench({ folder, settings: { "agentJobs.planBeforeRun": "always" } });
  const page = () => workbench().page;
  const key = (name: string) => page().keyboard.press(name);
  const dashboard = () => workbench().webview();
  const inTree = (): Locator => page().locator(".sidebar .pane-body .monaco-list-row.focused");
  const job = () => workbench().treeRow("pages").first();

  before(async () => {
    await page().evaluate('globalThis.clicks = 0; addEventListener("pointerdown", () => clicks++, true)');
  });
  /** Whether it comes to be seen soon. */
  const soon = (what: Locator, timeout = 400) =>
    what.waitFor({ timeout }).then(
      () => true,
      () => false,
    );

  /** Presses a key until something is to be seen. */
  async function until(what: Locator, name: string): Promise<void> {
    for (let step = 0; step < mostSteps; step++) {
      if (await soon(what)) return;
      await key(name);
    }
    await what.waitFor();
  }

  /** A command by its whole title, once it is the row that Enter takes. */
  async function palette(title: string): Promise<void> {
    for (let tries = 0; tries < 5; tries++) {
      await key("F1");
      await workbench().quickInput().waitFor();
      await page().keyboard.insertText(title);
      if (await soon(workbench().quickRow(title), 3_000)) break;
      await key("Escape"); // what came to be enabled since is not in its list
    }
    await take(title);
  }

  /** A row of a list of choices: the arrow keys come to it, Enter takes it. */
  async function take(label: string): Promise<void> {
    await until(workbench().quickRow(label).and(page().locator(".focused")), "ArrowDown");
    await key("Enter");
  }

  /** A view that is shown for the first time has no rows yet that could take the focus. */
  async function toTree(): Promise<void> {
    const focused = page().locator(".sidebar .pane-body .monaco-list:focus-within");
    do {
      await palette("Agent Jobs: Focus on Agent Jobs View");
      await job().waitFor();
    } while (!(await soon(focused, 3_000)));
  }

  async function toRow(text: string | RegExp): Promise<void> {
    await key("Home");
    await until(inTree().filter({ hasText: text }), "ArrowDown");
  }

  async function menu(item: string): Promise<void> {
    await key("Shift+F10");
    const chosen = page().locator(".monaco-menu .action-item.focused");
    await page().locator(".monaco-menu").waitFor();
    const label = page().locator(".action-label", { hasText: new RegExp(`^${item}$`) });
    await until(chosen.filter({ has: label }), "ArrowDown");
    await key("Enter");
    await page().locator(".monaco-menu").waitFor({ state: "detached" });
  }

  /** Presses the first button of a dialog, which has the focus. */
  async function answer(text: string): Promise<void> {
    await workbench().dialog(text).locator(":focus").waitFor();
    await key("Enter");
    await workbench().dialog(text).waitFor({ state: "detached" });
  }

  it("runs a job from its row's menu", async () => {
    await toTree();
    await job().waitFor();
    await toRow("pages");
    await menu("Run");
    await answer("Run pages?");
    await job()
      .getByText(/[1-9]\d*\/30/)
      .waitFor();
  });

  it("stops it, and resumes it over its plan", async () => {
    await toRow("pages");
    await menu("Stop");
    await job().getByText("stopped").waitFor();
    await toRow("pages");
    await menu("Resume");
    await workbench().dialog("Resume pages?").waitFor();
    await workbench().screenshot("keyboard-1-plan");
    await answer("Resume pages?");
    await job().getByText("27/30 · 3 failed").waitFor();
  });

  it("comes to a failed item below its cause, and opens it", async () => {
    await toTree();
    await toRow("pages");
    await key("ArrowRight");
    await toRow(/^Failed/);
    await key("ArrowRight");
    await toRow(/^rate-limit/);
    await key("ArrowRight");
    await toRow(/^page-24/);
    await workbench().screenshot("keyboard-2-tree");
    await key("Enter");
    await workbench().editor.tab("page-24 of pages").waitFor();
    await workbench().editor.codeLens("Retry").waitFor();
    await workbench().screenshot("keyboard-3-item");
  });

  it("follows a link of its document to the checkpoint, and comes back", async () => {
    await page().locator(".editor-instance .monaco-editor.focused").first().waitFor();
    await workbench().editor.goTo(4, 40);
    await palette("Open Link");
    await workbench().editor.tab("pages.jsonl").waitFor();
    await palette("Go Back");
    await page().locator(".tab.active", { hasText: "page-24 of pages" }).waitFor();
  });

  it("tries the item again by the lens above it", async () => {
    await workbench().editor.goTo(1);
    // An editor that is shown again has none until it has asked for them.
    do await palette("Show CodeLens Commands for Current Line");
    while (!(await soon(workbench().quickRow("Retry"), 3_000)));
    await workbench().screenshot("keyboard-4-lenses");
    await take("Retry");
    await answer("Retry 1 failed item of pages?");
    await job().getByText("28/30 · 2 failed").waitFor();
  });

  it("opens the dashboard, and comes to its table of failures", async () => {
    await toTree();
    await toRow("pages");
    await menu("Open Dashboard");
    await dashboard().getByRole("heading", { level: 1, name: "pages" }).waitFor();
    await dashboard().locator(".failures tbody tr").first().waitFor();
    await until(dashboard().getByRole("searchbox").and(dashboard().locator(":focus")), "Tab");
    await page().keyboard.type("JSON");
    await dashboard().getByRole("status").filter({ hasText: "1 of 2 match" }).waitFor();
    await until(dashboard().locator("tbody button:focus"), "Tab");
    await workbench().screenshot("keyboard-5-dashboard");
  });

  it("opens an item from it, and returns to the table as it was", async () => {
    await key("Enter");
    await workbench().editor.tab("page-27 of pages").waitFor();
    await page().locator(".editor-instance .monaco-editor.focused").first().waitFor();
    await palette("View: Open Previous Recently Used Editor");
    await dashboard().locator("tbody tr").first().waitFor();
    assert.equal(await dashboard().getByRole("searchbox").inputValue(), "JSON");
    await until(dashboard().locator("tbody button:focus"), "Tab");
    await workbench().screenshot("keyboard-6-back");
  });

  it("stops a run from its dashboard, and is still beside the buttons there when that one is gone", async () => {
    await palette("Agent Jobs: Run");
    await take("archive");
    await answer("Run archive?");
    await workbench()
      .treeRow("archive")
      .first()
      .getByText(/[1-9]\d*\/30/)
      .waitFor();
    await palette("Agent Jobs: Open Dashboard");
    await take("archive");
    await dashboard().getByRole("heading", { level: 1, name: "archive" }).waitFor();
    await until(dashboard().locator(".actions button:focus", { hasText: "Stop" }), "Tab");
    await key("Enter");
    await dashboard().getByText("Run 1 was stopped.").waitFor();
    await dashboard().getByRole("button", { name: "Resume" }).waitFor();
    await dashboard().locator(".actions:focus").waitFor();
    await until(dashboard().locator(".actions button:focus", { hasText: "Resume" }), "Tab");
    await palette("View: Close Editor");
    await dashboard().locator("tbody tr").first().waitFor();
    await until(dashboard().locator("tbody button:focus"), "Tab");
  });

  it("tries it again from there, and is back in the tree with all done", async () => {
    await key("Space");
    await until(dashboard().locator("button:focus", { hasText: "Retry 1 Chosen…" }), "Shift+Tab");
    await key("Enter");
    await answer("Retry 1 failed item of pages?");
    await job().getByText("29/30 · 1 failed").waitFor();
    await toTree();
    await toRow("pages");
    await menu("Retry Failed Items…");
    await answer("Retry 1 failed item of pages?");
    await job().getByText("30/30").waitFor();
    await workbench().screenshot("keyboard-7-done");
    const clicks = await page().evaluate("clicks");
    assert.equal(clicks, 0, "the mouse was used");
  });
});
