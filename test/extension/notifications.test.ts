import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { Job } from "../../src/extension/job.js";
import type { EndedRun } from "../../src/extension/jobCatalog.js";
import { answering, inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";
import { startWriter } from "./support/writer.js";

describe("the end of a run", () => {
  let catalog: Parts["catalog"];
  let view: Parts["view"];
  const path = () => inWorkspace("checkpoints/told.jsonl");
  before(async () => {
    ({ catalog, view } = await parts());
  });
  afterEach(async () => {
    rmSync(path(), { force: true });
    // A file that is there again before its removal was seen would be another job in the middle of the next test.
    const isGone = () => !catalog.jobs.some(({ name }) => name === "told");
    await untilEvent([catalog.onDidChangeJobs], "the job's removal", isGone);
    await vscode.commands.executeCommand("workbench.view.explorer");
  });

  /** Kills a run and gives what is said of it by the time that all who listen were told. */
  const saidOfKilled = async (): Promise<unknown[][]> => {
    const writer = await startWriter(path(), "told");
    await jobNamed(catalog, "told", ({ holder }) => holder !== null);
    const warning = answering("showWarningMessage", () => undefined);
    try {
      const ended = new Promise<EndedRun>((resolve) => {
        const once = catalog.onDidEndRun((run) => {
          once.dispose();
          resolve(run);
        });
      });
      const gone = once(writer, "exit");
      writer.kill("SIGKILL");
      await gone;
      await ended;
      return warning.said;
    } finally {
      warning.restore();
    }
  };
  const visible = async (command: string, shown: boolean) => {
    await vscode.commands.executeCommand(command);
    await untilEvent([view.onDidChangeVisibility], `visible: ${shown}`, () => view.visible === shown);
  };

  it("is told once, with what can be done, where nobody looks at the jobs", async () => {
    await visible("workbench.view.explorer", false);
    const said = await saidOfKilled();
    assert.deepEqual(
      said.map(([text, ...buttons]) => [String(text).replace(/\..*/, ""), ...buttons]),
      [["told was killed", "Open"]],
    );
  });

  it("is not told to whoever looks at the jobs", async () => {
    await visible("agentJobs.jobs.focus", true);
    assert.ok(vscode.window.state.focused);
    assert.deepEqual(await saidOfKilled(), []);
  });

  it("leads to the results where all are there", async () => {
    await visible("workbench.view.explorer", false);
    const jobFile = inWorkspace("jobs/whole.job.mjs");
    writeFileSync(jobFile, `export default { items: ["a"], process: (item) => item };`);
    const told = answering("showInformationMessage", () => "Open Results");
    try {
      const job = await jobNamed(catalog, "whole");
      const opened = untilEvent(
        [vscode.window.onDidChangeActiveTextEditor],
        "the results",
        () => vscode.window.activeTextEditor?.document.getText() === '{"id":"a","result":"a"}\n',
      );
      await vscode.commands.executeCommand("agentJobs.run", job.id);
      await opened;
      assert.deepEqual(told.said, [["whole is finished: 1 item done.", "Open Results"]]);
    } finally {
      told.restore();
      rmSync(jobFile);
      rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    }
  });

  it("is told of a job that is cleared as soon as all is done, whose row says so from then on", async () => {
    await visible("workbench.view.explorer", false);
    const jobFile = inWorkspace("jobs/passing.job.mjs");
    writeFileSync(jobFile, `export default { items: ["a"], onSuccess: "clear", process: (item) => item };`);
    const told = answering("showInformationMessage", () => undefined);
    try {
      const job = await jobNamed(catalog, "passing");
      await vscode.commands.executeCommand("agentJobs.run", job.id);
      // Whoever clears it holds it until that is done.
      const isOver = ({ cleared, holder, starting }: Job) =>
        !starting && holder === null && cleared?.finished === true;
      await jobNamed(catalog, "passing", isOver);
      const { tree } = await parts();
      assert.match(
        String(tree.getTreeItem(await tree.nodeOf(job)).description),
        /^finished, then cleared 2\d{3}-/,
      );
      assert.ok(job.capabilities(true).has("runnable"));
      assert.deepEqual(
        told.said.map(([text]) => String(text).replace(/[:;].*/, "")),
        ["passing is finished"],
      );
    } finally {
      told.restore();
      rmSync(jobFile);
      rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
    }
  });
});
