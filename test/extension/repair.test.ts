import assert from "node:assert/strict";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { timeText } from "../../src/view/text.js";
import { article, done, header, started } from "../support/damagedFiles.js";
import { answering, inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";
import { startWriter } from "./support/writer.js";

describe("repairing a checkpoint", () => {
  const path = inWorkspace("checkpoints/mended.jsonl");
  const uri = vscode.Uri.file(path);
  let catalog: Parts["catalog"];
  const restores: (() => void)[] = [];
  before(async () => {
    ({ catalog } = await parts());
  });
  beforeEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));
  afterEach(async () => {
    for (const restore of restores.splice(0)) restore();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    for (const name of readdirSync(inWorkspace("checkpoints")))
      if (name.startsWith("mended")) rmSync(inWorkspace("checkpoints", name));
    await catalog.refresh();
  });

  const answer = (kind: Parameters<typeof answering>[0], ...answers: unknown[]) => {
    const answered = answering(kind, () => answers.shift());
    restores.push(answered.restore);
    return answered.said;
  };
  const damagedJob = async (text: string, name = "mended") => {
    writeFileSync(inWorkspace(`checkpoints/${name}.jsonl`), text);
    await catalog.refresh();
    return jobNamed(catalog, name, ({ view }) => view?.status.damaged === true);
  };
  const text = () => readFileSync(path, "utf8");
  const diff = () => {
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    return input instanceof vscode.TabInputTextDiff ? input : undefined;
  };
  const contents = async (document: vscode.Uri) =>
    (await vscode.workspace.openTextDocument(document)).getText();
  const tabs = [vscode.window.tabGroups.onDidChangeTabs];
  const damaged = `${header("mended")}${started(1)}\0\0}\n${done("a").replace('"ts":1', '"ts":2')}${done("b")}`;
  const whole = header("mended") + started(1) + done("b");

  it("shows a diff that nobody can write in, and repairs by the button in its title", async () => {
    const job = await damagedJob(damaged);
    const asked = answer("showWarningMessage");
    const told = answer("showInformationMessage");
    await vscode.commands.executeCommand("agentJobs.repair", job.id);
    await untilEvent(tabs, "the diff", () => diff() !== undefined);
    const { original, modified } = diff()!;
    assert.deepEqual([original.scheme, modified.scheme], Array(2).fill("agent-jobs-repaired"));
    assert.equal(await contents(original), damaged.replaceAll("\0", "␀"));
    assert.equal(await contents(modified), whole);
    assert.match(String(asked[0]![0]), /^Repair mended\.jsonl as shown\? 2 damaged lines/);
    assert.equal(text(), damaged);
    assert.ok(!job.capabilities(true).has("undoable"));
    await vscode.commands.executeCommand("agentJobs.acceptRepair", modified);
    assert.equal(text(), whole);
    assert.ok(job.capabilities(true).has("undoable"));
    await untilEvent(tabs, "the diff's end", () => diff() === undefined);
    assert.match(String(told[0]![0]), /Repaired the checkpoint of mended\. .* What was dropped is in/);
  });

  it("shows the repair anew where the file has changed since it was shown", async () => {
    const job = await damagedJob(damaged);
    const warned = answer("showWarningMessage", undefined, "Look Again", "Repair");
    answer("showInformationMessage");
    await vscode.commands.executeCommand("agentJobs.repair", job.id);
    await untilEvent(tabs, "the diff", () => diff() !== undefined);
    const { modified } = diff()!;
    writeFileSync(path, damaged + done("c"));
    await vscode.commands.executeCommand("agentJobs.acceptRepair", modified);
    assert.match(String(warned[1]![0]), /^Will not change .*mended\.jsonl/);
    assert.match(String(warned[2]![0]), /^Repair mended\.jsonl as shown\? 2 damaged lines/);
    assert.equal(text(), whole + done("c"));
  });

  it("has nothing to undo where nothing was repaired or cleared, which is no error", async () => {
    const job = await damagedJob(damaged);
    const told = answer("showInformationMessage");
    await vscode.commands.executeCommand("agentJobs.undo", job.id);
    assert.match(String(told[0]![0]), /^There is nothing to undo: mended\.jsonl has no backup beside it\.$/);
  });

  it("leaves the file as it is where the person says so, and closes the diff", async () => {
    const job = await damagedJob(damaged);
    answer("showWarningMessage", "Leave as It Is");
    await vscode.commands.executeCommand("agentJobs.repair", job.id);
    await untilEvent(tabs, "the diff's end", () => diff() === undefined);
    assert.equal(text(), damaged);
    const failed = answer("showErrorMessage");
    await vscode.commands.executeCommand("agentJobs.acceptRepair");
    assert.match(String(failed[0]![0]), /no repair to carry out here/);
  });

  it("keeps merged records without a checksum only where the person chooses to", async () => {
    const job = await damagedJob(`${article("a")}{"id": "bb${article("c")}${article("d")}`);
    const asked = answer("showWarningMessage", "Also Keep 1 Merged Record", "Repair");
    answer("showInformationMessage");
    await vscode.commands.executeCommand("agentJobs.repair", job.id);
    assert.deepEqual(asked[0]!.slice(1), ["Repair", "Also Keep 1 Merged Record", "Leave as It Is"]);
    assert.deepEqual(asked[1]!.slice(1), ["Repair", "Leave as It Is"]);
    assert.match(String(asked[1]![0]), /Counted as done besides: 1 item \(c\)/);
    assert.equal(text(), article("a") + article("c") + article("d"));
  });

  it("looks again where the line of a fix is whole by now and others are damaged", async () => {
    const job = await damagedJob(damaged);
    const { line } = job.view!.scan.faults[0]!;
    writeFileSync(path, header("mended") + done("x") + done("y") + damaged.slice(header("mended").length));
    const warned = answer("showWarningMessage", "Look Again", "Leave as It Is");
    await vscode.commands.executeCommand("agentJobs.repairLine", uri, line);
    assert.equal(
      warned[0]![0],
      `Line ${line} of mended.jsonl is whole now: the file was changed. Other lines of it are damaged.`,
    );
    assert.match(String(warned[1]![0]), /^Repair mended\.jsonl as shown\?/);
  });

  it("looks again where the file changes between the plan of a fix and its end", async () => {
    const folder = mkdtempSync(join(dirname(inWorkspace()), "fixed-"));
    const outside = join(folder, "far.jsonl");
    writeFileSync(outside, damaged.replace(header("mended"), header("far")));
    mkdirSync(inWorkspace("linked"));
    symlinkSync(folder, inWorkspace("linked/checkpoints"));
    await catalog.refresh();
    const job = await jobNamed(catalog, "far", ({ view }) => view?.status.damaged === true);
    const answered = answering("showWarningMessage", (title: never) => {
      // A run that ends elsewhere while the person thinks about the place.
      if (/lies outside/.test(title)) appendFileSync(outside, done("c"));
      return /lies outside/.test(title) ? "Write There" : undefined;
    });
    const gone = () => {
      for (const path of [inWorkspace("linked"), folder]) rmSync(path, { recursive: true });
    };
    restores.push(answered.restore, gone);
    const { line } = job.view!.scan.faults[0]!;
    await vscode.commands.executeCommand("agentJobs.repairLine", vscode.Uri.file(job.checkpoint), line);
    const [, [stale, ...buttons] = []] = answered.said;
    assert.match(String(stale), /^Will not change .*far\.jsonl/);
    assert.deepEqual(buttons, ["Look Again"]);
    assert.ok(readFileSync(outside, "utf8").endsWith(done("c")));
    assert.ok(readFileSync(outside, "utf8").includes("\0\0}"));
  });

  it("says nothing was done where a question is answered that was decided elsewhere", async () => {
    const job = await damagedJob(damaged);
    let answerLate = (_: string) => {};
    const late = new Promise<string>((resolve) => {
      answerLate = resolve;
    });
    answer("showWarningMessage", late as never);
    const told = answer("showInformationMessage");
    const asked = vscode.commands.executeCommand("agentJobs.repair", job.id);
    await untilEvent([vscode.window.tabGroups.onDidChangeTabs], "the diff", () => diff() !== undefined);
    await vscode.commands.executeCommand("agentJobs.acceptRepair", diff()!.modified);
    const repaired = text();
    answerLate("Repair");
    await asked;
    assert.match(String(told.at(-1)![0]), /^That repair of mended\.jsonl was decided before/);
    assert.equal(text(), repaired);
  });

  it("says nothing of a question that nobody answered, where the repair was decided elsewhere", async () => {
    const job = await damagedJob(damaged);
    let close = (_: undefined) => {};
    answer("showWarningMessage", new Promise((resolve) => (close = resolve)));
    const told = answer("showInformationMessage");
    const asked = vscode.commands.executeCommand("agentJobs.repair", job.id);
    await untilEvent([vscode.window.tabGroups.onDidChangeTabs], "the diff", () => diff() !== undefined);
    await vscode.commands.executeCommand("agentJobs.acceptRepair", diff()!.modified);
    close(undefined);
    await asked;
    assert.deepEqual(
      told.map(([said]) => /^Repaired the checkpoint/.test(String(said))),
      [true],
    );
  });

  it("shows the last line where all that a repair does is to end it", async () => {
    const long = header("mended") + Array.from({ length: 200 }, (_, n) => done(`item-${n}`)).join("");
    writeFileSync(path, long + done("cut").slice(0, 30));
    await catalog.refresh();
    const job = await jobNamed(catalog, "mended", ({ view }) => view?.scan.tornTail === true);
    const asked = answer("showWarningMessage");
    await vscode.commands.executeCommand("agentJobs.repair", job.id);
    await untilEvent(tabs, "the diff", () => diff() !== undefined);
    assert.match(String(asked[0]![0]), /The last line is cut short, as by a kill while it was written/);
    const shown = () =>
      vscode.window.visibleTextEditors.some(({ selection }) => selection.active.line >= 200);
    await untilEvent([vscode.window.onDidChangeTextEditorSelection], "its last line", shown);
  });

  it("offers to keep them at the line, too", async () => {
    await damagedJob(`${article("a")}{"id": "bb${article("c")}${article("d")}`);
    await vscode.window.showTextDocument(uri);
    const diagnosed = () => vscode.languages.getDiagnostics(uri);
    await untilEvent([vscode.languages.onDidChangeDiagnostics], "it", () => diagnosed().length === 1);
    const fixes = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      uri,
      diagnosed()[0]!.range,
    );
    assert.deepEqual(
      fixes.map(({ title }) => title),
      [
        "Repair this line (drops it; to be done again: c)",
        "Repair this line, keeping 1 whole record in it",
        "Repair the file…",
      ],
    );
    answer("showInformationMessage");
    await vscode.commands.executeCommand(fixes[1]!.command!.command, ...fixes[1]!.command!.arguments!);
    assert.equal(text(), article("a") + article("c") + article("d"));
  });

  it("shows what a survived crash left as a hint, and ends a torn tail where it is asked to", async () => {
    writeFileSync(path, `${header("mended")}${done("a")}${done("b").slice(0, 30)}`);
    await catalog.refresh();
    await jobNamed(catalog, "mended", ({ view }) => view?.scan.tornTail === true);
    await vscode.window.showTextDocument(uri);
    const diagnosed = () => vscode.languages.getDiagnostics(uri);
    await untilEvent([vscode.languages.onDidChangeDiagnostics], "it", () => diagnosed().length === 1);
    assert.equal(diagnosed()[0]!.severity, vscode.DiagnosticSeverity.Hint);
    answer("showInformationMessage");
    await vscode.commands.executeCommand("agentJobs.repairLine", uri, 3);
    assert.equal(text(), `${header("mended")}${done("a")}${done("b").slice(0, 30)}\n`);
  });

  it("is refused while the job runs", async () => {
    const running = inWorkspace("checkpoints/mended-live.jsonl");
    const writer = await startWriter(running, "mended-live");
    const failed = answer("showErrorMessage");
    try {
      await catalog.refresh();
      const job = await jobNamed(catalog, "mended-live");
      await vscode.commands.executeCommand("agentJobs.repair", job.id);
      assert.match(String(failed[0]![0]), /mended-live is running \(pid \d+ on .*stop it or wait/);
    } finally {
      const gone = once(writer, "exit");
      writer.kill("SIGKILL");
      await gone;
    }
  });

  it("is not undone while a run is on that began since, and says what to do", async () => {
    const running = inWorkspace("checkpoints/mended-since.jsonl");
    writeFileSync(running, header("mended-since") + started(1) + done("a"));
    const job = await jobNamed(catalog, "mended-since", ({ view }) => view?.status.done === 1);
    answer("showWarningMessage", "Clear");
    let press = (_: string) => {};
    answer("showInformationMessage", new Promise((resolve) => (press = resolve)));
    const failed = answer("showErrorMessage");
    await vscode.commands.executeCommand("agentJobs.clear", job.id);
    assert.equal(existsSync(running), false);
    const writer = await startWriter(running, "mended-since");
    try {
      press("Undo");
      await untilEvent([catalog.onDidChangeAny], "a refusal", () => failed.length > 0);
      assert.match(
        String(failed[0]![0]),
        /^mended-since is running \(pid \d+ on .* stop it or wait for its end, then call Undo Repair or Clear…\.$/,
      );
    } finally {
      const gone = once(writer, "exit");
      writer.kill("SIGKILL");
      await gone;
    }
  });

  it("brings a cleared checkpoint back that no job knows any more, and says what that means", async () => {
    const job = await damagedJob(damaged);
    const asked = answer("showWarningMessage", "Clear", "Bring It Back");
    answer("showInformationMessage");
    await vscode.commands.executeCommand("agentJobs.clear", job.id);
    assert.equal(existsSync(path), false);
    const picks: vscode.QuickPickItem[] = [];
    const original = vscode.window.showQuickPick;
    const windows = vscode.window as { showQuickPick: unknown };
    windows.showQuickPick = async (items: vscode.QuickPickItem[]) => {
      picks.push(...items);
      return items.find(({ label }) => label === "mended.jsonl");
    };
    restores.push(() => {
      windows.showQuickPick = original;
    });
    await vscode.commands.executeCommand("agentJobs.undo");
    assert.ok(picks.some(({ detail }) => detail === "checkpoints/mended.jsonl"));
    assert.deepEqual(
      (asked[1]![1] as { detail: string }).detail.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, "…").split("\n"),
      [
        "The backup was made …. It has 1 done item.",
        "2 damaged lines come back with it.",
        "Nothing that is finished now would be done again.",
      ],
    );
    assert.equal(text(), damaged);
  });

  it("says when the backup was made, by the clock here, and what of the file as it is would be done again", async () => {
    const job = await damagedJob(damaged);
    const backup = `${path}.bak-20261121T030405Z`;
    writeFileSync(backup, header("mended") + started(1) + done("a"));
    const asked = answer("showWarningMessage");
    await vscode.commands.executeCommand("agentJobs.undo", job.id);
    assert.deepEqual((asked[0]![1] as { detail: string }).detail.split("\n"), [
      `The backup was made ${timeText(Date.UTC(2026, 10, 21, 3, 4, 5))}. It has 1 done item.`,
      "Done now: 1. What is there now becomes a backup itself.",
      "1 item finished since would no longer count, and be done again.",
    ]);
    assert.equal(text(), damaged);
  });

  it("tells a file above 50 MB in words, with progress, and can be cancelled without a trace", async function () {
    this.timeout(60_000);
    const block = done("x".repeat(900)).repeat(32_000);
    // Not the file of the tests before: VS Code still has that open for a while, and would read it.
    const large = inWorkspace("checkpoints/mended-large.jsonl");
    const job = await damagedJob(`${header("mended-large")}${block}no JSON\n${block}`, "mended-large");
    const { size } = statSync(large);
    assert.ok(size > 60_000_000);
    const original = vscode.window.withProgress;
    const windows = vscode.window as { withProgress: unknown };
    const reports: { title: string; increment: number }[] = [];
    let cancelsAt = 1;
    windows.withProgress = (options: vscode.ProgressOptions, work: (...args: unknown[]) => unknown) => {
      const source = new vscode.CancellationTokenSource();
      assert.ok(options.cancellable);
      const report = ({ increment }: { increment: number }) => {
        reports.push({ title: options.title!, increment });
        if (--cancelsAt === 0) source.cancel();
      };
      return work({ report }, source.token);
    };
    restores.push(() => {
      windows.withProgress = original;
    });
    const told = answer("showInformationMessage");
    const asked = answer("showWarningMessage", "Repair", "Repair");
    const names = () => readdirSync(inWorkspace("checkpoints")).filter((name) => name.startsWith("mended"));
    await vscode.commands.executeCommand("agentJobs.repair", job.id); // cancelled while it looks
    assert.deepEqual([told.pop(), asked.length], [["Cancelled: nothing was changed."], 0]);
    cancelsAt = 101; // while it repairs
    reports.length = 0;
    await vscode.commands.executeCommand("agentJobs.repair", job.id);
    assert.deepEqual([told.pop(), names()], [["Cancelled: nothing was changed."], ["mended-large.jsonl"]]);
    const ofLooking = reports.filter(({ title }) => title.startsWith("Looking at"));
    assert.equal(
      ofLooking.reduce((sum, { increment }) => sum + increment, 0),
      100,
    );
    cancelsAt = 0;
    await vscode.commands.executeCommand("agentJobs.repair", job.id);
    assert.match((asked[0]![1] as { detail: string }).detail, /Damaged: 1 line\.\nKept as it is: 6\d MB/);
    assert.equal(statSync(large).size, size - "no JSON\n".length);
    assert.match(String(told[0]![0]), /Repaired the checkpoint of mended-large/);
  });
});
