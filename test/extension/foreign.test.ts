import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import * as vscode from "vscode";
import type { JobTree } from "../../src/extension/tree/jobTree.js";
import type { TreeNode } from "../../src/extension/tree/nodes/node.js";
import { fileDrops } from "../../src/extension/watched/drops.js";
import { foreignFileGlobs } from "../../src/runtime/foreign/fileNames.js";
import { foreignFixture } from "../support/foreign.js";
import { answering, inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";

const output = "openai/batch_6742f1c2_output.jsonl";
const requests = "openai/requests.jsonl";

describe("files of other tools in the tree", () => {
  let catalog: Parts["catalog"];
  let tree: JobTree;
  const put = (name: string, folder = "batches") => {
    mkdirSync(inWorkspace(folder), { recursive: true });
    copyFileSync(foreignFixture(name), inWorkspace(folder, basename(name)));
    return inWorkspace(folder, basename(name));
  };
  const folderSettings = () =>
    vscode.workspace.getConfiguration("agentJobs", vscode.workspace.workspaceFolders![0]!.uri);
  const watch = (entries: unknown[] | undefined) =>
    folderSettings().update("watched", entries, vscode.ConfigurationTarget.WorkspaceFolder);
  const watched = () => folderSettings().get<{ file: string }[]>("watched", []);
  before(async () => {
    ({ catalog, tree } = await parts());
  });
  after(async () => {
    await watch(undefined);
    for (const folder of ["batches", "evals", ".vscode"])
      rmSync(inWorkspace(folder), { recursive: true, force: true });
    // Ends of runs are told to whoever does not look at the jobs, as the tests after this one expect.
    await vscode.commands.executeCommand("workbench.view.explorer");
    await catalog.refresh();
  });

  const label = (node: TreeNode) => tree.getTreeItem(node).label as string;
  async function child(node: TreeNode | undefined, text: string): Promise<TreeNode> {
    const children = await tree.getChildren(node);
    const found = children.find((candidate) => label(candidate) === text);
    assert.ok(found, `${text} among ${children.map(label).join(", ")}`);
    return found;
  }

  it("lists what has a service's name and content, with its failures by cause, and nothing that would change it", async () => {
    put(output);
    await catalog.refresh(); // of a folder that is new VS Code tells when it likes
    const job = await jobNamed(catalog, "batch_6742f1c2_output", ({ view }) => view?.status.done === 5);
    assert.equal(job.view?.status.failed, 3);
    put("openai/batch_6742f1c2_error.jsonl");
    await jobNamed(catalog, "batch_6742f1c2_output", ({ view }) => view?.status.failed === 7);
    put(requests);
    await jobNamed(catalog, "batch_6742f1c2_output", ({ view }) => view?.status.total === 14);
    assert.deepEqual(catalog.jobs.filter(({ checkpoint }) => checkpoint.includes("batches")).length, 1);
    const row = await child(undefined, "batch_6742f1c2");
    const { description, contextValue } = tree.getTreeItem(row);
    assert.equal(description, "5/14 · 7 failed · incomplete · OpenAI batch");
    assert.equal(contextValue, " job foreign openable hasFailures hasResults ");
    assert.deepEqual((await tree.getChildren(row)).map(label), ["Failed", "Done"]);
    const causes = (await tree.getChildren(await child(row, "Failed"))).map(label);
    assert.deepEqual(causes, ["overloaded", "refused", "context-too-long", "rate-limit", "timeout"]);
  });

  it("opens what the file says of an item, without keys, as text that can do nothing", async () => {
    const row = await child(undefined, "batch_6742f1c2");
    const failed = await child(await child(await child(row, "Failed"), "context-too-long"), "invoice-009");
    const { command } = tree.getTreeItem(failed);
    await vscode.commands.executeCommand(command!.command, ...command!.arguments!);
    const text = vscode.window.activeTextEditor!.document.getText();
    assert.match(
      text,
      /^Item {5}invoice-009\nJob {6}batch_6742f1c2_output\n\nRow {6}batch_6742f1c2_error\.jsonl, line 1\n/,
    );
    assert.match(text, /State {4}failed: context-too-long\nError {4}This model's maximum context length/);
    assert.match(text, /\n {4}"status_code": 400,/);
    const done = await child(await child(row, "Done"), "invoice-001");
    const show = tree.getTreeItem(done).command!;
    await vscode.commands.executeCommand(show.command, ...show.arguments!);
    assert.match(
      vscode.window.activeTextEditor!.document.getText(),
      /State {4}done\n[\s\S]*"content": "Total: 12\.00"/,
    );
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("watches a file that is dropped, keeps that in the settings, and stops", async () => {
    const path = put("promptfoo/results.json", "evals");
    const messages = answering("showInformationMessage", () => undefined);
    try {
      const dropped = new vscode.DataTransfer();
      dropped.set("text/uri-list", new vscode.DataTransferItem(vscode.Uri.file(path).toString()));
      await fileDrops.handleDrop!(undefined, dropped, new vscode.CancellationTokenSource().token);
      const job = await jobNamed(catalog, "results", ({ view }) => view?.foreign === "promptfoo");
      assert.deepEqual([job.view?.status.done, job.view?.status.failed], [2, 8]);
      assert.deepEqual(watched(), [{ file: "evals/results.json" }]);
      assert.match(String(messages.said[0]?.[0]), /Watching results\.json \(promptfoo\): only read/);
      assert.match(tree.getTreeItem(await tree.nodeOf(job)).contextValue!, / job foreign watched openable /);
      await vscode.commands.executeCommand("agentJobs.stopWatching", await tree.nodeOf(job));
      assert.ok(!catalog.jobs.some(({ checkpoint }) => checkpoint === path));
      assert.deepEqual(watched(), []);
    } finally {
      messages.restore();
    }
  });

  it("keeps what the user's settings watch when a folder begins to watch a file, and leaves them when it stops", async () => {
    const ofUser = [{ file: "evals/mine.log", id: "n" }];
    const ofAll = (entries: unknown) =>
      folderSettings().update("watched", entries, vscode.ConfigurationTarget.Global);
    const own = () => folderSettings().inspect("watched")?.workspaceFolderValue;
    const path = put("promptfoo/results.json", "evals");
    writeFileSync(inWorkspace("evals/mine.log"), '{"n":1}\n');
    const messages = answering("showInformationMessage", () => undefined);
    try {
      await ofAll(ofUser);
      await vscode.commands.executeCommand("agentJobs.watchFile", vscode.Uri.file(path));
      assert.deepEqual(own(), [...ofUser, { file: "evals/results.json" }]);
      await jobNamed(catalog, "mine.log", ({ view }) => view?.status.done === 1);
      const job = await jobNamed(catalog, "results", ({ view }) => view?.foreign === "promptfoo");
      await vscode.commands.executeCommand("agentJobs.stopWatching", job.id);
      assert.deepEqual([own(), watched()], [undefined, ofUser]);
    } finally {
      messages.restore();
      await ofAll(undefined);
      rmSync(inWorkspace("evals/mine.log"));
    }
  });

  it("asks how rows of one's own shape are read, and reads them so", async () => {
    const path = put("json-lines/out.jsonl", "evals");
    put("json-lines/in.txt", "evals");
    const messages = answering("showInformationMessage", () => undefined);
    const asked: string[] = [];
    const choices = ["doc.id", "err", "answer", "in.txt", "$(eye) Watch It"];
    const picks = answering("showQuickPick", (items: vscode.QuickPickItem[]) => {
      const wanted = choices[asked.length]!;
      const item = items.find((one) => one.label === wanted);
      asked.push(`${items[0]!.label} | ${item?.description ?? ""} | ${item?.detail ?? ""}`);
      return item;
    });
    try {
      await vscode.commands.executeCommand("agentJobs.watchFile", vscode.Uri.file(path));
      const job = await jobNamed(catalog, "out", ({ view }) => view?.foreign === "json-lines");
      const { total, done, failed, inDoubt } = job.view!.status;
      assert.deepEqual([total, done, failed, inDoubt], [8, 3, 1, 1]);
      assert.deepEqual(watched(), [
        { file: "evals/out.jsonl", id: "doc.id", error: "err", result: "answer", total: { lines: "in.txt" } },
      ]);
      assert.deepEqual(asked, [
        "doc.id | a-1 · a-2 · a-2 | 5 different values in 7 of 8 rows",
        'err | 429 Too Many Requests · {"status":400,"message":"prompt is too … · Timeout: gave up after 60 s | 4 done · 1 failed · 1 without an id',
        "answer | yes · no · maybe | 3 done · 1 failed · 1 unfinished · 1 without an id",
        "$(question) Nobody Knows | as many items as this file has lines | ",
        `$(eye) Watch It | 3 done · 1 failed · 1 unfinished · 1 without an id | Only read, never changed; kept in the setting agentJobs.watched.`,
      ]);
      writeFileSync(inWorkspace("evals/in.txt"), "one\n".repeat(9));
      await untilEvent([catalog.onDidChangeJob], "another total", () => job.view?.status.total === 9);
    } finally {
      messages.restore();
      picks.restore();
    }
  });

  it("lists watched files that come later, by a pattern, each by itself", async () => {
    const entry = { file: "evals/run-*.log", id: "n", error: "oops" };
    await watch([entry, { file: 3 }, "nonsense"]);
    writeFileSync(inWorkspace("evals/run-7.log"), '{"n":1}\n{"n":2,"oops":"HTTP 503"}\n');
    const job = await jobNamed(catalog, "run-7.log", ({ view }) => view?.status.done === 1);
    assert.equal(job.view?.status.failedItems[0]?.open.failure?.cause, "overloaded");
    const errors = answering("showErrorMessage", () => undefined);
    await vscode.commands.executeCommand("agentJobs.stopWatching", await tree.nodeOf(job));
    errors.restore();
    assert.match(String(errors.said[0]?.[0]), /run-7\.log is watched by a pattern/);
    await watch(undefined);
  });

  it("refuses what it cannot read, and nothing is made beside any file", async () => {
    const path = inWorkspace("evals/notes.txt");
    writeFileSync(path, "no rows\n");
    const errors = answering("showErrorMessage", () => undefined);
    try {
      await vscode.commands.executeCommand("agentJobs.watchFile", vscode.Uri.file(path));
      assert.match(
        String(errors.said[0]?.[0]),
        /Cannot watch notes\.txt: it is of no kind that Agent Jobs knows/,
      );
    } finally {
      errors.restore();
    }
    assert.deepEqual(readdirSync(inWorkspace("batches")).sort(), [
      "batch_6742f1c2_error.jsonl",
      "batch_6742f1c2_output.jsonl",
      "requests.jsonl",
    ]);
    assert.equal(
      readFileSync(inWorkspace("batches", basename(output)), "utf8"),
      readFileSync(foreignFixture(output), "utf8"),
    );
  });

  it("is found by the globs that the runtime knows", () => {
    const { defaultValue } = vscode.workspace.getConfiguration("agentJobs").inspect("resultFiles")!;
    assert.deepEqual(defaultValue, foreignFileGlobs);
  });
});
