import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import * as vscode from "vscode";
import type { TreeNode } from "../../src/extension/tree/nodes/node.js";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";

describe("the tree", () => {
  const path = inWorkspace("checkpoints/mixed.jsonl");
  let catalog: Parts["catalog"];
  let tree: Parts["tree"];
  before(async () => {
    ({ catalog, tree } = await parts());
    const items = Array.from({ length: 300 }, (_, i) => `item-${i}`);
    await new AgentResume({ store: new JsonlStore(path) }).resumeOrStart("mixed", async (session) => {
      for (const item of session.remaining(items)) void item;
      await Promise.all(
        items.map(async (item, i) => {
          await session.markStarted(item);
          if (i === 0) return;
          if (i <= 250)
            await session.markFailed(item, new Error(`429 <b>slow</b> down\u202e ${i}`), {
              cause: "rate-limit",
            });
          else if (i <= 253) await session.markFailed(item, new Error("no JSON"), { cause: "bad-reply" });
          else await session.markDone(item);
        }),
      );
    });
    await jobNamed(catalog, "mixed", ({ view }) => view?.status.failed === 253);
  });
  after(() => rmSync(path));

  const label = (node: TreeNode) => tree.getTreeItem(node).label as string;
  const child = async (node: TreeNode | undefined, text: string): Promise<TreeNode> => {
    const children = await tree.getChildren(node);
    const found = children.find((candidate) => label(candidate) === text);
    assert.ok(found, `${text} among ${children.map(label).join(", ")}`);
    return found;
  };

  it("shows a job with its counts, and what can be done in its context", async () => {
    const item = tree.getTreeItem(await child(undefined, "mixed"));
    assert.equal(item.description, "46/300 · 253 failed · 1 in doubt · stopped");
    assert.match(item.contextValue!, / clearable /);
    assert.doesNotMatch(item.contextValue!, / runnable /);
    assert.equal(
      item.accessibilityInformation?.label,
      "job mixed, stopped, 15 percent, 253 failed, 1 in doubt",
    );
  });

  it("groups failures by cause, the largest first, and pages them", async () => {
    const job = await child(undefined, "mixed");
    assert.deepEqual((await tree.getChildren(job)).map(label), ["Failed", "In doubt", "Runs"]);
    const failed = await child(job, "Failed");
    assert.deepEqual((await tree.getChildren(failed)).map(label), ["rate-limit", "bad-reply"]);
    const cause = await child(failed, "rate-limit");
    const page = await tree.getChildren(cause);
    assert.equal(page.length, 201);
    const shown = untilEvent([tree.onDidChangeTreeData], "more rows", () => true);
    await vscode.commands.executeCommand("agentJobs.loadMore", page.at(-1));
    await shown;
    assert.equal((await tree.getChildren(cause)).length, 250);
  });

  it("shows what models wrote as text that can do nothing", async () => {
    const failed = await child(await child(undefined, "mixed"), "Failed");
    const [first] = await tree.getChildren(await child(failed, "rate-limit"));
    const item = tree.getTreeItem(first!);
    assert.equal(item.description, "429 <b>slow</b> down\\u{202e} 1");
    assert.equal(item.tooltip, undefined);
    const tooltip = tree.resolveTreeItem(item, first!).tooltip as vscode.MarkdownString;
    assert.ok(!tooltip.isTrusted && !tooltip.supportHtml);
    assert.doesNotMatch(tooltip.value, /<b>/);
  });

  it("keeps the ids of its rows, and finds their parents", async () => {
    const walk = async (node: TreeNode | undefined): Promise<TreeNode[]> => {
      const children = await tree.getChildren(node);
      return [...children, ...(await Promise.all(children.map(walk))).flat()];
    };
    const job = await child(undefined, "mixed");
    const before = await walk(job);
    const ids = before.map((node) => tree.getTreeItem(node).id);
    assert.equal(new Set(ids).size, ids.length);
    await catalog.refresh();
    assert.deepEqual(
      (await walk(await child(undefined, "mixed"))).map((node) => tree.getTreeItem(node).id),
      ids,
    );
    for (const node of before) {
      const parent = tree.getParent(node);
      assert.ok(parent === job || before.includes(parent!), node.id);
    }
  });

  it("counts what needs a person in the badge", async () => {
    const { view } = await parts();
    const { status } = (await jobNamed(catalog, "mixed")).view!;
    assert.equal(status.progress, "stopped");
    assert.equal(view.badge, undefined);
  });

  it("opens a read-only list of failures", async () => {
    const job = await jobNamed(catalog, "mixed");
    await vscode.commands.executeCommand("agentJobs.showFailures", job.id);
    const { document } = vscode.window.activeTextEditor!;
    assert.match(document.getText(), /^mixed: 253 failed items\n\nrate-limit \(250\)\n {2}item-1\n {4}429 /);
    assert.doesNotMatch(document.getText(), /\u202e/);
  });
});
