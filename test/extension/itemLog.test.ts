import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { TreeNode } from "../../src/extension/tree/nodes/node.js";
import { answering, inWorkspace, jobNamed, type Parts, parts } from "./support/extension.js";

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

  async function failedRow(name: string, label: string): Promise<TreeNode> {
    const node = tree.nodeOf(await jobNamed(catalog, name));
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
    await jobNamed(catalog, "logging", ({ holder, view }) => !holder && view?.status.failed === 2);
    await vscode.commands.executeCommand("agentJobs.showItemLog", await failedRow("logging", "bad] one"));
    const { document } = vscode.window.activeTextEditor!;
    assert.equal(document.uri.scheme, "agent-jobs-log");
    assert.equal(vscode.workspace.fs.isWritableFileSystem(document.uri.scheme) ?? false, false);
    const lines = document.getText().trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => line.replace(/^\S+Z {2}/, "")),
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
});
