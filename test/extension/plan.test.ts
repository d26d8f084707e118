import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { answering, inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";

describe("before a run", () => {
  let catalog: Parts["catalog"];
  const path = () => inWorkspace("jobs/planned.job.mjs");
  const write = (model: string, fails: boolean) =>
    writeFileSync(
      path(),
      `export default { items: ["a", "b", "c", "d"], params: { model: "${model}" }, retry: false, process(item, ctx) {
        ctx.usage({ usd: 0.5 });
        if (${fails} && item !== "a") throw Object.assign(new Error("no " + item), { status: item === "b" ? 429 : 400 });
        return "${model}";
      } };`,
    );
  const setPlan = (value: string | undefined) =>
    vscode.workspace
      .getConfiguration("agentJobs")
      .update("planBeforeRun", value, vscode.ConfigurationTarget.Workspace);
  /** What a question says besides its buttons; it is a dialog, which no other message hides. */
  const dialog = ([question, options]: unknown[]) => {
    const { modal, detail } = options as vscode.MessageOptions;
    assert.equal(modal, true);
    return `${question} ${detail}`;
  };
  const isOver = ({ holder, starting }: Awaited<ReturnType<typeof jobNamed>>) => !holder && !starting;
  const ended = (done: number, failed: number) =>
    jobNamed(
      catalog,
      "planned",
      (job) => isOver(job) && job.view?.status.done === done && job.view.status.failed === failed,
    );

  before(async () => {
    ({ catalog } = await parts());
    write("small", true);
    const job = await jobNamed(catalog, "planned");
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    await ended(1, 3);
    await setPlan("whenItCosts");
  });
  after(async () => {
    await setPlan(undefined);
    rmSync(path(), { force: true });
    rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
  });

  it("says what is done, what is left and what it costs, and starts nothing where nobody agrees", async () => {
    const job = await jobNamed(catalog, "planned");
    const question = answering("showInformationMessage", () => undefined);
    const passing = answering("setStatusBarMessage", () => undefined);
    try {
      await vscode.commands.executeCommand("agentJobs.resume", job.id);
      assert.deepEqual(
        passing.said.map(([said]) => said),
        ["planned: Not started."],
      );
      const [, , ...buttons] = question.said[0]!;
      assert.match(
        dialog(question.said[0]!),
        /^Resume planned\? 1 done \(\$0\.50(?: and .*)? not spent again\), 3 to do \(3 failed\);(?: about .*,)? \$1\.50\.$/,
      );
      assert.deepEqual(buttons, ["Resume", "Details"]);
      assert.equal(job.starting, false);
      assert.equal(job.holder, null);
    } finally {
      passing.restore();
      question.restore();
    }
  });

  it("asks no more above a plan once the job runs by another way, and says so to who answers then", async () => {
    const job = await jobNamed(catalog, "planned");
    const runs = job.view!.state.runs.size;
    let answerLate = (_: string) => {};
    const late = new Promise((resolve) => (answerLate = resolve));
    const question = answering("showInformationMessage", () =>
      question.said.length === 1 ? "Details" : question.said.length === 2 ? late : "Resume",
    );
    const passing = answering("setStatusBarMessage", () => undefined);
    try {
      const asked = vscode.commands.executeCommand("agentJobs.resume", job.id);
      await untilEvent(
        [vscode.window.onDidChangeActiveTextEditor],
        "the plan",
        () => vscode.window.activeTextEditor?.document.uri.scheme === "agent-jobs-plan",
      );
      const { uri } = vscode.window.activeTextEditor!.document;
      await vscode.commands.executeCommand("agentJobs.resume", job.id);
      await asked;
      const lenses = await vscode.commands.executeCommand("vscode.executeCodeLensProvider", uri, 5);
      assert.deepEqual(lenses, []);
      await jobNamed(catalog, "planned", (each) => isOver(each) && each.view?.state.runs.size === runs + 1);
      answerLate("Resume");
      await new Promise(setImmediate);
      assert.equal(passing.said.at(-1)![0], "planned: That was decided before: nothing was done now.");
      assert.equal(job.view!.state.runs.size, runs + 1);
      assert.ok(!passing.said.some(([said]) => said === "planned: Not started."));
    } finally {
      for (const each of [question, passing]) each.restore();
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    }
  });

  it("asks in a dialog over damage: nothing, a repair, or a run that does again what the damage may have held", async () => {
    const damaged = inWorkspace("jobs/hurt.job.mjs");
    const checkpoint = inWorkspace("jobs/checkpoints/hurt.jsonl");
    writeFileSync(damaged, "export default { items: [1, 2], process() {} };");
    const answers = [undefined, "Repair…", "Leave as It Is", "Run Anyway"];
    const question = answering("showWarningMessage", () => answers.shift());
    const overPlan = answering("showInformationMessage", () => "Resume");
    const passing = answering("setStatusBarMessage", () => undefined);
    try {
      const fresh = await jobNamed(catalog, "hurt", ({ loaded }) => loaded);
      await vscode.commands.executeCommand("agentJobs.run", fresh.id);
      await jobNamed(catalog, "hurt", (each) => isOver(each) && each.view?.status.done === 2);
      const whole = readFileSync(checkpoint, "utf8");
      writeFileSync(checkpoint, whole.replace('{"id":', '{"iD":'));
      const job = await jobNamed(catalog, "hurt", ({ view }) => view?.status.damaged === true);
      passing.said.length = 0;
      await vscode.commands.executeCommand("agentJobs.resume", job.id);
      assert.equal(
        dialog(question.said[0]!),
        "The checkpoint of hurt is damaged. Run it as it is? It has 1 damaged line. What that may have held is done again, unless a repair can save it.",
      );
      assert.deepEqual(question.said[0]!.slice(2), ["Repair…", "Run Anyway"]);
      assert.deepEqual(
        passing.said.map(([said]) => said),
        ["hurt: Not started."],
      );
      await vscode.commands.executeCommand("agentJobs.resume", job.id);
      assert.match(String(question.said[2]![0]), /^Repair hurt\.jsonl as shown\?/);
      assert.equal(job.view!.state.runs.size, 1);
      await vscode.commands.executeCommand("agentJobs.resume", job.id);
      await jobNamed(catalog, "hurt", (each) => isOver(each) && each.view?.status.done === 2);
      assert.equal(job.view!.state.runs.size, 2);
      assert.equal(job.view!.status.damaged, true);
    } finally {
      for (const each of [passing, overPlan, question]) each.restore();
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
      for (const file of [damaged, checkpoint]) rmSync(file, { force: true });
    }
  });

  it("asks whether to run, not to resume, a job that was never run", async () => {
    const fresh = inWorkspace("jobs/fresh.job.mjs");
    writeFileSync(fresh, "export default { items: [1, 2], process() {} };");
    const question = answering("showInformationMessage", () => undefined);
    try {
      await setPlan("always");
      const job = await jobNamed(catalog, "fresh", ({ loaded }) => loaded);
      await vscode.commands.executeCommand("agentJobs.run", job.id);
      assert.equal(dialog(question.said[0]!), "Run fresh? 0 done, 2 to do.");
      assert.deepEqual(question.said[0]?.slice(2), ["Run", "Details"]);
    } finally {
      question.restore();
      await setPlan("whenItCosts");
      rmSync(fresh);
    }
  });

  it("shows the whole plan as a document, with the question beside it and not before it", async () => {
    const job = await jobNamed(catalog, "planned");
    let asked = 0;
    const question = answering("showInformationMessage", () => (asked++ === 0 ? "Details" : undefined));
    try {
      await vscode.commands.executeCommand("agentJobs.resume", job.id);
      const shown = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "agent-jobs-plan");
      assert.match(shown!.getText(), /^planned\n\ntotal {6}4 items\ndone {7}1 \(/);
      assert.match(String(question.said[1]?.[0]), /^Resume planned\? 1 done .*\$1\.50\.$/);
      assert.deepEqual(question.said[1]?.slice(1), ["Resume"]);
      assert.match(shown!.getText(), /\n\nAs of \d{4}-\d\d-\d\d \d\d:\d\d\.\n$/);
    } finally {
      question.restore();
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    }
  });

  it("is answered above the plan, too, where the question beside it was hidden", async () => {
    const job = await jobNamed(catalog, "planned");
    const runs = job.view!.state.runs.size;
    const never = new Promise(() => {});
    const question = answering("showInformationMessage", () =>
      question.said.length === 1 ? "Details" : never,
    );
    const lensesOf = async () => {
      const shown = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "agent-jobs-plan");
      const command = "vscode.executeCodeLensProvider";
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(command, shown!.uri, 5);
      return lenses.map(({ command: told }) => told!);
    };
    try {
      const resumed = vscode.commands.executeCommand("agentJobs.resume", job.id);
      await untilEvent(
        [vscode.window.onDidChangeActiveTextEditor],
        "the plan",
        () => vscode.window.activeTextEditor?.document.uri.scheme === "agent-jobs-plan",
      );
      const [resume, ...others] = await lensesOf();
      assert.deepEqual([resume!.title, others], ["Resume", []]);
      await vscode.commands.executeCommand(resume!.command, ...resume!.arguments!);
      await resumed;
      await jobNamed(catalog, "planned", (each) => isOver(each) && each.view?.state.runs.size === runs + 1);
      assert.deepEqual(await lensesOf(), []);
    } finally {
      question.restore();
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    }
  });

  it("takes no answer to a question that was hidden, once it was asked again", async () => {
    const job = await jobNamed(catalog, "planned");
    let [answerLate, sayHidden] = [(_: string) => {}, () => {}];
    const hidden = new Promise<void>((resolve) => {
      sayHidden = resolve;
    });
    const late = new Promise<string>((resolve) => {
      answerLate = resolve;
    });
    const question = answering("showInformationMessage", () => {
      if (question.said.length === 2) sayHidden();
      return ["Details", late, undefined][question.said.length - 1];
    });
    const passing = answering("setStatusBarMessage", () => undefined);
    try {
      const first = vscode.commands.executeCommand("agentJobs.resume", job.id);
      await hidden;
      await vscode.commands.executeCommand("agentJobs.resume", job.id);
      answerLate("Resume");
      await first;
      assert.equal(question.said.length, 3);
      assert.deepEqual(
        passing.said.map(([said]) => said),
        ["planned: Not started.", "planned: Not started."],
      );
    } finally {
      passing.restore();
      question.restore();
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    }
  });

  it("tries the failures of a cause again, and no other", async () => {
    write("small", false);
    const job = await jobNamed(catalog, "planned");
    const keep = answering("showWarningMessage", () => "Keep Results");
    const causes = answering("showQuickPick", (picks: never) =>
      (picks as { cause: string }[]).filter(({ cause }) => cause === "rate-limit"),
    );
    try {
      await vscode.commands.executeCommand("agentJobs.retry", job.id);
      await ended(2, 2);
      assert.match(
        dialog(keep.said[0]!),
        /^planned has changed since its results were made\. Keep the results, or redo them\? The job's code changed: planned\.job\.mjs\./,
      );
    } finally {
      keep.restore();
      causes.restore();
    }
  });

  it("says which parameter changed, and redoes what was done by the old one", async () => {
    write("large", false);
    const job = await jobNamed(catalog, "planned");
    const redo = answering("showWarningMessage", () => "Redo");
    try {
      await vscode.commands.executeCommand("agentJobs.resume", job.id);
      await ended(4, 0);
      const [, , ...buttons] = redo.said[0]!;
      assert.match(dialog(redo.said[0]!), /model changed: "small" → "large"\./);
      assert.deepEqual(buttons, ["Keep Results", "Redo", "Details"]);
      assert.equal(job.view?.state.usage.usd, 7.5); // what was spent before stays counted
    } finally {
      redo.restore();
    }
  });

  it("starts nothing where all is done, says so, and offers to clear the job", async () => {
    const jobFile = inWorkspace("jobs/batch.job.mjs");
    const checkpoint = inWorkspace("jobs/checkpoints/batch.jsonl");
    writeFileSync(jobFile, "export default { items: [1, 2, 3], process() {} };");
    const fresh = await jobNamed(catalog, "batch", ({ loaded }) => loaded);
    await vscode.commands.executeCommand("agentJobs.run", fresh.id);
    const job = await jobNamed(catalog, "batch", (each) => isOver(each) && each.view?.status.done === 3);
    const recorded = readFileSync(checkpoint, "utf8");
    const told = answering("showInformationMessage", () => "Clear…");
    const passing = answering("setStatusBarMessage", () => undefined);
    let ask: (said: unknown[]) => void;
    const asked = new Promise<unknown[]>((resolve) => {
      ask = resolve;
    });
    const question = answering("showWarningMessage", (...said: never[]) => ask(said));
    try {
      await vscode.commands.executeCommand("agentJobs.run", job.id);
      const text = "Nothing to do: all 3 items of batch are done. To do them again, clear the job.";
      assert.deepEqual(told.said, [[text, "Clear…"]]);
      assert.deepEqual(passing.said, []);
      assert.equal((await asked)[0], "Clear the checkpoint of batch?");
      assert.deepEqual([job.starting, job.holder], [false, null]);
      assert.equal(readFileSync(checkpoint, "utf8"), recorded);
    } finally {
      for (const each of [question, passing, told]) each.restore();
      for (const file of [jobFile, checkpoint]) rmSync(file);
    }
  });

  it("starts a finished job again where more items came", async () => {
    const jobFile = inWorkspace("jobs/grown.job.mjs");
    const input = inWorkspace("jobs/grown.txt");
    writeFileSync(input, "a\n");
    writeFileSync(
      jobFile,
      `import { readFileSync } from "node:fs";
      const text = readFileSync(new URL("./grown.txt", import.meta.url), "utf8");
      export default { items: text.trim().split("\\n"), process() {} };`,
    );
    try {
      const fresh = await jobNamed(catalog, "grown", ({ loaded }) => loaded);
      await vscode.commands.executeCommand("agentJobs.run", fresh.id);
      const { id, view } = await jobNamed(
        catalog,
        "grown",
        (each) => isOver(each) && each.view?.status.done === 1,
      );
      assert.equal(view?.status.progress, "finished");
      writeFileSync(input, "a\nb\n");
      await vscode.commands.executeCommand("agentJobs.run", id);
      await jobNamed(catalog, "grown", (each) => isOver(each) && each.view?.status.done === 2);
    } finally {
      for (const file of [jobFile, input]) rmSync(file);
    }
  });

  it("leaves items in doubt alone where the person says so, and does the others", async () => {
    const jobFile = inWorkspace("jobs/doubted.job.mjs");
    writeFileSync(jobFile, `export default { items: ["a", "b", "c"], process: (item) => item };`);
    const store = new JsonlStore(inWorkspace("jobs/checkpoints/doubted.jsonl"));
    await new AgentResume({ store }).resumeOrStart("doubted", async (session) => {
      for (const item of session.remaining(["a", "b", "c"])) void item;
      await session.markStarted("b");
    });
    const job = await jobNamed(catalog, "doubted", ({ view }) => view?.status.inDoubt === 1);
    const question = answering("showInformationMessage", () => "Skip Doubtful");
    try {
      await vscode.commands.executeCommand("agentJobs.resume", job.id);
      await jobNamed(catalog, "doubted", (each) => isOver(each) && each.view?.status.done === 2);
      const [, , ...buttons] = question.said[0]!;
      assert.match(
        dialog(question.said[0]!),
        /^Resume doubted\? 0 done, 3 to do \(2 new, 1 in doubt\).*Skip Doubtful leaves it in doubt and does not run it\.$/s,
      );
      assert.deepEqual(buttons, ["Resume", "Skip Doubtful", "Details"]);
      assert.deepEqual(
        job.view!.status.inDoubtItems.map(({ item }) => item),
        ['"b"'],
      );
    } finally {
      question.restore();
      rmSync(jobFile);
    }
  });

  it("says why there is no plan, and starts nothing", async () => {
    writeFileSync(path(), "export default { items: [1] };");
    const job = await jobNamed(catalog, "planned");
    const error = answering("showErrorMessage", () =>
      error.said.length === 1 ? undefined : "Open Job File",
    );
    try {
      await vscode.commands.executeCommand("agentJobs.run", job.id);
      assert.match(String(error.said[0]?.[0]), /^planned cannot be run: .*has no `process`/);
      assert.deepEqual(error.said[0]?.slice(1), ["Open Job File", "Show Output"]);
      assert.equal(job.starting, false);
      writeFileSync(path(), "export default { items: [1], process() {} };\n\nthrow new Error('no key');\n");
      await vscode.commands.executeCommand("agentJobs.run", job.id);
      const { document, selection } = vscode.window.activeTextEditor!;
      assert.deepEqual([document.uri.fsPath, selection.active.line], [path(), 2]);
      assert.equal(job.starting, false);
    } finally {
      error.restore();
    }
  });
});
