import assert from "node:assert/strict";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { failuresText } from "../../src/extension/failures/failuresText.js";
import { inSlices } from "../../src/extension/slices.js";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { header, own, started } from "../support/damagedFiles.js";
import { inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";

describe("the list of a job's failures", () => {
  const path = inWorkspace("checkpoints/broken.jsonl");
  let catalog: Parts["catalog"];
  before(async () => {
    ({ catalog } = await parts());
  });
  beforeEach(() => writeFileSync(path, header("broken") + started(1) + failed("a")));
  afterEach(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    rmSync(path, { force: true });
    await catalog.refresh();
  });

  const failed = (id: string, message = `no ${id}`, cause = "bad-reply") =>
    own({ type: "failed", item: keyOf(id), attempt: 1, run: 1, cause, message, ...{ willRetry: false } });
  const jobWith = (count: number) => jobNamed(catalog, "broken", ({ view }) => view?.status.failed === count);
  const opened = async (count: number) => {
    await vscode.commands.executeCommand("agentJobs.showFailures", (await jobWith(count)).id);
    return vscode.window.activeTextEditor!.document;
  };
  const untilMatch = (document: vscode.TextDocument, holds: (text: string) => boolean) =>
    untilEvent([vscode.workspace.onDidChangeTextDocument], String(holds), () => holds(document.getText()));
  const untilText = (document: vscode.TextDocument, text: string) =>
    untilMatch(document, (now) => now === text);
  const one = "broken: 1 failed item\n\nbad-reply (1)\n  a\n    no a\n";
  const two = "broken: 2 failed items\n\nbad-reply (2)\n  a\n    no a\n  b\n    no b\n";

  it("is a document that nobody can write in, and grows as items fail", async () => {
    const document = await opened(1);
    assert.deepEqual([document.uri.scheme, document.getText()], ["agent-jobs-failures", one]);
    appendFileSync(path, failed("b"));
    await untilText(document, two);
  });

  it("is not made anew while nobody sees it, and is as of now once somebody does", async () => {
    const document = await opened(1);
    await vscode.window.showTextDocument(vscode.Uri.file(inWorkspace("checkpoints/notes.jsonl")), {
      preview: false,
    });
    appendFileSync(path, failed("b"));
    await jobWith(2);
    // A way to the editor and back: whatever changed before has come here by then.
    await vscode.commands.executeCommand("vscode.executeDocumentSymbolProvider", document.uri);
    assert.equal(document.getText(), one);
    await opened(2);
    await untilText(document, two);
  });

  it("is of the first of many of a cause, with a word on the others, and of each cause", async () => {
    const many = Array.from({ length: 1_003 }, (_, i) => failed(`i-${i}`, "slow down", "rate-limit"));
    appendFileSync(path, many.join(""));
    const document = await opened(1_004);
    await untilMatch(document, (text) => text.startsWith("broken: 1,004 "));
    const lines = document.getText().split("\n");
    assert.deepEqual(lines.slice(0, 4), ["broken: 1,004 failed items", "", "rate-limit (1003)", "  i-0"]);
    assert.deepEqual(lines.slice(-8), [
      ...["  i-999", "    slow down", "  … 3 more failed items", "", "bad-reply (1)", "  a", "    no a", ""],
    ]);
  });

  it("is cut where messages are long, with a word on what is left out of all causes", async () => {
    const long = "x".repeat(900_000);
    for (const id of ["b", "c", "d"]) appendFileSync(path, failed(id, long, "rate-limit"));
    const text = (await inSlices(failuresText((await jobWith(4)).view!)))!;
    assert.ok(text.startsWith("broken: 4 failed items\n\nrate-limit (3)\n  b\n"));
    assert.ok(text.endsWith("x\n\n… 1 more failed item\n"));
  });

  it("says that the job is gone once it is", async () => {
    const document = await opened(1);
    rmSync(path);
    await catalog.refresh();
    await untilText(document, "The job is gone.");
  });
});
