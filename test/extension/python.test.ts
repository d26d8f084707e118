import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { answering, inWorkspace, jobNamed, type Parts, parts } from "./support/extension.js";

const script = `"""Summaries."""
docs = [{"id": "a"}, {"id": "b"}]
results = []
for doc in docs:
    results.append(doc["id"].upper())
`;

describe("Add Python Helper", () => {
  const folder = inWorkspace("scripts");
  const path = (name: string) => inWorkspace("scripts", name);
  let catalog: Parts["catalog"];
  const restores: (() => void)[] = [];
  before(async () => {
    ({ catalog } = await parts());
  });
  beforeEach(() => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path("summaries.py"), script);
  });
  afterEach(async () => {
    for (const restore of restores.splice(0)) restore();
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    rmSync(folder, { recursive: true, force: true });
    await catalog.refresh();
  });

  const answer = (kind: Parameters<typeof answering>[0], reply: (...args: never[]) => unknown) => {
    const answered = answering(kind, reply);
    restores.push(answered.restore);
    return answered.said;
  };
  const add = (name = "summaries.py") =>
    vscode.commands.executeCommand("agentJobs.addPythonHelper", vscode.Uri.file(path(name)));

  it("puts the helper and a job file beside a script, and changes its loop without saving it", async () => {
    const asked = answer("showQuickPick", (steps: vscode.QuickPickItem[]) => steps);
    const told = answer("showInformationMessage", () => undefined);
    await add();
    const steps = asked[0]![0] as vscode.QuickPickItem[];
    assert.deepEqual(
      steps.map(({ label, picked }) => [label, picked]),
      [
        ["Copy agent_jobs.py here", true],
        ["Create summaries.job.json", true],
        ["Change the loop on line 4", true],
      ],
    );
    assert.match(readFileSync(path("agent_jobs.py"), "utf8"), /^def resume\(/m);
    const job = await jobNamed(catalog, "summaries");
    assert.equal(job.jobFile, path("summaries.job.json"));
    assert.deepEqual(JSON.parse(readFileSync(path("summaries.job.json"), "utf8")), {
      command: [`\${python}`, "summaries.py"],
      checkpoint: "checkpoints/summaries.jsonl",
    });
    const document = vscode.window.activeTextEditor!.document;
    assert.ok(document.isDirty);
    assert.equal(readFileSync(path("summaries.py"), "utf8"), script);
    assert.equal(
      document.getText(),
      `"""Summaries."""
from agent_jobs import resume
docs = [{"id": "a"}, {"id": "b"}]
results = []
for doc in resume(docs, key="id", into=results):
    doc.done(doc["id"].upper())
`,
    );
    assert.match(String(told[0]![0]), /summaries\.py/);
  });

  it("does what was chosen and no more, and offers what is there already to nobody", async () => {
    answer("showInformationMessage", () => undefined);
    const asked = answer("showQuickPick", (steps: vscode.QuickPickItem[]) => steps.slice(0, 1));
    await add();
    assert.ok(!existsSync(path("summaries.job.json")));
    assert.equal(vscode.window.activeTextEditor?.document.isDirty ?? false, false);
    await add();
    const labels = (asked[1]![0] as vscode.QuickPickItem[]).map(({ label }) => label);
    assert.deepEqual(labels, ["Create summaries.job.json", "Change the loop on line 4"]);
  });

  it("replaces a helper of another version only where that is chosen", async () => {
    writeFileSync(path("agent_jobs.py"), '__version__ = "0.0.1"\n');
    answer("showInformationMessage", () => undefined);
    const asked = answer("showQuickPick", () => undefined);
    await add();
    const [first] = asked[0]![0] as vscode.QuickPickItem[];
    assert.match(first!.label, /^Replace agent_jobs\.py, version 0\.0\.1, by version \d/);
    assert.equal(first!.picked, false);
    assert.equal(readFileSync(path("agent_jobs.py"), "utf8"), '__version__ = "0.0.1"\n');
  });

  it("asks for the script where none is open, or puts the helper alone into the folder", async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    const told = answer("showInformationMessage", () => undefined);
    let [script, steps] = ["scripts/summaries.py", [] as string[]];
    const asked = answer(
      "showQuickPick",
      (picks: vscode.QuickPickItem[], { canPickMany }: vscode.QuickPickOptions) => {
        if (!canPickMany) return picks.find(({ label }) => label === script);
        steps = picks.map(({ label }) => label);
        return undefined;
      },
    );
    await vscode.commands.executeCommand("agentJobs.addPythonHelper");
    assert.deepEqual(steps, [
      "Copy agent_jobs.py here",
      "Create summaries.job.json",
      "Change the loop on line 4",
    ]);
    script = "Only Copy agent_jobs.py";
    await vscode.commands.executeCommand("agentJobs.addPythonHelper");
    assert.equal(asked.length, 3);
    assert.match(
      String(told[0]![0]),
      /^agent_jobs\.py is in place\. .* for item in agent_jobs\.resume\(items\): with item\.done\(result\)/,
    );
    assert.match(readFileSync(inWorkspace("agent_jobs.py"), "utf8"), /^def resume\(/m);
    rmSync(inWorkspace("agent_jobs.py"));
  });
});
