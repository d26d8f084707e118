import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { header, own, started } from "../support/damagedFiles.js";
import { answering, inWorkspace, jobNamed, type Parts, parts } from "./support/extension.js";

describe("whether a run is asked about", () => {
  let catalog: Parts["catalog"];
  const restores: (() => void)[] = [];
  const answer = (kind: Parameters<typeof answering>[0], value?: string) => {
    const answered = answering(kind, () => value);
    restores.push(answered.restore);
    return answered.said;
  };
  const setPlan = (value: string | undefined) =>
    vscode.workspace
      .getConfiguration("agentJobs")
      .update("planBeforeRun", value, vscode.ConfigurationTarget.Workspace);
  const isOver = ({ holder, starting }: Awaited<ReturnType<typeof jobNamed>>) => !holder && !starting;
  before(async () => {
    ({ catalog } = await parts());
  });
  beforeEach(() => setPlan("whenItCosts"));
  afterEach(async () => {
    for (const restore of restores.splice(0)) restore();
    await setPlan(undefined);
    for (const { fsPath } of await vscode.workspace.findFiles("jobs/**/asked*")) rmSync(fsPath);
    await catalog.refresh();
  });

  it("is so of a job that a program does by itself, where each run is, and where items are in doubt", async () => {
    const checkpoint = inWorkspace("jobs/checkpoints/asked.jsonl");
    const definition = { command: [process.execPath, "asked.mjs"], checkpoint: "checkpoints/asked.jsonl" };
    writeFileSync(inWorkspace("jobs/asked.job.json"), JSON.stringify(definition));
    writeFileSync(inWorkspace("jobs/asked.mjs"), "");
    const fresh = await jobNamed(catalog, "asked");
    const said = answer("showInformationMessage");
    await setPlan("always");
    await vscode.commands.executeCommand("agentJobs.run", fresh.id);
    assert.deepEqual(said, [
      [
        "Run asked?",
        {
          modal: true,
          detail: "A program does this job by itself. What it will do and cost is known to it alone.",
        },
        "Run",
      ],
    ]);
    assert.deepEqual([fresh.starting, fresh.holder], [false, null]);
    await setPlan("whenItCosts");
    const begun = own({ type: "started", item: keyOf("a"), run: 1, attempt: 1 });
    await vscode.workspace.fs.createDirectory(vscode.Uri.file(inWorkspace("jobs/checkpoints")));
    writeFileSync(checkpoint, header("asked") + started(1) + begun);
    const job = await jobNamed(catalog, "asked", ({ view }) => view?.status.inDoubt === 1);
    await vscode.commands.executeCommand("agentJobs.resume", job.id);
    assert.equal(said[1]![0], "Resume asked?");
    assert.deepEqual([job.starting, job.holder], [false, null]);
  });

  it("says what a redo takes also where failed items are tried again, and does then all that is to be redone", async () => {
    const write = (fails: string) =>
      writeFileSync(
        inWorkspace("jobs/asked.job.mjs"),
        `export default { items: ["a", "b"], retry: false, process(item, ctx) {
          ctx.usage({ usd: 0.5 });
          if (item === ${JSON.stringify(fails)}) throw new Error("no");
        } };`,
      );
    write("b");
    const fresh = await jobNamed(catalog, "asked");
    await vscode.commands.executeCommand("agentJobs.run", fresh.id);
    const job = await jobNamed(catalog, "asked", (each) => isOver(each) && each.view?.status.failed === 1);
    write("none");
    const said = answer("showWarningMessage", "Redo All");
    await vscode.commands.executeCommand("agentJobs.retry", job.id);
    const [, { detail }, ...buttons] = said[0] as [string, vscode.MessageOptions, ...string[]];
    assert.match(detail!, /Redoing does up to 1 item again: \$0\.50(?: and .*)? more\./);
    assert.deepEqual(buttons, ["Keep Results", "Redo All", "Details"]);
    const redone = await jobNamed(catalog, "asked", (each) => isOver(each) && each.view?.status.done === 2);
    assert.equal(redone.view!.status.lastRun?.ended, "finished");
  });

  it("is so of a job whose checkpoint was cleared, where that had cost something", async () => {
    const write = (usage: string) =>
      writeFileSync(
        inWorkspace("jobs/asked.job.mjs"),
        `export default { items: ["a"], process(item, ctx) { ${usage} } };`,
      );
    write("ctx.usage({ usd: 0.5 });");
    const fresh = await jobNamed(catalog, "asked");
    await vscode.commands.executeCommand("agentJobs.run", fresh.id);
    const job = await jobNamed(catalog, "asked", (each) => isOver(each) && each.view?.status.done === 1);
    answer("showWarningMessage", "Clear");
    const said = answer("showInformationMessage");
    await vscode.commands.executeCommand("agentJobs.clear", job.id);
    const cleared = await jobNamed(catalog, "asked", (each) => each.cleared !== null);
    said.length = 0;
    await vscode.commands.executeCommand("agentJobs.run", cleared.id);
    const [question, { detail }] = said[0] as [string, vscode.MessageOptions];
    assert.equal(question, "Run asked?");
    assert.match(
      detail!,
      /^0 done, 1 to do\.\n\nIts last run finished\. Its checkpoint was moved to a backup .*\. A run starts over\.$/,
    );
    assert.deepEqual([cleared.starting, cleared.holder], [false, null]);
  });
});
