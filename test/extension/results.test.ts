import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { done, header, own, started } from "../support/damagedFiles.js";
import { answering, inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";

describe("results", () => {
  const path = inWorkspace("checkpoints/yield.jsonl");
  const saved = inWorkspace("yield.csv");
  let catalog: Parts["catalog"];
  const restores: (() => void)[] = [];
  const line = (id: string) => `{"id":"${id}","result":null}\n`;
  before(async () => {
    ({ catalog } = await parts());
    writeFileSync(path, header("yield") + started(1) + done("a"));
  });
  afterEach(() => {
    for (const restore of restores.splice(0)) restore();
  });
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    for (const file of [path, saved]) rmSync(file, { force: true });
  });
  const answer = (...args: Parameters<typeof answering>) => {
    const { said, restore } = answering(...args);
    restores.push(restore);
    return said;
  };
  const lensesOf = async ({ uri }: vscode.TextDocument) => {
    const command = "vscode.executeCodeLensProvider";
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(command, uri, 5);
    return lenses.map(({ command: shown }) => shown!.title);
  };
  const jobWith = (count: number) => jobNamed(catalog, "yield", ({ view }) => view?.status.done === count);

  it("are shown as lines that nobody can write in, with how many there are", async () => {
    const job = await jobWith(1);
    await vscode.commands.executeCommand("agentJobs.openResults", job.id);
    const { document } = vscode.window.activeTextEditor!;
    assert.deepEqual([document.uri.scheme, document.getText()], ["agent-jobs-results", line("a")]);
    assert.match(document.uri.path, /yield results\.jsonl$/);
    assert.deepEqual(await lensesOf(document), ["1 result", "$(save)\u00a0Save…"]);
  });

  it("come as they are made", async () => {
    const { document } = vscode.window.activeTextEditor!;
    const grown = untilEvent(
      [vscode.workspace.onDidChangeTextDocument],
      "the second result",
      () => document.getText() === line("a") + line("b"),
    );
    appendFileSync(path, done("b"));
    await grown;
  });

  it("are saved where a person says, as a table if it is named so, and nowhere where nobody said", async () => {
    const job = await jobWith(2);
    const formats = [undefined, "JSON Lines", "Table (CSV)"];
    answer("showQuickPick", (items: vscode.QuickPickItem[]) => {
      const wanted = formats.shift();
      return items.find(({ label }) => label === wanted);
    });
    const places = [undefined, vscode.Uri.file(saved)];
    const asked = answer("showSaveDialog", () => places.shift());
    await vscode.commands.executeCommand("agentJobs.saveResults", job.id);
    assert.deepEqual(asked, []);
    const said = answer("showInformationMessage", () => undefined);
    await vscode.commands.executeCommand("agentJobs.saveResults", job.id);
    assert.deepEqual([said, existsSync(saved)], [[], false]);
    await vscode.commands.executeCommand("agentJobs.saveResults", job.id);
    assert.equal(readFileSync(saved, "utf8"), "id,result\na,\nb,\n");
    assert.equal(said[0]![0], "Saved 2 results of yield as yield.csv.");
    const { defaultUri } = asked[1]![0] as vscode.SaveDialogOptions;
    assert.match(defaultUri!.fsPath, /yield-results\.csv$/);
  });

  it("are never saved over a checkpoint", async () => {
    const job = await jobWith(2);
    const before = readFileSync(path);
    answer("showQuickPick", ([lines]: vscode.QuickPickItem[]) => lines);
    answer("showSaveDialog", () => vscode.Uri.file(path));
    const errors = answer("showErrorMessage", () => undefined);
    await vscode.commands.executeCommand("agentJobs.saveResults", job.id);
    assert.match(String(errors[0]![0]), /Will not save results over yield\.jsonl: it is a part of a job/);
    assert.deepEqual(readFileSync(path), before);
  });

  it("of items that the input no longer has are there and counted", async () => {
    appendFileSync(path, own({ type: "gone", run: 1, item: keyOf("a") }));
    const job = await jobNamed(catalog, "yield", ({ view }) => view?.status.gone === 1);
    await vscode.commands.executeCommand("agentJobs.openResults", job.id);
    const { document } = vscode.window.activeTextEditor!;
    assert.equal(document.getText(), line("a") + line("b"));
    assert.equal((await lensesOf(document))[0], "2 results");
  });

  it("are shown up to a number that an editor bears, with a word on the others", async () => {
    const many = inWorkspace("checkpoints/many.jsonl");
    try {
      writeFileSync(many, header("many") + Array.from({ length: 5_002 }, (_, i) => done(`i-${i}`)).join(""));
      const job = await jobNamed(catalog, "many", ({ view }) => view?.status.done === 5_002);
      await vscode.commands.executeCommand("agentJobs.openResults", job.id);
      const { document } = vscode.window.activeTextEditor!;
      assert.deepEqual([document.lineCount, document.lineAt(4_999).text], [5_001, line("i-4999").trimEnd()]);
      assert.equal((await lensesOf(document))[0], "5,002 results, the first 5,000 shown");
    } finally {
      await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
      rmSync(many);
    }
  });

  it("of damaged lines are said to be missing", async () => {
    appendFileSync(path, done("c").replace('"ms":60000', '"ms":60001') + done("d"));
    const job = await jobNamed(catalog, "yield", ({ view }) => view?.status.damaged === true);
    const said = answer("showInformationMessage", () => undefined);
    answer("showQuickPick", ([lines]: vscode.QuickPickItem[]) => lines);
    answer("showSaveDialog", () => vscode.Uri.file(saved));
    await vscode.commands.executeCommand("agentJobs.saveResults", job.id);
    assert.match(
      String(said[0]![0]),
      /^Saved 3 results of yield .*The checkpoint is damaged: results in its/,
    );
  });
});
