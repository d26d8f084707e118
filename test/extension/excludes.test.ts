import assert from "node:assert/strict";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { answering, inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";

const { Global, Workspace } = vscode.ConfigurationTarget;
const line = (id: number) => `{"id": ${id}, "ts": 1748107200}\n`;

describe("excluding checkpoints", () => {
  const path = inWorkspace("checkpoints/crowd.jsonl");
  const settingsFile = vscode.workspace.workspaceFile!.fsPath;
  let catalog: Parts["catalog"];
  const restores: (() => void)[] = [];
  before(async () => {
    ({ catalog } = await parts());
  });
  afterEach(async () => {
    for (const restore of restores.splice(0)) restore();
    for (const name of ["crowd", "late"]) rmSync(inWorkspace(`checkpoints/${name}.jsonl`), { force: true });
    for (const [section, name] of [
      ["search", "exclude"],
      ["files", "watcherExclude"],
    ] as const)
      await vscode.workspace.getConfiguration(section).update(name, undefined, Workspace);
    await vscode.workspace.getConfiguration("agentJobs").update("offerExcludes", false, Global);
    await catalog.refresh();
  });
  const answer = (...answers: unknown[]) => {
    const answered = answering("showInformationMessage", () => answers.shift());
    restores.push(answered.restore);
    return answered.said;
  };
  const settings = (): Record<string, unknown> => JSON.parse(readFileSync(settingsFile, "utf8")).settings;

  /** VS Code begins to watch anew once it hears of other excludes: what comes meanwhile it never tells. */
  async function watchingAgain(): Promise<void> {
    const watcher = vscode.workspace.createFileSystemWatcher("**/probe-*");
    const probes: string[] = [];
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        probes.push(inWorkspace(`probe-${probes.length}`));
        writeFileSync(probes.at(-1)!, "");
      }, 200);
      watcher.onDidCreate(() => {
        clearInterval(timer);
        resolve();
      });
    });
    watcher.dispose();
    for (const probe of probes) rmSync(probe);
  }

  it("is done by a command, beside what was excluded before, and blinds nobody", async () => {
    await vscode.workspace.getConfiguration("search").update("exclude", { "**/mine": true }, Workspace);
    answer();
    await vscode.commands.executeCommand("agentJobs.excludeCheckpoints");
    assert.deepEqual(settings()["search.exclude"], {
      "**/mine": true,
      "**/checkpoints/*.{jsonl,ckpt}*": true,
    });
    assert.deepEqual(settings()["files.watcherExclude"], {
      "**/checkpoints/*.{lock,stop,events,out}": true,
    });
    await watchingAgain();
    // What comes and what grows is seen as before, in the tree and in an editor.
    writeFileSync(path, line(1));
    await jobNamed(catalog, "crowd", ({ view }) => view?.status.done === 1);
    const document = await vscode.workspace.openTextDocument(path);
    await vscode.window.showTextDocument(document);
    appendFileSync(path, line(2));
    await jobNamed(catalog, "crowd", ({ view }) => view?.status.done === 2);
    await untilEvent(
      [vscode.workspace.onDidChangeTextDocument],
      "the editor",
      () => document.lineCount === 3,
    );
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    rmSync(path);
    await untilEvent(
      [catalog.onDidChangeJobs],
      "its end",
      () => !catalog.jobs.some((job) => job.name === "crowd"),
    );
  });

  it("is offered once, where a checkpoint has grown large, and not again to whoever says so", async () => {
    const said = answer("Don't Ask Again");
    await vscode.workspace.getConfiguration("agentJobs").update("offerExcludes", true, Global);
    writeFileSync(path, Array.from({ length: 999 }, (_, i) => line(i)).join(""));
    await jobNamed(catalog, "crowd", ({ view }) => view?.status.done === 999);
    assert.deepEqual(said, []);
    appendFileSync(path, line(999));
    const offers = () => vscode.workspace.getConfiguration("agentJobs").get("offerExcludes");
    await untilEvent([vscode.workspace.onDidChangeConfiguration], "the answer", () => offers() === false);
    assert.match(String(said[0]![0]), /^Keep checkpoints out of search results in this workspace\?/);
    await vscode.workspace.getConfiguration("agentJobs").update("offerExcludes", true, Global);
    appendFileSync(path, line(1_000));
    await jobNamed(catalog, "crowd", ({ view }) => view?.status.done === 1_001);
    assert.equal(said.length, 1);
    assert.equal(settings()["search.exclude"], undefined);
  });
});
