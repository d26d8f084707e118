import assert from "node:assert/strict";
import { appendFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { done, header, started } from "../support/damagedFiles.js";
import { answering, inWorkspace, jobNamed, type Parts, parts } from "./support/extension.js";

/** A message that a person answers when the test says so. */
class Pending {
  private answer = (_: string | undefined) => {};
  private told = (_: unknown[]) => {};
  readonly shown = new Promise<unknown[]>((resolve) => {
    this.told = resolve;
  });
  private readonly answered = new Promise<string | undefined>((resolve) => {
    this.answer = resolve;
  });

  show(said: unknown[]): Promise<string | undefined> {
    this.told(said);
    return this.answered;
  }

  press(button: string | undefined): void {
    this.answer(button);
  }
}

/** Messages wait behind the bell, and dialogs while a terminal runs the job. */
describe("an answer that comes late", () => {
  let catalog: Parts["catalog"];
  let tasks: Parts["tasks"];
  const jobFile = inWorkspace("jobs/late.job.mjs");
  const gate = inWorkspace("jobs/late.gate");
  const restores: (() => void)[] = [];
  /** Messages of a kind, one after the other, but for those that tell of a run's end. */
  const pending = (kind: "showInformationMessage" | "showWarningMessage", count: number): Pending[] => {
    const all = Array.from({ length: count }, () => new Pending());
    let next = 0;
    const answered = answering(kind, (...said: never[]) =>
      / ended without a word/.test(said[0]!) ? undefined : all[next++]?.show(said),
    );
    restores.push(answered.restore);
    return all;
  };
  const isOver = ({ holder, starting }: Awaited<ReturnType<typeof jobNamed>>) => !holder && !starting;
  const runsOf = ({ view }: Awaited<ReturnType<typeof jobNamed>>) => view?.state.runs.size ?? 0;
  const setPlan = (value: string | undefined) =>
    vscode.workspace
      .getConfiguration("agentJobs")
      .update("planBeforeRun", value, vscode.ConfigurationTarget.Workspace);

  before(async () => {
    ({ catalog, tasks } = await parts());
    writeFileSync(
      jobFile,
      `import { existsSync } from "node:fs";
      export default { items: ["a", "b"], retry: false, async process(item, ctx) {
        ctx.usage({ usd: 0.5 });
        while (existsSync(${JSON.stringify(gate)})) await new Promise((resolve) => setTimeout(resolve, 20));
        if (item === "b") throw new Error("no b");
      } };`,
    );
    const job = await jobNamed(catalog, "late");
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    await jobNamed(catalog, "late", (each) => isOver(each) && runsOf(each) === 1);
    await setPlan("whenItCosts");
  });
  afterEach(() => {
    for (const restore of restores.splice(0)) restore();
    rmSync(gate, { force: true });
  });
  after(async () => {
    await setPlan(undefined);
    rmSync(jobFile, { force: true });
    rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
    await catalog.refresh();
  });

  it("to a plan is asked for anew where the job was run since, and no run begins on the old one", async () => {
    const job = await jobNamed(catalog, "late");
    const [first, second] = pending("showInformationMessage", 2) as [Pending, Pending];
    const resumed = vscode.commands.executeCommand("agentJobs.resume", job.id);
    await first.shown;
    await vscode.tasks.executeTask(await tasks.taskOf(job));
    await jobNamed(catalog, "late", (each) => isOver(each) && runsOf(each) === 2);
    first.press("Resume");
    assert.match(String((await second.shown)[0]), /^Resume late\?/);
    second.press(undefined);
    await resumed;
    assert.deepEqual([job.starting, job.holder, runsOf(job)], [false, null, 2]);
  });

  it("to a plan ends no run that began since, and begins no second one", async () => {
    const job = await jobNamed(catalog, "late");
    const [question] = pending("showInformationMessage", 1) as [Pending];
    const [refusal] = pending("showWarningMessage", 1) as [Pending];
    writeFileSync(gate, "");
    const resumed = vscode.commands.executeCommand("agentJobs.resume", job.id);
    await question.shown;
    await vscode.tasks.executeTask(await tasks.taskOf(job));
    await jobNamed(catalog, "late", ({ holder, view }) => holder !== null && view?.status.inFlight === 1);
    const token = job.latestToken;
    question.press("Resume");
    assert.match(String((await refusal.shown)[0]), /^late is running already: pid \d+ on /);
    await resumed;
    rmSync(gate);
    await jobNamed(catalog, "late", isOver);
    assert.deepEqual([job.latestToken, runsOf(job)], [token, 3]);
    assert.equal(job.view!.status.lastRun?.ended, "finished-with-failures");
  });

  it("to an offer of Undo is a question where more was finished since", async () => {
    const path = inWorkspace("checkpoints/undone-late.jsonl");
    writeFileSync(path, `${header("undone-late")}${started(1)}\0\0}\n${done("a")}`);
    await catalog.refresh();
    const job = await jobNamed(catalog, "undone-late", ({ view }) => view?.status.damaged === true);
    const [repair, question] = pending("showWarningMessage", 2) as [Pending, Pending];
    const [offer] = pending("showInformationMessage", 1) as [Pending];
    try {
      const repaired = vscode.commands.executeCommand("agentJobs.repair", job.id);
      await repair.shown;
      repair.press("Repair");
      await repaired;
      assert.deepEqual((await offer.shown).slice(1), ["Undo"]);
      appendFileSync(path, started(2) + done("c"));
      offer.press("Undo");
      const [title, options] = (await question.shown) as [string, vscode.MessageOptions];
      assert.equal(title, "Bring the backup of undone-late.jsonl back?");
      assert.match(options.detail!, /^1 item finished since would no longer count, and be done again\.$/m);
      question.press(undefined);
      await jobNamed(catalog, "undone-late", ({ view }) => view?.status.done === 2);
      assert.ok(existsSync(path));
    } finally {
      for (const { fsPath } of await vscode.workspace.findFiles("checkpoints/undone-late*")) rmSync(fsPath);
      await catalog.refresh();
    }
  });
});
