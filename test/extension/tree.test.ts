import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { JobGroupNode } from "../../src/extension/tree/nodes/jobGroup.js";
import { JobNode } from "../../src/extension/tree/nodes/jobNode.js";
import type { TreeNode } from "../../src/extension/tree/nodes/node.js";
import { Pages } from "../../src/extension/tree/nodes/pages.js";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { encodeRecord, type WritableRecord } from "../../src/runtime/format/record.js";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { needsPerson } from "../../src/view/attention.js";
import { markdownText } from "../../src/view/text.js";
import { inWorkspace, jobNamed, jobWhere, type Parts, parts, untilEvent } from "./support/extension.js";
import { pickerInstead } from "./support/picker.js";

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
          else if (i <= 253)
            await session.markFailed(item, new Error(i === 252 ? "too long" : `no JSON: "${i}"`), {
              cause: "bad-reply",
            });
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

  const walk = async (node: TreeNode | undefined): Promise<TreeNode[]> => {
    const children = await tree.getChildren(node);
    return [...children, ...(await Promise.all(children.map(walk))).flat()];
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

  it("lets a job be opened where there is something below it, and only there", async () => {
    const seen = new Set<string>();
    for (const isOn of [false, true])
      for (const job of catalog.jobs) {
        const node = new JobNode(job, { isOn });
        const canOpen = node.item().collapsibleState !== vscode.TreeItemCollapsibleState.None;
        const below = await node.children();
        assert.equal(canOpen, below.length > 0, job.name);
        seen.add(`${isOn} ${canOpen}`);
      }
    assert.equal(seen.size, 4, [...seen].join());
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

  it("groups the failures of a cause by what their messages say, where they do not all say the same", async () => {
    const failed = await child(await child(undefined, "mixed"), "Failed");
    const clusters = await tree.getChildren(await child(failed, "bad-reply"));
    assert.deepEqual(
      clusters.map((node) => [label(node), tree.getTreeItem(node).description]),
      [
        ['no JSON: "…"', "2"],
        ["item-252", "too long"],
      ],
    );
    assert.deepEqual((await tree.getChildren(clusters[0])).map(label), ["item-251", "item-253"]);
  });

  it("pages causes, and checkpoints of one job, as it does all that may be many", async () => {
    const many = inWorkspace("checkpoints/causes.jsonl");
    const failed = Array.from({ length: 203 }, (_, i) => ({
      ...{ type: "failed", atMs: 1, item: keyOf(i), run: 1, attempt: 1 },
      ...{ cause: `cause-${i}`, message: "no" },
    }));
    const records = [{ type: "job", atMs: 1, v: 1, job: "causes" }, ...failed] as WritableRecord[];
    writeFileSync(many, Buffer.concat(records.map(encodeRecord)));
    try {
      const job = await jobNamed(catalog, "causes", ({ view }) => view?.status.failed === 203);
      const causes = await tree.getChildren(await child(await child(undefined, "causes"), "Failed"));
      assert.deepEqual([causes.length, label(causes.at(-1)!)], [201, "Load more"]);
      const members = Array.from({ length: 203 }, () => new JobNode(job, { isOn: false }));
      const below = new JobGroupNode("many.job.mjs", members).children({ pages: new Pages() });
      assert.deepEqual([below.length, label(below.at(-1)!)], [201, "Load more"]);
    } finally {
      rmSync(many);
    }
  });

  it("says what each row is to whoever does not see it", async () => {
    for (const node of await walk(await child(undefined, "mixed"))) {
      const spoken = tree.getTreeItem(node).accessibilityInformation?.label;
      assert.ok(spoken && !/undefined|null/.test(spoken), `${node.id}: ${spoken}`);
    }
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

  it("says of a damaged line what is wrong and where it begins, and leaves its length to the repair", async () => {
    const path = inWorkspace("checkpoints/spoilt.jsonl");
    writeFileSync(path, '{"id": "a", "ts": 1748107200}\nno JSON\n{"id": "b", "ts": 1748107200}\n');
    try {
      await jobNamed(catalog, "spoilt", ({ view }) => view?.status.damaged === true);
      const row = await child(await child(await child(undefined, "spoilt"), "Damaged lines"), "Line 2");
      const item = tree.getTreeItem(row);
      const { value } = tree.resolveTreeItem(item, row).tooltip as vscode.MarkdownString;
      assert.deepEqual(value.split("\n\n").slice(-2), [
        markdownText([item.description as string]),
        "At byte 30",
      ]);
    } finally {
      rmSync(path);
    }
  });

  it("keeps the ids of its rows, and finds their parents", async () => {
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
    const setBadge = (value: boolean | undefined) =>
      vscode.workspace
        .getConfiguration("agentJobs")
        .update("badge", value, vscode.ConfigurationTarget.Workspace);
    const needy = catalog.jobs.filter((job) => needsPerson(job.view));
    assert.ok(needy.some(({ name }) => name === "mixed"));
    assert.equal(view.badge?.value, needy.length);
    await setBadge(false);
    assert.equal(view.badge?.value, undefined);
    await setBadge(undefined);
    assert.equal(view.badge?.value, needy.length);
  });

  it("shows only what needs a person where it is asked to, and says so", async () => {
    const { view } = await parts();
    const count = catalog.jobs.length;
    await vscode.commands.executeCommand("agentJobs.showOnlyNeedy");
    const shown = await tree.getChildren();
    assert.ok(shown.length < count);
    assert.ok(shown.every(({ job }) => needsPerson(job.view)));
    assert.equal(view.message, `Only what needs you: ${shown.length} of ${count} jobs.`);
    assert.deepEqual((await tree.getChildren(await child(undefined, "mixed"))).map(label), [
      "Failed",
      "In doubt",
    ]);
    await vscode.commands.executeCommand("agentJobs.showAllJobs");
    assert.equal((await tree.getChildren()).length, count);
    assert.equal(view.message, "");
  });

  it("shows the checkpoints of one job file below one row, and each can be found", async () => {
    const jobFile = inWorkspace("jobs/weekly.job.mjs");
    const run = (label: string, done: number) => {
      const store = new JsonlStore(inWorkspace(`jobs/checkpoints/weekly@${label}.jsonl`));
      return store.open("weekly", { label, jobFile: "../weekly.job.mjs" }).then(async (log) => {
        const items = Array.from({ length: done }, (_, n) => keyOf(n));
        const atMs = Date.now();
        await log.append(
          items.map((item) => ({ type: "done", atMs, item })),
          "synced",
        );
        await log.close();
      });
    };
    try {
      await run("2026-W46", 2);
      await run("2026-W47", 3);
      writeFileSync(jobFile, "export default { items: [], process() {} };");
      const newest = await jobWhere(catalog, "its newest", ({ source }) => source.label === "2026-W47");
      await jobWhere(catalog, "its others", ({ source }) => source.label === "2026-W46");
      const group = await child(undefined, "weekly");
      const item = tree.getTreeItem(group);
      assert.deepEqual([item.description, item.contextValue], ["5 done · 3 checkpoints", " jobGroup "]);
      const members = await tree.getChildren(group);
      assert.deepEqual(members.map(label), ["(no label)", "2026-W46", "2026-W47"]);
      assert.match(tree.getTreeItem(members[0]!).contextValue!, / runnable /);
      assert.equal(tree.getParent(await tree.nodeOf(newest)), group);
      const drawn: (TreeNode | undefined)[] = [];
      const listening = tree.onDidChangeTreeData((nodes) => drawn.push(...(nodes ?? [undefined])));
      const store = new JsonlStore(newest.checkpoint);
      const log = await store.open("weekly", { label: "2026-W47" });
      await log.append([{ type: "done", atMs: Date.now(), item: keyOf(9) }], "synced");
      await log.close();
      await jobWhere(catalog, "one more", (job) => job === newest && job.view?.status.done === 4);
      await untilEvent([tree.onDidChangeTreeData], "the row", () => drawn.length > 0);
      listening.dispose();
      assert.ok(
        drawn.length > 0 && drawn.every((node) => node === group),
        String(drawn.map((node) => node?.id)),
      );
      assert.equal(tree.getTreeItem(group).description, "6 done · 3 checkpoints");
    } finally {
      rmSync(jobFile, { force: true });
      rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
      await catalog.refresh();
    }
  });

  it("finds an item by what is typed, among a few picks at a time, and opens it", async () => {
    const { picker, restore } = pickerInstead();
    try {
      await vscode.commands.executeCommand("agentJobs.findItem", (await jobNamed(catalog, "mixed")).id);
      await untilEvent([picker.onDidChange], "items", () => picker.items.length > 0);
      assert.equal(picker.items.length, 100);
      assert.match(picker.title!, /^Items of mixed: the first 100/);
      picker.type("item-25 json");
      await untilEvent([picker.onDidChange], "fewer items", () => picker.items.length < 100);
      assert.deepEqual(
        picker.items.map(({ label: shown, description }) => [shown, description]),
        [
          ["item-251", "bad-reply"],
          ["item-253", "bad-reply"],
        ],
      );
      picker.type("item-299");
      await untilEvent([picker.onDidChange], "a done item", () => picker.items[0]?.label === "item-299");
      picker.type("item-0");
      await untilEvent(
        [picker.onDidChange],
        "the item in doubt",
        () => picker.items[0]?.description === "in doubt",
      );
      picker.type("item-253");
      await untilEvent([picker.onDidChange], "one item", () => picker.items.length === 1);
      picker.accept(0);
      const opened = () => vscode.window.activeTextEditor?.document.getText().includes("item-253") ?? false;
      await untilEvent([vscode.window.onDidChangeActiveTextEditor], "the item", opened);
    } finally {
      restore();
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    }
  });

  it("says what to type where all items are done, and that none matches only once something was typed", async () => {
    const path = inWorkspace("checkpoints/all-done.jsonl");
    const items = Array.from({ length: 60 }, (_, i) => `item-${i}`);
    await new AgentResume({ store: new JsonlStore(path) }).resumeOrStart("all-done", async (session) => {
      for (const item of session.remaining(items)) await session.markDone(item);
    });
    const { picker, restore } = pickerInstead();
    const shown = () => picker.items.map(({ label: text }) => text);
    const untilShown = (text: string) =>
      untilEvent([picker.onDidChange], text, () => shown().join() === text);
    try {
      const job = await jobNamed(catalog, "all-done", ({ view }) => view?.status.done === 60);
      await vscode.commands.executeCommand("agentJobs.findItem", job.id);
      await untilEvent([picker.onDidChange], "a row", () => picker.items.length > 0);
      assert.deepEqual(shown(), ["Type a part of the id of one of the 60 done items."]);
      picker.type("nothing like it");
      await untilShown("No item matches.");
      picker.type("item-59");
      await untilShown("item-59");
    } finally {
      restore();
      rmSync(path);
    }
  });

  it("opens a read-only list of failures", async () => {
    const job = await jobNamed(catalog, "mixed");
    await vscode.commands.executeCommand("agentJobs.showFailures", job.id);
    const { document } = vscode.window.activeTextEditor!;
    assert.match(document.getText(), /^mixed: 253 failed items\n\nrate-limit \(250\)\n {2}item-1\n {4}429 /);
    assert.doesNotMatch(document.getText(), /\u202e/);
  });
});
