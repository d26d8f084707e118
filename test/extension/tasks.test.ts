import assert from "node:assert/strict";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import { answering, inWorkspace, jobNamed, type Parts, parts } from "./support/extension.js";

describe("tasks", () => {
  let catalog: Parts["catalog"];
  let tasks: Parts["tasks"];
  before(async () => {
    ({ catalog, tasks } = await parts());
  });
  afterEach(() => rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true }));

  it("are offered for each job file", async () => {
    const found = await vscode.tasks.fetchTasks({ type: "agentJob" });
    const steady = found.find((task) => task.name === "steady");
    assert.ok(steady, found.map((task) => task.name).join(", "));
    assert.equal(steady.definition.job, "jobs/steady.job.mjs");
    assert.equal(steady.isBackground, true);
    const { process: program, args, options } = steady.execution as vscode.ProcessExecution;
    assert.ok(program);
    assert.match(args[0]!, /dist.cli\.js$/);
    assert.deepEqual(args.slice(1), ["run", inWorkspace("jobs/steady.job.mjs")]);
    assert.equal(options?.cwd, inWorkspace("jobs"));
  });

  it("are resolved with the definition that was given", async () => {
    const definition = { type: "agentJob", job: "jobs/steady.job.mjs", args: ["--limit", "2"] };
    const scope = vscode.workspace.workspaceFolders![0]!;
    const task = await tasks.resolveTask(new vscode.Task(definition, scope, "mine", "test"));
    assert.ok(task);
    assert.equal(task.definition, definition);
    const { args } = task.execution as vscode.ProcessExecution;
    assert.deepEqual(args.slice(1), ["run", inWorkspace("jobs/steady.job.mjs"), "--limit", "2"]);
  });

  it("run the example that ships with the extension", async () => {
    cpSync(join(process.env.AGENT_JOBS_ROOT!, "examples/hello"), inWorkspace("hello"), {
      recursive: true,
      filter: (path) => !path.includes("checkpoints"),
    });
    const job = await jobNamed(catalog, "hello");
    await vscode.tasks.executeTask(await tasks.taskOf(job, ["--limit", "6"]));
    await jobNamed(catalog, "hello", ({ holder }) => holder !== null);
    await jobNamed(
      catalog,
      "hello",
      ({ view, holder }) => holder === null && view?.status.lastRun?.ended === "limit",
    );
    assert.equal(job.view?.status.done, 6);
    assert.equal(job.view?.status.total, 126);
    rmSync(inWorkspace("hello"), { recursive: true });
  });

  it("end in order when the job is stopped, go on when it is resumed, and are told of when they end", async () => {
    const job = await jobNamed(catalog, "steady");
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    assert.ok(job.starting || job.holder);
    await jobNamed(catalog, "steady", ({ view }) => (view?.status.done ?? 0) >= 3);
    await vscode.commands.executeCommand("agentJobs.stop", job.id);
    await jobNamed(
      catalog,
      "steady",
      ({ view, holder }) => !holder && view?.status.lastRun?.ended === "stopped",
    );
    const done = job.view!.status.done;
    assert.ok(done >= 3 && done < 39, String(done));
    assert.equal(job.view?.status.inDoubt, 0);

    await vscode.commands.executeCommand("agentJobs.resume", job.id);
    await jobNamed(catalog, "steady", ({ view, holder }) => !holder && view?.status.done === 39);
    assert.equal(job.view?.status.progress, "finished-with-failures");
    assert.deepEqual(
      job.view?.status.failedItems.map(({ open }) => [open.failure?.cause, open.failure?.message]),
      [["rate-limit", "429 too many requests"]],
    );
    assert.equal((await parts()).view.badge?.value, 1);
  });

  it("ask what to do with results of other parameters, and do that", async () => {
    const path = inWorkspace("jobs/changing.job.mjs");
    const write = (model: string, items: number) =>
      writeFileSync(
        path,
        `export default { items: ${JSON.stringify(["a", "b", "c"].slice(0, items))}, params: { model: "${model}" }, process: () => "${model}" };`,
      );
    write("small", 2);
    const job = await jobNamed(catalog, "changing");
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    const isOver = ({ holder, starting }: typeof job) => !holder && !starting; // the task ends a moment after its run
    await jobNamed(catalog, "changing", (each) => isOver(each) && each.view?.status.done === 2);
    write("large", 3);
    const question = answering("showWarningMessage", () => "Keep Results");
    try {
      await vscode.commands.executeCommand("agentJobs.run", job.id);
      await jobNamed(catalog, "changing", ({ view, holder }) => !holder && view?.status.done === 3);
      assert.match(String(question.said[0]?.[0]), /parameters of changing are not those of its latest run/);
    } finally {
      question.restore();
      rmSync(path);
    }
  });

  it("say why a job did not start", async () => {
    const path = inWorkspace("jobs/broken.job.mjs");
    writeFileSync(path, "export default { items: [1] };");
    const job = await jobNamed(catalog, "broken");
    const told = new Promise<unknown>((resolve) => {
      const error = answering("showErrorMessage", () => {
        error.restore();
        resolve(error.said[0]?.[0]);
      });
    });
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    assert.equal(await told, "broken did not start: its job file or its input cannot be used.");
    assert.equal(job.starting, false);
    rmSync(path);
  });
});
