import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { JobTaskDefinition } from "../../src/extension/tasks/jobTask.js";
import { fileText } from "../support/files.js";
import { answering, inWorkspace, jobNamed, type Parts, parts } from "./support/extension.js";

// Ends when the test says so.
const gated = `
import { existsSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
const opened = () => existsSync(join(import.meta.dirname, "go"));
process.on("SIGHUP", () => writeFileSync(join(import.meta.dirname, "hung-up"), ""));
export default {
  items: ["a", "b", "c"],
  process: () => new Promise((resolve) => {
    const watcher = watch(import.meta.dirname, () => opened() && resolve(watcher.close()));
    if (opened()) resolve(watcher.close());
  }),
};
`;

describe("a run and the window", () => {
  let catalog: Parts["catalog"];
  let question: ReturnType<typeof answering> | undefined;
  const names: string[] = [];
  before(async () => {
    ({ catalog } = await parts());
    await vscode.workspace
      .getConfiguration("agentJobs")
      .update("outliveWindow", "ask", vscode.ConfigurationTarget.Workspace);
  });
  after(async () => {
    await vscode.workspace
      .getConfiguration("agentJobs")
      .update("outliveWindow", undefined, vscode.ConfigurationTarget.Workspace);
    for (const name of [...names.map((each) => `${each}.job.mjs`), "checkpoints", "go", "hung-up"])
      rmSync(inWorkspace("jobs", name), { recursive: true, force: true });
  });
  afterEach(() => {
    question?.restore();
    // Whoever ran the job file was hung up, too, where a terminal of the test before was closed.
    for (const name of ["go", "hung-up"]) rmSync(inWorkspace("jobs", name), { force: true });
  });
  const write = async (name: string) => {
    names.push(name);
    writeFileSync(inWorkspace(`jobs/${name}.job.mjs`), gated);
    await catalog.refresh();
    return jobNamed(catalog, name);
  };
  const letGo = () => writeFileSync(inWorkspace("jobs/go"), "");
  /** Answers the question as the person does who picks this row; undefined closes it. */
  const answer = (label: string | undefined) => {
    question = answering("showQuickPick", () =>
      (question!.said.at(-1)![0] as { label: string }[]).find((pick) => pick.label === label),
    );
    return question;
  };
  const executionOf = (name: string) =>
    vscode.tasks.taskExecutions.find(({ task }) => task.name === name && task.definition.type === "agentJob");
  const argsOf = (name: string) => (executionOf(name)!.task.definition as JobTaskDefinition).args ?? [];

  it("is asked over once; a run that is kept goes on without its terminal, and is stopped from the tree", async () => {
    const job = await write("keeper");
    const asked = answer("Keep Running");
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    await jobNamed(catalog, "keeper", ({ holder, view }) => holder !== null && view?.status.inFlight === 1);
    assert.equal(asked.said.length, 1);
    assert.deepEqual(argsOf("keeper"), ["--detach", "--attach"]);

    const execution = executionOf("keeper")!;
    const closed = new Promise<void>((resolve) => {
      const listener = vscode.tasks.onDidEndTask((event) => {
        if (event.execution !== execution) return;
        listener.dispose();
        resolve();
      });
    });
    execution.terminate();
    await closed;
    await catalog.refreshJob(job);
    assert.ok(job.holder, "the run still holds its job");
    process.kill(job.holder.pid, 0);

    await vscode.commands.executeCommand("agentJobs.stop", job.id);
    const output = inWorkspace("jobs/checkpoints/keeper.jsonl.out");
    await fileText(output, (text) => text.includes("Stopping"));
    letGo();
    await jobNamed(catalog, "keeper", ({ holder }) => holder === null);
    const { done, inDoubt, lastRun } = job.view!.status;
    assert.deepEqual([done, inDoubt, lastRun?.ended], [1, 0, "stopped"]);

    await vscode.commands.executeCommand("agentJobs.resume", job.id);
    await jobNamed(catalog, "keeper", ({ holder, view }) => !holder && view?.status.done === 3);
    assert.equal(asked.said.length, 1, "nobody was asked again");
  });

  it("ends with its terminal where a person chose so", async () => {
    const job = await write("ender");
    answer("End With the Window");
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    await jobNamed(catalog, "ender", ({ holder, view }) => holder !== null && view?.status.inFlight === 1);
    assert.deepEqual(argsOf("ender"), []);
    executionOf("ender")!.terminate();
    await fileText(inWorkspace("jobs/hung-up"));
    letGo();
    await jobNamed(catalog, "ender", ({ holder }) => holder === null);
    const { done, inDoubt, lastRun } = job.view!.status;
    assert.deepEqual([done, inDoubt, lastRun?.ended], [1, 0, "terminated"]);
  });

  it("does not begin, and is asked over again, where a person chose nothing", async () => {
    const job = await write("unsure");
    const asked = answer(undefined);
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    assert.equal(asked.said.length, 2);
    assert.deepEqual([job.starting, job.holder, job.view], [false, null, null]);
  });

  it("is asked over by a command, too, and what is chosen for a job comes before the setting", async () => {
    const job = await write("chosen");
    const settings = vscode.workspace.getConfiguration("agentJobs", vscode.Uri.file(job.jobFile!));
    await settings.update("outliveWindow", "no", vscode.ConfigurationTarget.Workspace);
    answer("Keep Running");
    await vscode.commands.executeCommand("agentJobs.chooseOutliving", job.id);
    const offered = (await vscode.tasks.fetchTasks({ type: "agentJob" })).find(
      ({ name }) => name === "chosen",
    );
    assert.deepEqual(offered?.definition.args, ["--detach", "--attach"]);
    answer("End With the Window");
    await vscode.commands.executeCommand("agentJobs.chooseOutliving", job.id);
    await settings.update("outliveWindow", "yes", vscode.ConfigurationTarget.Workspace);
    const again = (await vscode.tasks.fetchTasks({ type: "agentJob" })).find(({ name }) => name === "chosen");
    assert.equal(again?.definition.args, undefined);
    await settings.update("outliveWindow", "ask", vscode.ConfigurationTarget.Workspace);
  });
});
