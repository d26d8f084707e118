import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { JobFileLens } from "../../src/extension/editor/jobFileLens.js";
import type { Job } from "../../src/extension/job.js";
import { inWorkspace, jobNamed, jobWhere, type Parts, parts, untilEvent } from "./support/extension.js";

// The items wait until the test lets them go; the last one fails until the test says that it works.
const gated = `import { existsSync, watch } from "node:fs";
import { join } from "node:path";
const said = (word) => existsSync(join(import.meta.dirname, "lensed-" + word));
const released = () => new Promise((resolve) => {
  const watcher = watch(import.meta.dirname, () => said("go") && resolve(watcher.close()));
  if (said("go")) resolve(watcher.close());
});
export default {
  items: ["a", "b", "c"],
  retry: false,
  async process(item) {
    await released();
    if (item === "c" && !said("works")) throw new Error("no");
  },
};
`;

describe("a job file in the editor", () => {
  let catalog: Parts["catalog"];
  let dashboards: Parts["dashboards"];
  let job: Job;
  const path = inWorkspace("jobs/lensed.job.mjs");
  const say = (word: "go" | "works") => writeFileSync(inWorkspace("jobs", `lensed-${word}`), "");
  const lensesOf = (file: string) =>
    vscode.commands.executeCommand<vscode.CodeLens[]>(
      "vscode.executeCodeLensProvider",
      vscode.Uri.file(file),
      20,
    );
  const titles = async () => (await lensesOf(path)).map(({ command }) => command!.title);
  const press = async (title: string) => {
    const lens = (await lensesOf(path)).find(({ command }) => command!.title === title);
    assert.ok(lens, `${title} is not among ${await titles()}`);
    await vscode.commands.executeCommand(lens.command!.command, ...lens.command!.arguments!);
  };
  const over = (done: number) =>
    jobNamed(catalog, "lensed", ({ holder, starting, view }) => {
      return !holder && !starting && view?.status.done === done;
    });
  before(async () => {
    ({ catalog, dashboards } = await parts());
    writeFileSync(path, gated);
    job = await jobNamed(catalog, "lensed");
    await vscode.window.showTextDocument(vscode.Uri.file(path));
  });
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    for (const name of ["lensed.job.mjs", "lensed-go", "lensed-works", "checkpoints"])
      rmSync(inWorkspace("jobs", name), { recursive: true, force: true });
  });

  it("offers to run it, above its export", async () => {
    const lenses = await lensesOf(path);
    assert.deepEqual(
      lenses.map(({ command, range }) => [command!.title, range.start.line]),
      [["$(play)\u00a0Run", 7]],
    );
  });

  it("in JSON has them above its first line", async () => {
    const { uri } = await vscode.workspace.openTextDocument(inWorkspace("jobs/outside.job.json"));
    const lenses = await lensesOf(uri.fsPath);
    assert.deepEqual(
      lenses.map(({ command, range }) => [command!.title, range.start.line]),
      [["$(play)\u00a0Run", 0]],
    );
  });

  it("says at once that it starts, and while it runs how it stands and that it can be stopped", async () => {
    await press("$(play)\u00a0Run");
    if (job.starting) assert.deepEqual(await titles(), ["$(graph)\u00a0starting…"]);
    await jobNamed(catalog, "lensed", ({ holder, view }) => holder !== null && view?.status.total === 3);
    assert.deepEqual(await titles(), ["$(debug-stop)\u00a0Stop", "$(graph)\u00a00/3"]);
  });

  it("where only failures are left offers to retry them, and not to resume", async () => {
    say("go");
    await over(2);
    assert.deepEqual(await titles(), [
      "$(debug-restart)\u00a0Retry 1 Failed…",
      "$(graph)\u00a02/3 · 1 failed",
    ]);
  });

  it("of a finished job says so first, before Run", async () => {
    say("works");
    await press("$(debug-restart)\u00a0Retry 1 Failed…");
    await over(3);
    assert.deepEqual(await titles(), ["$(graph)\u00a03/3", "$(play)\u00a0Run"]);
  });

  it("opens the dashboard by how it stands", async () => {
    await press("$(graph)\u00a03/3");
    assert.ok(dashboards.panels.has(job.id));
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
  });

  it("says nothing of runs that have a label", async () => {
    const { tasks } = await parts();
    await vscode.tasks.executeTask(await tasks.taskOf(job, ["--as", "W1", "--limit", "1"]));
    await jobWhere(catalog, "its labelled run", ({ source, holder, view }) => {
      return source.label === "W1" && !holder && view?.status.done === 1;
    });
    assert.deepEqual(await titles(), ["$(graph)\u00a03/3", "$(play)\u00a0Run"]);
  });

  it("is brought up to date at once, then twice a second or so, and not while nobody sees it", async () => {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(path));
    await vscode.window.showTextDocument(document);
    const seen = new JobFileLens(catalog);
    const toldMs: number[] = [];
    seen.onDidChangeCodeLenses(() => toldMs.push(performance.now()));
    const untilTold = (count: number) =>
      untilEvent([seen.onDidChangeCodeLenses], `told ${count} times`, () => toldMs.length === count);
    for (let i = 0; i < 20; i++) catalog.announce(job);
    await untilTold(1);
    for (let i = 0; i < 20; i++) catalog.announce(job);
    await untilTold(2);
    // A timer may ring a moment early.
    assert.ok(toldMs[1]! - toldMs[0]! > 390, toldMs.join(" "));
    seen.dispose();

    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await untilEvent(
      [vscode.window.onDidChangeVisibleTextEditors],
      "no editor",
      () => vscode.window.visibleTextEditors.length === 0,
    );
    const unseen = new JobFileLens(catalog);
    let told = 0;
    unseen.onDidChangeCodeLenses(() => told++);
    catalog.announce(job);
    await vscode.window.showTextDocument(document);
    assert.equal(told, 0);
    const shown = untilEvent([unseen.onDidChangeCodeLenses], "a change that is seen", () => told === 1);
    catalog.announce(job);
    await shown;
    unseen.dispose();
  });
});
