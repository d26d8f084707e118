import assert from "node:assert/strict";
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { Job } from "../../src/extension/job.js";
import {
  answering,
  inWorkspace,
  jobNamed,
  leaveJobs,
  type Parts,
  parts,
  untilEvent,
} from "./support/extension.js";

describe("a job file that was renamed", () => {
  let catalog: Parts["catalog"];
  let dashboards: Parts["dashboards"];
  const [was, is] = ["was", "is"].map((name) => inWorkspace(`jobs/${name}.job.mjs`)) as [string, string];
  const isOver = ({ holder, starting }: Job) => !holder && !starting;
  const restores: (() => void)[] = [];
  const answer = (kind: Parameters<typeof answering>[0], ...answers: unknown[]) => {
    const answered = answering(kind, () => answers.shift());
    restores.push(answered.restore);
    return answered.said;
  };
  before(async () => {
    ({ catalog, dashboards } = await parts());
    writeFileSync(
      was,
      "export default { items: [1, 2, 3], maxFailures: 1, retry: false, process(n) { if (n === 3) throw new Error('no'); } };",
    );
    const job = await jobNamed(catalog, "was", ({ loaded }) => loaded);
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    await jobNamed(catalog, "was", (each) => isOver(each) && each.view?.status.failed === 1);
  });
  afterEach(() => {
    for (const restore of restores.splice(0)) restore();
  });
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    for (const path of [was, is]) rmSync(path, { force: true });
    for (const name of readdirSync(inWorkspace("jobs/checkpoints")))
      if (/^(?:was|is)\./.test(name)) rmSync(inWorkspace("jobs/checkpoints", name));
    await catalog.refresh();
    // It was shown its row: whoever looks at the jobs is told of no ends.
    await leaveJobs();
  });

  it("leaves a checkpoint that says so, in its row and in the dashboard that it had", async () => {
    const job = await jobNamed(catalog, "was");
    await vscode.commands.executeCommand("agentJobs.openDashboard", job.id);
    const panel = dashboards.panels.get(job.id)!;
    await untilEvent([panel.onDidPaint], "a drawn page", () => panel.told?.reading === "");
    renameSync(was, is);
    await catalog.refresh();
    const stranded = await jobNamed(catalog, "was", ({ jobFile, view }) => jobFile === null && view !== null);
    assert.equal(stranded.view!.goneJobFile, "../was.job.mjs");
    await untilEvent([panel.onDidPaint], "what is to be done", () =>
      (panel.told?.head?.lines ?? []).some((line) => /^Its job file was\.job\.mjs is gone/.test(line)),
    );
    await vscode.commands.executeCommand("agentJobs.openDashboard", stranded.id);
    assert.equal(dashboards.panels.size, 1);
  });

  it("is asked about before it does all again: nothing runs, or it gets its name back", async () => {
    const job = await jobNamed(catalog, "is", ({ loaded }) => loaded);
    const asked = answer("showWarningMessage", undefined, "Rename It Back");
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    const [title, options, ...buttons] = asked[0]!;
    assert.equal(title, "Run is from its first item?");
    assert.match(
      (options as vscode.MessageOptions).detail!,
      /is\.job\.mjs was called was\.job\.mjs before: the checkpoint of that name has 2 done items\./,
    );
    assert.deepEqual(
      [(options as vscode.MessageOptions).modal, buttons],
      [true, ["Rename It Back", "Run All Anew"]],
    );
    assert.ok(!job.starting && job.view === null);
    const told = answer("showInformationMessage");
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    assert.deepEqual(told[0], ["was.job.mjs has its name back, with 2 done items.", "Resume"]);
    assert.deepEqual([existsSync(was), existsSync(is)], [true, false]);
    const back = await jobNamed(catalog, "was", ({ jobFile, view }) => jobFile === was && view !== null);
    assert.deepEqual([back.view!.status.done, back.view!.goneJobFile], [2, null]);
    const [panel] = dashboards.panels.values();
    await untilEvent([panel!.onDidPaint], "the job again", () =>
      (panel!.told?.actions ?? []).some(({ action }) => action === "retry"),
    );
  });
});
