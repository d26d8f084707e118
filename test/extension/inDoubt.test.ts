import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import * as vscode from "vscode";
import type { TreeNode } from "../../src/extension/tree/nodes/node.js";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { answering, inWorkspace, jobNamed, type Parts, parts } from "./support/extension.js";
import { startWriter } from "./support/writer.js";

describe("marking items in doubt as done", () => {
  const path = inWorkspace("checkpoints/doubtful.jsonl");
  let catalog: Parts["catalog"];
  let tree: Parts["tree"];
  const restores: (() => void)[] = [];
  before(async () => {
    ({ catalog, tree } = await parts());
  });
  beforeEach(async () => {
    const items = ["a", "b", "c", "d"];
    await new AgentResume({ store: new JsonlStore(path) }).resumeOrStart("doubtful", async (session) => {
      for (const item of session.remaining(items)) await session.markStarted(item);
      await session.markDone("d");
    });
    await jobNamed(catalog, "doubtful", ({ view }) => view?.status.inDoubt === 3);
  });
  afterEach(async () => {
    for (const restore of restores.splice(0)) restore();
    for (const name of readdirSync(inWorkspace("checkpoints")))
      if (name.startsWith("doubtful")) rmSync(inWorkspace("checkpoints", name));
    await catalog.refresh();
  });

  const answer = (kind: Parameters<typeof answering>[0], ...answers: unknown[]) => {
    const answered = answering(kind, () => answers.shift());
    restores.push(answered.restore);
    return answered.said;
  };
  const text = () => readFileSync(path, "utf8");
  const label = (node: TreeNode) => tree.getTreeItem(node).label as string;
  const rows = async () => {
    const jobs = await tree.getChildren();
    const job = jobs.find((node) => label(node) === "doubtful")!;
    const group = (await tree.getChildren(job)).find((node) => label(node) === "In doubt")!;
    return { group, items: await tree.getChildren(group) };
  };
  const standing = async () => {
    const job = await jobNamed(catalog, "doubtful");
    return [job.view!.status.done, job.view!.status.inDoubtItems.map(({ item }) => item)];
  };

  it("asks with what it means, marks all rows that are selected, and says so", async () => {
    const { items } = await rows();
    assert.deepEqual(items.map(label), ["a", "b", "c"]);
    for (const item of items) assert.equal(tree.getTreeItem(item).contextValue, " inDoubtItem markable ");
    const asked = answer("showWarningMessage", "Mark as Done");
    const told = answer("showInformationMessage");
    await vscode.commands.executeCommand("agentJobs.markDone", items[0], [items[0], items[2]]);
    assert.equal(asked[0]![0], "Mark 2 items of doubtful as done?");
    const { detail, modal } = asked[0]![1] as { detail: string; modal: boolean };
    assert.ok(modal);
    assert.match(detail, /^a\nc\n\n[\s\S]*without a result, and no run does them again/);
    assert.deepEqual(told[0], ["Marked 2 items of doubtful as done, without a result.", "Undo"]);
    assert.deepEqual(await standing(), [3, ['"b"']]);
    assert.match(text(), /"id":"a".*"by":"person"/);
  });

  it("takes the marks back where the person says Undo, and says so", async () => {
    const before = text();
    const { group } = await rows();
    answer("showWarningMessage", "Mark as Done");
    const tookBack = new Promise<unknown>((resolve) => {
      const { restore } = answering("showInformationMessage", (text: never, ...buttons: never[]) => {
        if (buttons.length > 0) return buttons[0];
        resolve(text);
        return undefined;
      });
      restores.push(restore);
    });
    await vscode.commands.executeCommand("agentJobs.markAllDone", group);
    assert.equal(await tookBack, "In doubt again: 3 items of doubtful.");
    assert.equal(text(), before);
    await jobNamed(catalog, "doubtful", ({ view }) => view?.status.inDoubt === 3);
  });

  it("marks the row alone that was clicked where that is none of the selected", async () => {
    const { items } = await rows();
    answer("showWarningMessage", "Mark as Done");
    answer("showInformationMessage");
    await vscode.commands.executeCommand("agentJobs.markDone", items[1], [items[0], items[2]]);
    assert.deepEqual(await standing(), [2, ['"a"', '"c"']]);
  });

  it("changes nothing where the person thinks better of it", async () => {
    const before = text();
    const { group } = await rows();
    const asked = answer("showWarningMessage", undefined);
    await vscode.commands.executeCommand("agentJobs.markAllDone", group);
    assert.equal(asked.length, 1);
    assert.equal(text(), before);
  });

  it("marks all of a job from their group", async () => {
    const { group } = await rows();
    assert.equal(tree.getTreeItem(group).contextValue, " inDoubt markable ");
    answer("showWarningMessage", "Mark as Done");
    const told = answer("showInformationMessage");
    await vscode.commands.executeCommand("agentJobs.markAllDone", group);
    assert.deepEqual(told[0], ["Marked 3 items of doubtful as done, without a result.", "Undo"]);
    assert.deepEqual(await standing(), [4, []]);
  });

  it("lets the person pick the job and its items where it is called from the palette", async () => {
    const windows = vscode.window as unknown as { showQuickPick: unknown };
    const original = windows.showQuickPick;
    restores.push(() => {
      windows.showQuickPick = original;
    });
    windows.showQuickPick = async (picks: vscode.QuickPickItem[], options: vscode.QuickPickOptions) => {
      if (options.canPickMany) return picks.filter((pick) => pick.label !== "a");
      return picks.find((pick) => pick.label === "doubtful");
    };
    answer("showWarningMessage", "Mark as Done");
    answer("showInformationMessage");
    await vscode.commands.executeCommand("agentJobs.markDone");
    assert.deepEqual(await standing(), [3, ['"a"']]);
  });

  it("says which were no longer in doubt when the person had answered", async () => {
    const { items } = await rows();
    const told = answer("showInformationMessage");
    const asked = answering("showWarningMessage", () =>
      new AgentResume({ store: new JsonlStore(path) })
        .resumeOrStart("doubtful", (session) => session.markDone("a"))
        .then(() => "Mark as Done"),
    );
    restores.push(asked.restore);
    await vscode.commands.executeCommand("agentJobs.markDone", items[0], items.slice(0, 2));
    assert.deepEqual(told[0], [
      "Marked 1 item of doubtful as done, without a result. 1 item is no longer in doubt.",
      "Undo",
    ]);
  });

  it("is refused while a run holds the job, and offered on none of its rows", async () => {
    const { group, items } = await rows();
    const writer = await startWriter(path, "doubtful");
    try {
      // Who holds it is known a moment before what can be done with it.
      await jobNamed(catalog, "doubtful", ({ view }) => Boolean(view?.status.holder));
      for (const node of [group, ...items])
        assert.doesNotMatch(tree.getTreeItem(node).contextValue!, /markable/);
      const failed = answer("showErrorMessage");
      const asked = answer("showWarningMessage");
      await vscode.commands.executeCommand("agentJobs.markAllDone", group);
      assert.match(String(failed[0]![0]), /doubtful is running \(pid \d+ on .*then mark its items/);
      assert.equal(asked.length, 0);
    } finally {
      const gone = once(writer, "exit");
      writer.kill("SIGKILL");
      await gone;
    }
  });
});
