import assert from "node:assert/strict";
import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as vscode from "vscode";
import { jobOfTask } from "../../src/extension/tasks/jobTask.js";
import {
  answering,
  inWorkspace,
  jobNamed,
  jobWhere,
  leaveJobs,
  type Parts,
  parts,
  untilEvent,
} from "./support/extension.js";

/** Says where it runs, and is over when somebody writes a file beside it. */
const twin = `import { existsSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
writeFileSync("cwd.txt", process.cwd());
export default { items: ["a", "b"], concurrency: 1, async process(item) {
  while (item === "b" && !existsSync("go")) await setTimeout(20);
  return item;
} };
`;

describe("a workspace of several folders", () => {
  const first = vscode.workspace.workspaceFolders![0]!;
  const secondPath = join(dirname(first.uri.fsPath), "second folder");
  const twins = { first: inWorkspace("twins"), second: join(secondPath, "twins") };
  let catalog: Parts["catalog"];
  let tasks: Parts["tasks"];
  before(async () => {
    ({ catalog, tasks } = await parts());
    await leaveJobs();
    // Opening a folder makes VS Code search all of them: it is done once, and undone by the last test.
    writeTwins();
    await openFolders(secondPath);
  });
  beforeEach(async () => {
    writeTwins();
    await twinJobs();
  });
  afterEach(() => {
    for (const folder of Object.values(twins)) rmSync(folder, { recursive: true, force: true });
  });
  after(async () => {
    await openFolders();
    rmSync(secondPath, { recursive: true, force: true });
    await catalog.refresh();
  });

  function writeTwins(): void {
    for (const folder of Object.values(twins)) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "twin.job.mjs"), twin);
    }
  }

  /** Opens these beside the first folder, and closes what was open beside it. */
  async function openFolders(...paths: string[]): Promise<void> {
    const before = vscode.workspace.workspaceFolders!.length - 1;
    if (before === 0 && paths.length === 0) return;
    const changed = new Promise<void>((resolve) => {
      const listener = vscode.workspace.onDidChangeWorkspaceFolders(() => {
        listener.dispose();
        resolve();
      });
    });
    const folders = paths.map((path) => ({ uri: vscode.Uri.file(path) }));
    assert.ok(vscode.workspace.updateWorkspaceFolders(1, before, ...folders));
    await changed;
  }
  const twinIn = (folder: string) =>
    jobWhere(catalog, `the twin in ${folder}`, (job) => job.jobFile === join(folder, "twin.job.mjs"));
  const twinJobs = async () => [await twinIn(twins.first), await twinIn(twins.second)] as const;
  const namesOf = () => catalog.jobs.filter(({ ownName }) => ownName === "twin").map(({ name }) => name);

  it("offers jobs of one name by names of their own", async () => {
    const picks = answering("showQuickPick", () => undefined);
    try {
      await vscode.commands.executeCommand("agentJobs.run");
    } finally {
      picks.restore();
    }
    const offered = picks.said[0]![0] as vscode.QuickPickItem[];
    const mine = offered.filter(({ label }) => label.startsWith("twin"));
    assert.deepEqual(mine.map(({ label, detail }) => [label, detail]).sort(), [
      ["twin (second folder)", "second folder/twins/twin.job.mjs"],
      ["twin (workspace)", "workspace/twins/twin.job.mjs"],
    ]);
  });

  it("names their folders once in their rows", async () => {
    await twinJobs();
    const { tree } = await parts();
    const rows = (await tree.getChildren()).map((node) => tree.getTreeItem(node));
    const mine = rows.filter(({ label }) => String(label).startsWith("twin"));
    assert.deepEqual(mine.map(({ label, description }) => `${label}: ${description}`).sort(), [
      "twin (second folder): not run yet",
      "twin (workspace): not run yet",
    ]);
  });

  it("runs jobs of one name at the same time, each in its folder, and tells of their ends by name", async () => {
    const jobs = await twinJobs();
    const told = answering("showInformationMessage", () => undefined);
    try {
      for (const { id } of jobs) await vscode.commands.executeCommand("agentJobs.run", id);
      for (const folder of Object.values(twins))
        await jobWhere(
          catalog,
          `a run in ${folder}`,
          (job) =>
            dirname(job.jobFile ?? "") === folder && job.holder !== null && job.view?.status.done === 1,
        );
      const running = vscode.tasks.taskExecutions.map(({ task }) => task);
      const ofTwins = running.filter(({ definition }) => definition.job.endsWith("twins/twin.job.mjs"));
      assert.deepEqual(
        ofTwins.map((task) => jobOfTask(catalog, task)?.id).sort(),
        jobs.map(({ id }) => id).sort(),
      );
      writeFileSync(join(twins.second, "go"), "");
      const second = await jobNamed(
        catalog,
        jobs[1].name,
        ({ holder, starting, view }) => !holder && !starting && view?.status.done === 2,
      );
      // By its id: a search that was under way may have made the job anew.
      const other = catalog.job(jobs[0].id);
      const state = JSON.stringify([other?.view?.status.done, other?.view?.status.lastRun?.ended]);
      assert.ok(other?.holder, `the end of one was taken for the end of the other: ${state}`);
      assert.equal(second.checkpoint, join(twins.second, "checkpoints/twin.jsonl"));
      writeFileSync(join(twins.first, "go"), "");
      await jobNamed(
        catalog,
        jobs[0].name,
        ({ holder, starting, view }) => !holder && !starting && view?.status.done === 2,
      );
      for (const folder of Object.values(twins))
        assert.equal(readFileSync(join(folder, "cwd.txt"), "utf8"), realpathSync(folder));
    } finally {
      told.restore();
    }
    const ends = told.said.map(([text]) => String(text)).filter((text) => text.startsWith("twin"));
    assert.deepEqual(ends.sort(), [
      "twin (second folder) is finished: 2 items done.",
      "twin (workspace) is finished: 2 items done.",
    ]);
  });

  it("resolves a folder's task in that folder", async () => {
    const scope = vscode.workspace.workspaceFolders![1]!;
    const definition = { type: "agentJob", job: "twins/twin.job.mjs" };
    const task = (await tasks.resolveTask(new vscode.Task(definition, scope, "mine", "test")))!;
    const { args, options } = task.execution as vscode.ProcessExecution;
    assert.equal(args[2], join(twins.second, "twin.job.mjs"));
    assert.equal(options?.cwd, twins.second);
    assert.equal(task.scope, scope);
    assert.equal(jobOfTask(catalog, task), await twinIn(twins.second));
  });

  it("finds what a task of the workspace file names in whichever folder it is", async () => {
    rmSync(join(twins.first, "twin.job.mjs"));
    const workspaceFile = vscode.workspace.workspaceFile!.fsPath;
    const content = JSON.parse(readFileSync(workspaceFile, "utf8"));
    const jobs = {
      relative: "twins/twin.job.mjs",
      named: "second folder/twins/twin.job.mjs",
      variable: "${workspaceFolder:second folder}/twins/twin.job.mjs",
    };
    const listed = Object.entries(jobs).map(([label, job]) => ({ type: "agentJob", label, job }));
    const fetched = new Promise<vscode.Task[]>((resolve) => {
      const look = async () => {
        const all = await vscode.tasks.fetchTasks({ type: "agentJob" });
        const mine = all.filter(({ scope }) => scope === vscode.TaskScope.Workspace);
        if (mine.length < listed.length) return;
        watching.dispose();
        resolve(mine);
      };
      const watching = vscode.workspace.onDidChangeConfiguration(() => void look());
    });
    writeFileSync(workspaceFile, JSON.stringify({ ...content, tasks: { version: "2.0.0", tasks: listed } }));
    try {
      const found = await fetched;
      const second = join(twins.second, "twin.job.mjs");
      for (const task of found) {
        const { args } = task.execution as vscode.ProcessExecution;
        assert.equal(args[2], second, task.name);
      }
      assert.equal(found.length, 3, found.map(({ name }) => name).join(", "));
      writeFileSync(join(twins.second, "go"), "");
      await vscode.tasks.executeTask(found[0]!);
      await jobNamed(
        catalog,
        "twin",
        ({ holder, starting, view }) => !holder && !starting && view?.status.done === 2,
      );
    } finally {
      writeFileSync(workspaceFile, JSON.stringify(content));
    }
  });

  it("takes each folder's settings for its own jobs", async () => {
    const settings = vscode.workspace.getConfiguration("agentJobs", vscode.Uri.file(secondPath));
    await settings.update("exclude", ["**/twins/**"], vscode.ConfigurationTarget.WorkspaceFolder);
    try {
      const gone = () => !catalog.jobs.some(({ jobFile }) => jobFile?.startsWith(secondPath));
      await untilEvent([catalog.onDidChangeJobs], "the second folder's exclude", gone);
      assert.deepEqual(namesOf(), ["twin"]);
    } finally {
      await settings.update("exclude", undefined, vscode.ConfigurationTarget.WorkspaceFolder);
    }
  });

  it("runs what loads a job file by the Node of its folder", async () => {
    const settings = vscode.workspace.getConfiguration("agentJobs", vscode.Uri.file(secondPath));
    await settings.update("nodePath", "/its/own/node", vscode.ConfigurationTarget.WorkspaceFolder);
    try {
      const [first, second] = await twinJobs();
      assert.equal((await tasks.callOf(second, "input", [])).program, "/its/own/node");
      assert.notEqual((await tasks.callOf(first, "input", [])).program, "/its/own/node");
    } finally {
      await settings.update("nodePath", undefined, vscode.ConfigurationTarget.WorkspaceFolder);
    }
  });

  it("lists the jobs of a folder inside of another once, by the inner one's settings", async () => {
    await openFolders(secondPath, twins.second);
    await catalog.refresh();
    const inner = () => catalog.jobs.filter(({ jobFile }) => jobFile === join(twins.second, "twin.job.mjs"));
    assert.equal(inner().length, 1);
    assert.equal(basename((await tasks.taskOf(inner()[0]!)).definition.job), "twin.job.mjs");
    const settings = vscode.workspace.getConfiguration("agentJobs", vscode.Uri.file(twins.second));
    await settings.update("jobFiles", [], vscode.ConfigurationTarget.WorkspaceFolder);
    try {
      await untilEvent([catalog.onDidChangeJobs], "the inner folder's setting", () => inner().length === 0);
    } finally {
      await settings.update("jobFiles", undefined, vscode.ConfigurationTarget.WorkspaceFolder);
    }
  });

  it("stops watching in the folder what the workspace file watches in all", async () => {
    const out = join(secondPath, "rows.jsonl");
    writeFileSync(out, '{"doc": "a", "answer": 1}\n');
    const settings = vscode.workspace.getConfiguration("agentJobs");
    await settings.update(
      "watched",
      [{ file: "rows.jsonl", id: "doc" }],
      vscode.ConfigurationTarget.Workspace,
    );
    try {
      const job = await jobWhere(catalog, "rows", ({ checkpoint }) => checkpoint === out);
      await vscode.commands.executeCommand("agentJobs.stopWatching", job.id);
      await untilEvent([catalog.onDidChangeJobs], "the end of rows", () => catalog.job(job.id) === undefined);
    } finally {
      await settings.update("watched", undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  it("lists no job of a folder that is removed, and calls what stays by its own name", async () => {
    const [job] = await twinJobs();
    await openFolders();
    const alone = () => job.name === "twin" && namesOf().length === 1;
    await untilEvent([catalog.onDidChangeJobs], "the end of the second", alone);
    assert.equal(catalog.job(job.id), job, "the job that stayed is another object");
  });
});
