import assert from "node:assert/strict";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import type * as vscode from "vscode";
import type { Job } from "../../src/extension/job.js";
import { NeedFilter } from "../../src/extension/tree/filter.js";
import { JobTree } from "../../src/extension/tree/jobTree.js";
import type { TreeNode } from "../../src/extension/tree/nodes/node.js";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { own } from "../support/damagedFiles.js";
import { inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";
import { startWriter } from "./support/writer.js";

/** VS Code draws nothing before this has passed without a further change. */
const debounceMs = 200;

describe("the tree, while jobs change", () => {
  let catalog: Parts["catalog"];
  let tree: Parts["tree"];
  before(async () => {
    ({ catalog, tree } = await parts());
  });

  const walk = async (node: TreeNode | undefined): Promise<TreeNode[]> => {
    const children = await tree.getChildren(node);
    return [...children, ...(await Promise.all(children.map(walk))).flat()];
  };

  it("draws the row of a job that grows and no other, and keeps the ids of all", async () => {
    const growing = inWorkspace("checkpoints/drawn.jsonl");
    const line = (n: number) => `{"id": "${n}", "ts": 1748107200}\n`;
    writeFileSync(growing, line(0));
    const job = await jobNamed(catalog, "drawn", ({ view }) => view?.status.done === 1);
    const ids = async () => (await walk(undefined)).map((node) => node.id);
    const before = await ids();
    const drawn: (TreeNode[] | undefined)[] = [];
    const listening = tree.onDidChangeTreeData((nodes) => drawn.push(nodes));
    try {
      for (let n = 1; n <= 5; n++) {
        appendFileSync(growing, line(n));
        const before = drawn.length;
        const isDrawn = () => drawn.length > before && job.view?.status.done === n + 1;
        await untilEvent([tree.onDidChangeTreeData], `row ${n}`, isDrawn);
      }
      // The first may be made up for together with what came before it.
      for (const nodes of drawn.slice(1)) assert.deepEqual(nodes, [await tree.nodeOf(job)]);
      assert.deepEqual(await ids(), before);
    } finally {
      listening.dispose();
      rmSync(growing);
    }
  });

  it("leaves the row of a running job whose tip was asked for to be read, and draws it when the run ends", async () => {
    const [read, other] = ["read", "other"].map((name) => inWorkspace(`checkpoints/${name}.jsonl`));
    const line = (n: number) => `{"id": "${n}", "ts": 1748107200}\n`;
    writeFileSync(other!, line(0));
    const writer = await startWriter(read!, "read");
    const job = await jobNamed(
      catalog,
      "read",
      ({ view }) => view?.status.done === 2 && view.status.run !== null,
    );
    const otherNode = await tree.nodeOf(await jobNamed(catalog, "other", ({ loaded }) => loaded));
    await tree.getChildren();
    const node = await tree.nodeOf(job);
    const drawn = new Set<TreeNode>();
    const listening = tree.onDidChangeTreeData((nodes) => {
      for (const each of nodes ?? [node]) drawn.add(each);
    });
    try {
      tree.resolveTreeItem(tree.getTreeItem(node), node);
      drawn.clear();
      appendFileSync(read!, own({ type: "done", item: keyOf("more"), atMs: Date.now(), run: 1, attempt: 1 }));
      await jobNamed(catalog, "read", ({ view }) => view?.status.done === 3);
      appendFileSync(other!, line(1));
      await untilEvent([tree.onDidChangeTreeData], "the other's row", () => drawn.has(otherNode));
      assert.ok(!drawn.has(node));
      writer.kill("SIGKILL");
      await untilEvent([tree.onDidChangeTreeData], "the row of the run that ended", () => drawn.has(node));
      assert.equal(job.view!.status.lastRun!.ended, "killed");
    } finally {
      writer.kill("SIGKILL");
      listening.dispose();
      for (const file of [read!, `${read}.lock`, other!]) rmSync(file, { force: true });
    }
  });

  it("draws all rows for a job that grows, where the editor does not draw the row that it is told of", async () => {
    const growing = inWorkspace("checkpoints/drawn.jsonl");
    const line = (n: number) => `{"id": "${n}", "ts": 1748107200}\n`;
    writeFileSync(growing, line(0));
    const memory = { get: () => undefined, keys: () => [], update: async () => undefined };
    const filter = new NeedFilter(memory as vscode.Memento);
    const another = new JobTree(catalog, filter, false);
    const drawn: (TreeNode[] | undefined)[] = [];
    try {
      const job = await jobNamed(catalog, "drawn", ({ view }) => view?.status.done === 1);
      await another.getChildren();
      another.onDidChangeTreeData((nodes) => drawn.push(nodes));
      appendFileSync(growing, line(1));
      const isDrawn = () => drawn.length > 0 && job.view?.status.done === 2;
      await untilEvent([another.onDidChangeTreeData], "all rows", isDrawn);
      assert.deepEqual([...new Set(drawn)], [undefined]);
    } finally {
      another.dispose();
      filter.dispose();
      rmSync(growing);
    }
  });

  it("draws jobs that change in turn together, and never sooner than VS Code has drawn them", async () => {
    const names = ["a", "b", "c"].map((name) => `turn-${name}`);
    const files = names.map((name) => inWorkspace(`checkpoints/${name}.jsonl`));
    const line = (n: number) => `{"id": "${n}", "ts": 1748107200}\n`;
    for (const file of files) writeFileSync(file, line(0));
    const jobs: Job[] = [];
    for (const name of names) jobs.push(await jobNamed(catalog, name, ({ view }) => view?.status.done === 1));
    await tree.getChildren();
    const rows = new Set<TreeNode>(await Promise.all(jobs.map((job) => tree.nodeOf(job))));
    const drawnMs: number[] = [];
    const drawn = new Set<TreeNode>();
    const listening = tree.onDidChangeTreeData((nodes) => {
      drawnMs.push(performance.now());
      for (const node of nodes ?? []) if (rows.has(node)) drawn.add(node);
    });
    try {
      let n = 1;
      const appending = setInterval(() => {
        appendFileSync(files[n % files.length]!, line(n));
        n += 1;
      }, 40);
      try {
        await untilEvent([tree.onDidChangeTreeData], "drawn", () => drawnMs.length >= 6 && drawn.size === 3);
      } finally {
        clearInterval(appending);
      }
      const pauses = drawnMs.slice(1).map((ms, i) => ms - drawnMs[i]!);
      assert.ok(Math.min(...pauses) > debounceMs, `drawn after ${pauses.join(", ")} ms`);
    } finally {
      listening.dispose();
      for (const file of files) rmSync(file);
    }
  });
});
