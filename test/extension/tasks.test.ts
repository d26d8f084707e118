import assert from "node:assert/strict";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import type { Job } from "../../src/extension/job.js";
import { jobOfTask } from "../../src/extension/tasks/jobTask.js";
import { runCli } from "../support/cli.js";
import {
  answering,
  inWorkspace,
  jobNamed,
  jobWhere,
  type Parts,
  parts,
  untilEvent,
} from "./support/extension.js";

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
    const { view } = await parts();
    await untilEvent([catalog.onDidChangeAny], "the badge", () => view.badge?.value === 1);
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
      assert.match(
        String(question.said[0]?.[0]),
        /^changing has changed since its results were made\. model changed: "small" → "large"\. .*changing\.job\.mjs\. Redoing does up to 2 items again\. Keep/,
      );
    } finally {
      question.restore();
      rmSync(path);
    }
  });

  /** The first message of a kind that holds a text, answered with one of its buttons. */
  const message = (kind: Parameters<typeof answering>[0], wanted: RegExp, button?: string) =>
    new Promise<unknown[]>((resolve) => {
      const answered = answering(kind, () => {
        const said = answered.said.at(-1)!;
        if (!wanted.test(String(said[0]))) return undefined;
        answered.restore();
        resolve(said);
        return button;
      });
    });

  describe("that stop at a question", () => {
    const path = () => inWorkspace("jobs/bounded.job.mjs");
    /** One of six is done, two failed by a cause each, three are left; the model is another by now. */
    const prepare = async () => {
      const write = (model: string, fails: boolean) =>
        writeFileSync(
          path(),
          `export default { items: [..."abcdef"], concurrency: 1, retry: false, params: { model: "${model}" }, process(item) {
            if (${fails} && item === "b") throw Object.assign(new Error("slow down"), { status: 429 });
            if (${fails} && item === "c") throw Object.assign(new Error("no"), { failureCause: "--take-over" });
            return item;
          } };`,
        );
      write("small", true);
      const job = await jobNamed(catalog, "bounded");
      await vscode.tasks.executeTask(await tasks.taskOf(job, ["--limit", "3"]));
      await jobNamed(catalog, "bounded", ({ view, holder, starting }) => {
        const { done, failed } = view?.status ?? {};
        return !holder && !starting && done === 1 && failed === 2;
      });
      write("large", false);
      return job;
    };
    afterEach(() => rmSync(path(), { force: true }));
    const endOfRun = (job: Job, run: number) =>
      jobWhere(catalog, `the end of run ${run}`, (one) => {
        const last = one.view?.status.lastRun?.run;
        return one === job && !one.holder && !one.starting && last?.run === run && last.ended !== undefined;
      });

    it("go on after it with the limits that they were given", async () => {
      const job = await prepare();
      const asked = message("showWarningMessage", /^bounded has changed/, "Keep Results");
      await vscode.tasks.executeTask(await tasks.taskOf(job, ["--limit", "1"]));
      await asked;
      await endOfRun(job, 2);
      const { done, failed, remaining } = job.view!.status;
      // It began one item: of those that had failed, or of those that were left.
      assert.ok(done === 2 && failed + remaining! === 4, JSON.stringify({ done, failed, remaining }));
      assert.equal(job.view!.status.lastRun?.ended, "limit");
    });

    it("go on after it with the failed items that were chosen, and begin no others", async () => {
      const job = await prepare();
      const asked = message("showWarningMessage", /^bounded has changed/, "Keep Results");
      await vscode.tasks.executeTask(await tasks.taskOf(job, ["--cause=rate-limit"], false, "retry"));
      await asked;
      await endOfRun(job, 2);
      const { done, failed, remaining } = job.view!.status;
      assert.deepEqual({ done, failed, remaining }, { done: 2, failed: 1, remaining: 3 });
    });
  });

  it("say why a job did not start in its own words, and show where it said so", async () => {
    const path = inWorkspace("jobs/broken.job.mjs");
    writeFileSync(path, "export default { items: [1] };");
    const job = await jobNamed(catalog, "broken");
    const told = message("showErrorMessage", /^broken/, "Show Output");
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    const [text, ...buttons] = await told;
    assert.match(String(text), /^broken did not start: .*broken\.job\.mjs has no `process`: add /);
    assert.deepEqual(buttons, ["Open Job File", "Show Output"]);
    assert.equal(job.starting, false);
    // With a workspace file VS Code names it so.
    const shown = () => vscode.window.activeTerminal?.name === "Agent Jobs: broken (workspace)";
    await untilEvent([vscode.window.onDidChangeActiveTerminal], "its terminal", shown);
    rmSync(path);
  });

  it("say the latest error, not one of an earlier start, and of a wrong argument what is wrong with it", async () => {
    const path = inWorkspace("jobs/broken.job.mjs");
    writeFileSync(path, "export default { items: [1] }; throw new Error('first\\nreason');");
    const job = await jobNamed(catalog, "broken");
    const first = message("showErrorMessage", /^broken/);
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    assert.match(String((await first)[0]), /Cannot load .*first reason/);
    const second = message("showErrorMessage", /^broken/);
    await vscode.tasks.executeTask(await tasks.taskOf(job, ["--limitt", "3"]));
    assert.match(String((await second)[0]), /^broken did not start: error: unknown option '--limitt'/);
    writeFileSync(path, "process.exit(9);");
    const third = message("showErrorMessage", /^broken/);
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    assert.equal((await third)[0], "broken did not start: its process ended with exit code 9.");
    rmSync(path);
  });

  it("say why a run that had begun ended with an error", async () => {
    const path = inWorkspace("jobs/source.job.mjs");
    writeFileSync(
      path,
      "export default { items: (async function* () { yield 'a'; throw new Error('the source ran dry'); })(), process: () => 1 };",
    );
    const job = await jobNamed(catalog, "source");
    const told = message("showWarningMessage", /^source/, "Show Output");
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    const [text, ...buttons] = await told;
    assert.match(
      String(text),
      /^source ended with an error\. 1 item done; nothing finished is lost\. .*the source ran dry/,
    );
    assert.deepEqual(buttons, ["Resume", "Open", "Show Output"]);
    rmSync(path);
  });

  it("are followed to a checkpoint that the job file puts elsewhere, of which nobody knew", async () => {
    const path = inWorkspace("jobs/away.job.mjs");
    writeFileSync(
      path,
      "export default { items: ['a', 'b'], checkpoint: 'kept/away.jsonl', process: (item) => item };",
    );
    const job = await jobNamed(catalog, "away");
    assert.equal(job.checkpoint, inWorkspace("jobs/checkpoints/away.jsonl"));
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    const ran = await jobNamed(catalog, "away", ({ view, holder }) => !holder && view?.status.done === 2);
    assert.deepEqual([ran.id, ran.checkpoint], [job.id, inWorkspace("jobs/kept/away.jsonl")]);
    const { args } = (await tasks.taskOf(ran)).execution as vscode.ProcessExecution;
    assert.deepEqual(args.slice(1), ["run", path], "what was noted starts nothing");
    await vscode.tasks.executeTask(await tasks.taskOf(ran, ["--as", "W1"]));
    const isLabelled = (one: Job) => one.source.label === "W1" && one.view?.status.done === 2;
    const labelled = await jobWhere(catalog, "its labelled run", isLabelled);
    assert.equal(labelled.checkpoint, inWorkspace("jobs/kept/away@W1.jsonl"));
    rmSync(path);
    rmSync(inWorkspace("jobs/kept"), { recursive: true });
  });

  it("belong to the run that their arguments choose, however they are written", async () => {
    const path = inWorkspace("jobs/twice.job.mjs");
    writeFileSync(path, "export default { items: ['a'], process: (item) => item };");
    await jobNamed(catalog, "twice");
    for (const args of [[], ["--as", "W1"], ["--checkpoint", "checkpoints/again.jsonl"]])
      assert.equal((await runCli(["run", path, ...args], { cwd: inWorkspace("jobs") })).code, 0);
    await catalog.refresh();
    const own = await jobWhere(catalog, "its own run", ({ id }) => id === path);
    const labelled = await jobWhere(
      catalog,
      "its labelled run",
      (job) => job.jobFile === path && job.source.label === "W1",
    );
    const again = await jobWhere(catalog, "its other run", (job) => job.checkpoint.endsWith("again.jsonl"));
    assert.equal(again.jobFile, path);
    const jobOf = (...args: string[]) => {
      const definition = { type: "agentJob", job: "jobs/twice.job.mjs", args };
      const scope = vscode.workspace.workspaceFolders![0]!;
      return jobOfTask(catalog, new vscode.Task(definition, scope, "twice", "test"));
    };
    assert.deepEqual(
      [jobOf(), jobOf("--as", "W1"), jobOf("--as=W1"), jobOf("--as=W2")],
      [own, labelled, labelled, undefined],
    );
    for (const args of [["--checkpoint", again.checkpoint], ["--checkpoint=checkpoints/again.jsonl"]])
      assert.equal(jobOf(...args), again);
    assert.equal(jobOf("--checkpoint", "checkpoints/other.jsonl"), undefined);
    assert.equal(jobOf(...(await tasks.taskOf(again)).definition.args), again);
    rmSync(path);
    rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
  });
});
