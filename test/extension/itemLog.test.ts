import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { TreeNode } from "../../src/extension/tree/nodes/node.js";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { ItemLog } from "../../src/runtime/runner/itemLog.js";
import { answering, inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";
import { startWriter } from "./support/writer.js";

const job = `export default {
  items: ["good", "bad] one", "worse"],
  process(item, ctx) {
    ctx.log("calling", item);
    if (item !== "good") throw new Error("no luck");
  },
};`;

describe("the log of an item", () => {
  let catalog: Parts["catalog"];
  let tree: Parts["tree"];
  before(async () => {
    ({ catalog, tree } = await parts());
    writeFileSync(inWorkspace("jobs/logging.job.mjs"), job);
  });
  after(() => {
    rmSync(inWorkspace("jobs/logging.job.mjs"), { force: true });
    rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
  });
  afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

  async function rowOf(name: string, label: string): Promise<TreeNode> {
    const node = await tree.nodeOf(await jobNamed(catalog, name));
    const walk = async (from: TreeNode): Promise<TreeNode | undefined> => {
      if (from.item().label === label) return from;
      for (const child of await tree.getChildren(from)) {
        const found = await walk(child);
        if (found) return found;
      }
      return undefined;
    };
    const found = await walk(node);
    assert.ok(found, label);
    return found;
  }

  it("opens from its row, read-only, with this item's lines alone", async () => {
    const logging = await jobNamed(catalog, "logging");
    await vscode.commands.executeCommand("agentJobs.run", logging.id);
    await jobNamed(
      catalog,
      "logging",
      ({ holder, starting, view }) => !holder && !starting && view?.status.failed === 2,
    );
    await vscode.commands.executeCommand("agentJobs.showItemLog", await rowOf("logging", "bad] one"));
    const { document } = vscode.window.activeTextEditor!;
    assert.equal(document.uri.scheme, "agent-jobs-log");
    assert.equal(vscode.workspace.fs.isWritableFileSystem(document.uri.scheme) ?? false, false);
    const lines = document.getText().trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}/, "")),
      ["calling bad] one", "failed (other): no luck"],
    );
  });

  it("opens whole for a job; a job without one says so", async () => {
    const logging = await jobNamed(catalog, "logging");
    await vscode.commands.executeCommand("agentJobs.openLog", logging.id);
    assert.equal(
      vscode.window.activeTextEditor?.document.uri.fsPath,
      inWorkspace("jobs/checkpoints/logging.jsonl.log"),
    );
    const said = answering("showInformationMessage", () => undefined);
    try {
      await vscode.commands.executeCommand("agentJobs.openLog", (await jobNamed(catalog, "article")).id);
      assert.equal(said.said.length, 1);
    } finally {
      said.restore();
    }
  });

  it("opens from the row of an item in doubt, and says where there is none", async () => {
    const checkpoint = inWorkspace("jobs/checkpoints/lost.jsonl");
    const writer = await startWriter(checkpoint, "lost");
    new ItemLog(`${checkpoint}.log`).write(keyOf("three"), "begun");
    writer.kill("SIGKILL");
    await jobNamed(
      catalog,
      "lost",
      ({ holder, starting, view }) => !holder && !starting && view?.status.inDoubt === 1,
    );
    await vscode.commands.executeCommand("agentJobs.showItemLog", await rowOf("lost", "three"));
    assert.match(
      vscode.window.activeTextEditor!.document.getText(),
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}begun\n$/,
    );
    rmSync(`${checkpoint}.log`);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await vscode.commands.executeCommand("agentJobs.showItemLog", await rowOf("lost", "three"));
    const shown = () => vscode.window.activeTextEditor!.document.getText();
    await untilEvent([vscode.workspace.onDidChangeTextDocument], "the log to be read again", () =>
      shown().includes("three wrote nothing to the log"),
    );
  });
});
