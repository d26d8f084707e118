import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { answering, inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";

describe("a run that a limit ended", () => {
  let catalog: Parts["catalog"];
  const path = () => inWorkspace("jobs/limited.job.mjs");
  before(async () => {
    ({ catalog } = await parts());
  });
  afterEach(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    rmSync(path(), { force: true });
    rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
  });
  /** Runs a job and gives what its end is told by, after answering it with a button. */
  const toldOf = async (definition: string, button?: string): Promise<string[]> => {
    writeFileSync(path(), definition);
    const job = await jobNamed(catalog, "limited");
    const told = new Promise<string[]>((resolve) => {
      const warning = answering("showWarningMessage", (...said: never[]) => {
        warning.restore();
        resolve(said as string[]);
        return button;
      });
    });
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    return told;
  };

  it("is told with its figures, and a budget is raised where the job file has it", async () => {
    const shown = () => vscode.window.activeTextEditor?.document.uri.fsPath === path();
    const [text, ...buttons] = await toldOf(
      `// the budget is of all runs
export default {
  items: ["a", "b", "c", "d"],
  concurrency: 1,
  budget: { usd: 0.12 },
  process: (item, ctx) => ctx.usage({ usd: 0.05 }),
};
`,
      "Raise Budget",
    );
    assert.match(text!, /^limited stopped before it would pass its budget \(.*\$0\.12.*\)\. 2 items done; /);
    assert.deepEqual(buttons, ["Raise Budget", "Resume"]);
    await untilEvent([vscode.window.onDidChangeActiveTextEditor], "the job file", shown);
    const { document, selection } = vscode.window.activeTextEditor!;
    assert.match(document.lineAt(selection.active.line).text, /budget: \{ usd/);
  });

  it("is told with the failures to look at, where these ended it", async () => {
    const [text, ...buttons] = await toldOf(
      `export default { items: ["a", "b", "c", "d"], concurrency: 1, retry: false, maxFailures: 2,
        process() { throw new Error("no"); } };`,
    );
    assert.match(
      text!,
      /^limited stopped early, as too many items failed \(2 items failed; maxFailures is 2\)/,
    );
    assert.deepEqual(buttons, ["Show Failures", "Resume"]);
  });
});
