import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { extensionId } from "../../src/extension/ids.js";
import type { Job } from "../../src/extension/job.js";
import type { JobTaskDefinition } from "../../src/extension/tasks/jobTask.js";
import type { TreeNode } from "../../src/extension/tree/nodes/node.js";
import { answering, inWorkspace, jobNamed, type Parts, parts } from "./support/extension.js";

// A cause that a job names itself, as any text that a checkpoint holds.
const flagLike = "--take-over";
const path = () => inWorkspace("jobs/retried.job.mjs");
const write = (fails: boolean) =>
  writeFileSync(
    path(),
    `const causes = { a: "rate-limit", b: "rate-limit", c: "${flagLike}", "-5": "refused" };
    export default { items: ["a", "b", "c", -5, "d"], key: (item) => item, retry: false, async process(item, ctx) {
      await ctx.step("fetch", { item }, () => item);
      if (${fails} && causes[item]) throw Object.assign(new Error("no " + item), { failureCause: causes[item] });
      return item;
    } };`,
  );

/** The buttons of a row, or what its menu offers to run, in their order, as package.json has them. */
function offeredOn(contextValue: string, group: "inline@" | "1_run@"): string[] {
  const { menus } = vscode.extensions.getExtension(extensionId)!.packageJSON.contributes;
  const entries: { command: string; when: string; group: string }[] = menus["view/item/context"];
  return entries
    .filter((entry) => entry.group.startsWith(group))
    .filter(({ when }) =>
      [...when.matchAll(/(!\()?viewItem =~ \/(.+?)\//g)].every(
        ([, not, pattern]) => new RegExp(pattern!).test(contextValue) === (not === undefined),
      ),
    )
    .sort((a, b) => a.group.localeCompare(b.group))
    .map(({ command }) => command.replace("agentJobs.", ""));
}

describe("a retry of failed items", () => {
  let catalog: Parts["catalog"];
  let tree: Parts["tree"];
  before(async () => {
    ({ catalog, tree } = await parts());
  });
  beforeEach(async () => {
    write(true);
    const job = await jobNamed(catalog, "retried");
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    await ended(1, 4);
  });
  afterEach(() => {
    rmSync(path(), { force: true });
    rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
  });

  const ended = (done: number, failed: number) =>
    jobNamed(catalog, "retried", ({ view, holder, starting }) => {
      const { status } = view ?? {};
      return !holder && !starting && status?.done === done && status.failed === failed;
    });
  /** The job once its second run has ended. */
  const retried = () =>
    jobNamed(
      catalog,
      "retried",
      ({ view, holder, starting }) => !holder && !starting && view?.state.runs.size === 2,
    );
  const label = (node: TreeNode) => String(tree.getTreeItem(node).label);
  const below = async (...labels: string[]): Promise<TreeNode> => {
    let node: TreeNode | undefined;
    for (const wanted of labels) {
      const children = await tree.getChildren(node);
      node = children.find((child) => label(child) === wanted);
      assert.ok(node, `${wanted} among ${children.map(label).join(", ")}`);
    }
    return node!;
  };
  const failure = (...labels: string[]) => below("retried", "Failed", ...labels);
  /** The task that a command starts. */
  const startedBy = async (
    argument: TreeNode | string | { job: Job; items: string[] },
    selected?: TreeNode[],
  ): Promise<JobTaskDefinition> => {
    const started = new Promise<vscode.Task>((resolve) => {
      const once = vscode.tasks.onDidStartTask(({ execution }) => {
        once.dispose();
        resolve(execution.task);
      });
    });
    await vscode.commands.executeCommand("agentJobs.retry", argument, selected);
    return (await started).definition as JobTaskDefinition;
  };

  it("of items that were chosen in a dashboard names them, and asks nothing of others", async () => {
    const { job } = await failure();
    const { command, args } = await startedBy({ job, items: ['"b"', "-5"] });
    assert.deepEqual([command, args], ["retry", ['--item="b"', "--item=-5"]]);
    const { view } = await retried();
    const attempts = Object.fromEntries(
      view!.status.failedItems.map(({ item, open }) => [item, open.attempt]),
    );
    assert.deepEqual(attempts, { '"a"': 1, '"b"': 2, '"c"': 1, "-5": 2 });
  });

  it("of more items than a command line takes is refused, in a dashboard as in the tree", async () => {
    const { job } = await failure();
    const items = [
      '"b"',
      ...Array.from({ length: 1_000 }, (_, i) => JSON.stringify(`an-item-of-a-long-list-${i}`)),
    ];
    const errors = answering("showErrorMessage", () => undefined);
    try {
      await vscode.commands.executeCommand("agentJobs.retry", { job, items });
    } finally {
      errors.restore();
    }
    assert.match(String(errors.said[0]?.[0]), /^1,001 rows are too many to be named one by one: retry their/);
  });

  it("of one cause names the cause, also one that looks like a flag, and does no others", async () => {
    const { command, args } = await startedBy(await failure(flagLike));
    assert.deepEqual([command, args], ["retry", [`--cause=${flagLike}`]]);
    const job = await retried();
    assert.deepEqual(
      job.view!.status.failedItems.map(({ item, open }) => [item, open.attempt]).sort(),
      [
        ["-5", 1],
        ['"a"', 1],
        ['"b"', 1],
        ['"c"', 2],
      ].sort(),
    );
  });

  it("of several causes takes none of their names for a flag", async () => {
    const rows = [await failure("rate-limit"), await failure(flagLike)];
    let takeBack = () => {};
    const takenBack = new Promise<void>((resolve) => {
      takeBack = resolve;
    });
    const passing = answering("setStatusBarMessage", () => new vscode.Disposable(takeBack));
    const { args } = await startedBy(rows[0]!, rows).finally(passing.restore);
    assert.equal(passing.said[0]?.[0], "retried: Retrying 3 failed items.");
    assert.deepEqual(args, ["--cause=rate-limit", `--cause=${flagLike}`]);
    await retried();
    // It is not said any longer than it is so.
    await takenBack;
  });

  it("of items that are selected tries just these", async () => {
    const rows = [await failure("rate-limit", "b"), await failure("refused", "-5")];
    const { args } = await startedBy(rows[0]!, rows);
    assert.deepEqual(args, ['--item="b"', "--item=-5"]);
    const job = await retried();
    const again = job.view!.status.failedItems.filter(({ open }) => open.attempt === 2);
    assert.deepEqual(again.map(({ item }) => item).sort(), ['"b"', "-5"]);
  });

  it("of a cause and an item of another names those alike by one of them, and each other once", async () => {
    const rows = [
      await failure("rate-limit"),
      await failure("rate-limit", "a"),
      await failure(flagLike, "c"),
    ];
    const { args } = await startedBy(rows[0]!, rows);
    assert.deepEqual([...(args ?? [])].sort(), ['--item="c"', '--like="a"']);
    await retried();
  });

  it("of causes that are picked names no others", async () => {
    const job = await jobNamed(catalog, "retried");
    const pick = answering("showQuickPick", (picks: never) =>
      (picks as { cause: string }[]).filter(({ cause }) => cause !== "refused"),
    );
    try {
      const { args } = await startedBy(job.id);
      assert.deepEqual(args, ["--cause=rate-limit", `--cause=${flagLike}`]);
      await jobNamed(
        catalog,
        "retried",
        ({ view, holder, starting }) => !holder && !starting && view?.state.runs.size === 2,
      );
    } finally {
      pick.restore();
    }
  });

  it("is offered on rows of failures as long as nothing runs", async () => {
    const context = async (...labels: string[]) => tree.getTreeItem(await failure(...labels)).contextValue!;
    assert.match(await context("rate-limit"), / cause retryable /);
    assert.match(await context("rate-limit", "a"), / failedItem retryable /);
  });

  it("is offered by a button on the job's row, after Resume, and alone where only failures are left", async () => {
    const row = tree.getTreeItem(await below("retried")).contextValue!;
    assert.deepEqual(offeredOn(row, "inline@"), ["retry", "openResults", "openDashboard"]);
    const stopped = row.replace(" onlyFailures over ", " ");
    assert.deepEqual(offeredOn(stopped, "inline@"), ["resume", "retry", "openDashboard"]);
    const whole = stopped.replace(" retryable ", " ");
    assert.deepEqual(offeredOn(whole, "inline@"), ["resume", "openDashboard"]);
  });

  it("is what the menu of the job's row offers, without Resume, where only failures are left", async () => {
    const row = tree.getTreeItem(await below("retried")).contextValue!;
    assert.deepEqual(offeredOn(row, "1_run@"), ["chooseOutliving", "retry"]);
    const stopped = row.replace(" onlyFailures over ", " ");
    assert.deepEqual(offeredOn(stopped, "1_run@"), ["resume", "chooseOutliving", "retry"]);
  });

  it("leaves the steps that items finished to be seen below the job", async () => {
    const steps = await below("retried", "Steps");
    assert.deepEqual(
      (await tree.getChildren(steps)).map((node) => [label(node), tree.getTreeItem(node).description]),
      [["fetch", "5"]],
    );
  });
});
