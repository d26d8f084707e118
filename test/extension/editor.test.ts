import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { done, header } from "../support/damagedFiles.js";
import { answering, inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";

describe("a checkpoint in the editor", () => {
  const path = inWorkspace("checkpoints/edited.jsonl");
  const uri = vscode.Uri.file(path);
  let catalog: Parts["catalog"];
  let whole: string;
  before(async () => {
    ({ catalog } = await parts());
    await new AgentResume({ store: new JsonlStore(path) }).resumeOrStart("edited", async (session) => {
      for (const item of session.remaining(["a", "b", "c", "d"]))
        await session.markDone(item, { text: `é ${item}` });
    });
    whole = readFileSync(path, "utf8");
    await jobNamed(catalog, "edited");
  });
  beforeEach(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    const damaged = whole.replace('"text":"é b"', '"text":"é X"');
    assert.notEqual(damaged, whole);
    writeFileSync(path, damaged);
    await jobNamed(catalog, "edited", ({ view }) => view?.status.damaged === true);
  });
  after(() => {
    for (const name of readdirSync(inWorkspace("checkpoints")))
      if (name.startsWith("edited")) rmSync(inWorkspace("checkpoints", name));
  });

  const diagnostics = () => vscode.languages.getDiagnostics(uri);
  const diagnosed = (count: number) =>
    untilEvent(
      [vscode.languages.onDidChangeDiagnostics],
      `${count} diagnostics`,
      () => diagnostics().length === count,
    );
  const fixes = async () => {
    const range = diagnostics()[0]!.range;
    return vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      uri,
      range,
    );
  };
  const run = ({ command }: vscode.CodeAction) =>
    vscode.commands.executeCommand(command!.command, ...(command!.arguments ?? []));

  it("underlines the damaged line, and no longer when it is closed", async () => {
    const editor = await vscode.window.showTextDocument(uri);
    await diagnosed(1);
    const [diagnostic] = diagnostics();
    const line = editor.document
      .getText()
      .split("\n")
      .findIndex((text) => text.includes("é X"));
    assert.equal(diagnostic!.range.start.line, line);
    assert.equal(diagnostic!.range.end.character, editor.document.lineAt(line).text.length);
    assert.equal(diagnostic!.severity, vscode.DiagnosticSeverity.Error);
    assert.match(diagnostic!.message, /bytes changed after it was written/);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      "vscode.executeCodeLensProvider",
      uri,
    );
    assert.match(lenses[0]?.command?.title ?? "", /^edited: 3\/4 · damaged$/);
  });

  it("repairs a line by its quick fix, and takes it back by Undo", async () => {
    const message = answering("showInformationMessage", () => "Undo");
    try {
      await vscode.window.showTextDocument(uri);
      await diagnosed(1);
      const titles = (await fixes()).map(({ title }) => title);
      assert.deepEqual(titles, ["Repair this line (drops it; to be done again: b)", "Repair the file…"]);
      const damaged = readFileSync(path, "utf8");
      await run((await fixes())[0]!);
      await jobNamed(catalog, "edited", ({ view }) => view?.status.damaged === false);
      assert.match(
        String(message.said[0]?.[0]),
        /Repaired line \d+\. To be done again: b\. The original is kept as edited\.jsonl\.bak-/,
      );
      await jobNamed(catalog, "edited", ({ view }) => view?.status.damaged === true);
      assert.equal(readFileSync(path, "utf8"), damaged);
    } finally {
      message.restore();
    }
  });

  it("repairs the file once the person agrees, and says what becomes of it", async () => {
    const message = answering("showInformationMessage", () => undefined);
    const modal = answering("showWarningMessage", () => "Repair");
    try {
      await vscode.window.showTextDocument(uri);
      await diagnosed(1);
      await run((await fixes()).at(-1)!);
      await diagnosed(0);
      const [question, ...buttons] = modal.said[0] as string[];
      assert.match(
        question!,
        /^Repair edited\.jsonl as shown\? 1 damaged line: \d+ bytes dropped\. All 3 items .* stay done\./,
      );
      assert.deepEqual(buttons, ["Repair", "Leave as It Is"]);
      assert.equal(
        readFileSync(path, "utf8"),
        whole
          .split("\n")
          .filter((line) => !line.includes("é b"))
          .join("\n"),
      );
    } finally {
      modal.restore();
      message.restore();
    }
  });

  it("does not touch a file that has unsaved changes", async () => {
    const error = answering("showErrorMessage", () => undefined);
    try {
      const editor = await vscode.window.showTextDocument(uri);
      await diagnosed(1);
      await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "x"));
      await diagnosed(2);
      const before = readFileSync(path, "utf8");
      await run((await fixes())[0]!);
      assert.match(String(error.said[0]?.[0]), /has changes that are not saved/);
      assert.equal(readFileSync(path, "utf8"), before);
      await vscode.commands.executeCommand("workbench.action.files.revert");
    } finally {
      error.restore();
    }
  });

  it("is cleared once the person agrees, and comes back by Undo", async () => {
    let undo: (answer: string) => void = () => {};
    const message = answering(
      "showInformationMessage",
      () =>
        new Promise((resolve) => {
          undo = resolve;
        }),
    );
    const modal = answering("showWarningMessage", () => "Clear");
    try {
      const job = await jobNamed(catalog, "edited");
      await vscode.commands.executeCommand("agentJobs.clear", job.id);
      assert.match(
        (modal.said[0]![1] as { detail: string }).detail,
        /The next run would do 3 finished items .*again/,
      );
      assert.equal(existsSync(path), false);
      undo("Undo");
      await jobNamed(catalog, "edited", ({ view }) => view?.status.done === 3);
      assert.equal(existsSync(path), true);
    } finally {
      modal.restore();
      message.restore();
    }
  });

  it("is not cleared where it is gone meanwhile, which is said", async () => {
    const told = answering("showInformationMessage", () => undefined);
    const modal = answering("showWarningMessage", () => "Clear");
    try {
      const job = await jobNamed(catalog, "edited", ({ view }) => view !== null);
      rmSync(path);
      await vscode.commands.executeCommand("agentJobs.clear", job.id);
      assert.deepEqual(told.said, [["edited has no checkpoint now: there is nothing to clear."]]);
      assert.deepEqual(modal.said, []);
    } finally {
      modal.restore();
      told.restore();
    }
  });

  it("is left alone where the person does not agree", async () => {
    const modal = answering("showWarningMessage", () => undefined);
    try {
      const job = await jobNamed(catalog, "edited");
      await vscode.commands.executeCommand("agentJobs.clear", job.id);
      await vscode.commands.executeCommand("agentJobs.repair", job.id);
      assert.equal(modal.said.length, 2);
      assert.equal(job.view?.status.damaged, true);
    } finally {
      modal.restore();
    }
  });
});

