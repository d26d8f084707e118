import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { linkTo } from "../../src/extension/links/index.js";
import {
  answering,
  inWorkspace,
  jobNamed,
  leaveJobs,
  type Parts,
  parts,
  untilEvent,
} from "./support/extension.js";

describe("links to jobs", () => {
  const jobFile = inWorkspace("jobs/linked.job.mjs");
  const loaded = inWorkspace("jobs/linked.loaded");
  let catalog: Parts["catalog"];
  let view: Parts["view"];
  before(async () => {
    ({ catalog, view } = await parts());
    writeFileSync(
      jobFile,
      `import { writeFileSync } from "node:fs";
      writeFileSync(${JSON.stringify(loaded)}, "");
      export default { items: ["good", "bad one"], retry: false, process(item) { if (item === "bad one") throw new Error("no"); } };`,
    );
    const job = await jobNamed(catalog, "linked");
    await vscode.commands.executeCommand("agentJobs.run", job.id);
    await jobNamed(catalog, "linked", ({ holder, starting, view: seen }) => {
      return !holder && !starting && seen?.status.failed === 1;
    });
    rmSync(loaded);
  });
  after(async () => {
    rmSync(jobFile);
    rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await leaveJobs();
  });
  afterEach(() => assert.equal(existsSync(loaded), false, "a link has run the job file"));

  /** As a click on a link of this editor does. */
  const open = (query: string, path = "/job") =>
    vscode.commands.executeCommand(
      "vscode.open",
      vscode.Uri.parse(`${vscode.env.uriScheme}://agent-jobs.agent-jobs${path}?${query}`),
    );
  const selected = () => view.selection.map((node) => node.job.name);

  /** What is said of a link that is not followed. */
  async function refusal(query: string, path?: string): Promise<string> {
    let tell: (text: string) => void;
    const told = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const answered = answering("showErrorMessage", (text: string) => tell(text));
    try {
      await open(query, path);
      return await told;
    } finally {
      answered.restore();
    }
  }

  it("are copied from a row, and show it again", async () => {
    const job = await jobNamed(catalog, "linked");
    await vscode.commands.executeCommand("agentJobs.copyLink", { job });
    const link = await vscode.env.clipboard.readText();
    assert.equal(
      link,
      `${vscode.env.uriScheme}://agent-jobs.agent-jobs/job?folder=workspace&path=jobs%2Flinked.job.mjs`,
    );
    const errors = answering("showErrorMessage", () => undefined);
    try {
      await vscode.commands.executeCommand("vscode.open", vscode.Uri.parse(link));
      await untilEvent([view.onDidChangeSelection], "the row", () => selected().includes("linked"));
    } finally {
      errors.restore();
      assert.deepEqual(errors.said, []);
    }
  });

  it("show a failed item", async () => {
    const job = await jobNamed(catalog, "linked");
    const [failed] = job.view!.status.failedItems;
    const link = linkTo(job, failed!.item);
    assert.match(link, /&item=bad%20one$/);
    await vscode.commands.executeCommand("vscode.open", vscode.Uri.parse(link));
    const isShown = () => vscode.window.activeTextEditor?.document.getText().includes("bad one") ?? false;
    await untilEvent([vscode.window.onDidChangeActiveTextEditor], "the item", isShown);
  });

  it("show a done item, and say of an unknown one that nothing is recorded of it", async () => {
    const job = await jobNamed(catalog, "linked");
    const [done] = job.view!.state.done;
    await vscode.commands.executeCommand("vscode.open", vscode.Uri.parse(linkTo(job, done!)));
    const isShown = () => /^Item: +good$/m.test(vscode.window.activeTextEditor?.document.getText() ?? "");
    await untilEvent(
      [vscode.window.onDidChangeActiveTextEditor, vscode.workspace.onDidChangeTextDocument],
      "the item",
      isShown,
    );
    const told = new Promise<string>((resolve) => {
      const answered = answering("showInformationMessage", (text: string) => {
        answered.restore();
        resolve(text);
      });
    });
    await open("folder=workspace&path=jobs%2Flinked.job.mjs&item=missing");
    assert.equal(await told, "Nothing is recorded of item missing of linked.");
  });

  it("take a path of this machine, too, if it is in an open folder", async () => {
    await open(`path=${encodeURIComponent(jobFile)}`);
    await untilEvent([view.onDidChangeSelection], "the row", () => selected().includes("linked"));
  });

  it("lead to nothing outside the open folders", async () => {
    const outside = join(dirname(inWorkspace()), "outside.jsonl");
    writeFileSync(outside, '{"id": "a", "ts": 1748107200}\n');
    try {
      for (const path of [outside, "../outside.jsonl", "jobs/../../outside.jsonl", "/etc/passwd", ".."])
        assert.match(
          await refusal(`path=${encodeURIComponent(path)}`),
          /lies outside the open folders/,
          path,
        );
      assert.match(await refusal("folder=workspace&path=..%2Foutside.jsonl"), /No folder named workspace/);
      assert.match(await refusal("folder=other&path=jobs%2Flinked.job.mjs"), /No folder named other is open/);
    } finally {
      rmSync(outside);
    }
  });

  it("say what they do not find, safely", async () => {
    assert.match(await refusal("path=jobs%2Fmissing.job.mjs"), /There is no job jobs.missing\.job\.mjs/);
    const hostile = await refusal(`path=${encodeURIComponent("jobs/\u202e$(zap) [x](command:y)")}`);
    assert.doesNotMatch(hostile, /\u202e|(?<!\\)\$\(zap\)/);
    assert.match(await refusal("path=a%00b"), /names no job/);
    assert.match(await refusal("path=jobs%2Flinked.job.mjs", "/run"), /names no job/);
  });
});
