import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { done, header, started } from "../support/damagedFiles.js";
import { answering, inWorkspace, jobNamed, parts } from "./support/extension.js";

describe("exporting a report", () => {
  const path = inWorkspace("checkpoints/told.jsonl");
  const page = inWorkspace("told.html");
  const rows = inWorkspace("told-rows.log");
  const restores: (() => void)[] = [];
  after(() => {
    for (const restore of restores) restore();
    for (const file of [path, page, rows]) rmSync(file, { force: true });
  });

  it("saves the page where asked, and writes nothing where nobody said where", async () => {
    const { catalog } = await parts();
    writeFileSync(path, header("told") + started(1) + done("ann@example.com"));
    const job = await jobNamed(catalog, "told", ({ view }) => view?.status.done === 1);
    const places = [undefined, vscode.Uri.file(page)];
    const asked = answering("showSaveDialog", () => places.shift());
    const said = answering("showInformationMessage", () => undefined);
    restores.push(asked.restore, said.restore);
    await vscode.commands.executeCommand("agentJobs.exportReport", job.id);
    assert.deepEqual(said.said, []);
    await vscode.commands.executeCommand("agentJobs.exportReport", job.id);
    const text = readFileSync(page, "utf8");
    assert.match(text, /^<!doctype html>[\s\S]*<dt>Done<\/dt><dd>1</);
    assert.ok(!text.includes("ann@"));
    assert.match(String(said.said[0]![0]), /^The report of told is saved: figures alone/);
    const { defaultUri } = asked.said[1]![0] as vscode.SaveDialogOptions;
    assert.match(defaultUri!.fsPath, /told-report\.html$/);
  });

  it("tells of a watched file what its mapping reads in it", async () => {
    const { catalog } = await parts();
    const settings = vscode.workspace.getConfiguration("agentJobs", vscode.Uri.file(rows));
    const watch = (entries: unknown) =>
      settings.update("watched", entries, vscode.ConfigurationTarget.WorkspaceFolder);
    writeFileSync(rows, '{"doc":"a"}\n{"doc":"b"}\n{"doc":"c","oops":"HTTP 503"}\n');
    await watch([{ file: "told-rows.log", id: "doc", error: "oops" }]);
    try {
      const job = await jobNamed(catalog, "told-rows.log", ({ view }) => view?.status.done === 2);
      const asked = answering("showSaveDialog", () => vscode.Uri.file(page));
      const said = answering("showInformationMessage", () => undefined);
      restores.push(asked.restore, said.restore);
      await vscode.commands.executeCommand("agentJobs.exportReport", job.id);
      assert.match(readFileSync(page, "utf8"), /<dt>Done<\/dt><dd>2</);
    } finally {
      await watch(undefined);
    }
  });
});