describe("the line of a checkpoint", () => {
  const [small, large] = ["opened", "opened-large"].map((name) => inWorkspace(`checkpoints/${name}.jsonl`));
  let catalog: Parts["catalog"];
  before(async () => {
    ({ catalog } = await parts());
  });
  beforeEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    for (const path of [small, large]) rmSync(path!, { force: true });
    await catalog.refresh();
  });

  const damagedJob = async (path: string, name: string, block: string) => {
    writeFileSync(path, `${header(name)}${block}no JSON\n${block}`);
    await catalog.refresh();
    const job = await jobNamed(catalog, name, ({ view }) => view?.status.damaged === true);
    return { id: job.id, line: job.view!.scan.faults[0]!.line };
  };
  const openPath = () => {
    const { activeTab } = vscode.window.tabGroups.activeTabGroup;
    return activeTab?.input instanceof vscode.TabInputText ? activeTab.input.uri.fsPath : undefined;
  };
  it("is where the cursor is once it was opened", async () => {
    const { id, line } = await damagedJob(small!, "opened", done("a"));
    await vscode.commands.executeCommand("agentJobs.openCheckpoint", id);
    assert.equal(openPath(), small);
    await vscode.commands.executeCommand("agentJobs.openLine", id, line);
    assert.equal(vscode.window.activeTextEditor!.selection.active.line, line - 1);
  });

  it("is opened in a file above 50 MB, too, of which VS Code gives extensions no document", async function () {
    this.timeout(60_000);
    const { id, line } = await damagedJob(large!, "opened-large", done("x".repeat(900)).repeat(32_000));
    await vscode.commands.executeCommand("agentJobs.openCheckpoint", id);
    assert.equal(openPath(), large);
    assert.equal(vscode.window.activeTextEditor, undefined);
    await vscode.commands.executeCommand("agentJobs.openLine", id, line);
    assert.equal(openPath(), large);
  });
});
