import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { declaredInput } from "../../src/extension/items/declaredInput.js";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { encodeRecord } from "../../src/runtime/format/record.js";
import { processEnds } from "../support/files.js";
import { answering, inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";
import { startWriter } from "./support/writer.js";

const job = `export default {
  items: [{ id: "good", text: "a text" }, { id: "bad", text: "another" }],
  retry: false,
  async process(item, ctx) {
    ctx.log("calling", item.id);
    await ctx.step("outline", item.text, () => ["an outline"]);
    ctx.usage({ usd: 0.5, inputTokens: 7 });
    if (item.id === "bad") throw new Error("no luck\\nat all");
    return { n: 1 };
  },
};`;

describe("the document of an item", () => {
  let catalog: Parts["catalog"];
  const checkpoint = () => inWorkspace("jobs/checkpoints/shown.jsonl");
  before(async () => {
    ({ catalog } = await parts());
    writeFileSync(inWorkspace("jobs/shown.job.mjs"), job);
    const { id } = await jobNamed(catalog, "shown");
    await vscode.commands.executeCommand("agentJobs.run", id);
    // A run so short may be over before its lock was looked at, and its task still be known to start.
    await jobNamed(catalog, "shown", (job) => job.capabilities(true).has("retryable"));
  });
  after(() => {
    rmSync(inWorkspace("jobs/shown.job.mjs"), { force: true });
    rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
  });
  afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

  async function open(name: string, item: string): Promise<vscode.TextDocument> {
    const { id } = await jobNamed(catalog, name);
    await vscode.commands.executeCommand("agentJobs.showItem", id, item);
    return vscode.window.activeTextEditor!.document;
  }
  const until = (what: string, holds: (text: string) => boolean) =>
    untilEvent([vscode.workspace.onDidChangeTextDocument], what, () =>
      holds(vscode.window.activeTextEditor!.document.getText()),
    );
  const lenses = async (uri: vscode.Uri) =>
    (await vscode.commands.executeCommand<vscode.CodeLens[]>("vscode.executeCodeLensProvider", uri, 20)).map(
      ({ command }) => command!,
    );

  it("has all of a failed item, read-only, in a language of its own that folds", async () => {
    const document = await open("shown", '"bad"');
    assert.deepEqual([document.uri.scheme, document.languageId], ["agent-jobs-item", "agent-jobs-item"]);
    assert.equal(vscode.workspace.fs.isWritableFileSystem(document.uri.scheme) ?? false, false);
    const text = document.getText();
    for (const part of [
      /^Error\n {2}no luck\n {2}at all$/m,
      /^Steps\n {2}outline/m,
      /^Log\n {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}calling bad$/m,
    ])
      assert.match(text, part);
    assert.match(text, /^Stack\n {2}at .*shown\.job\.mjs/m);
    const titles = (await lenses(document.uri)).map(({ title }) => title);
    // VS Code would drop a common blank behind an icon.
    for (const title of titles) assert.doesNotMatch(title, /^\$\(.*?\) /);
    const words = titles.map((title) => title.replace(/^\$\(.*?\)\u00a0/, ""));
    assert.deepEqual(words.sort(), ["Checkpoint", "Debug…", "Retry", "Show Input…", "Whole Log"]);
  });

  it("leads to the lines of the checkpoint, and a line there leads back", async () => {
    const { uri } = await open("shown", '"good"');
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
      "vscode.executeLinkProvider",
      uri,
    );
    const lines = readFileSync(checkpoint(), "utf8").split("\n");
    const at = lines.findIndex((line) => line.startsWith('{"id":"good"'));
    const link = links.find(({ target }) => target?.fragment === `L${at + 1}`);
    assert.equal(link?.target?.fsPath, checkpoint());
    const place = new vscode.Position(at, lines[at]!.indexOf("good") + 1);
    const back = await vscode.commands.executeCommand<vscode.LocationLink[]>(
      "vscode.executeDefinitionProvider",
      ...[vscode.Uri.file(checkpoint()), place],
    );
    assert.equal(back[0]?.targetUri.toString(), uri.toString());
    const nowhere = await vscode.commands.executeCommand<unknown[]>(
      "vscode.executeDefinitionProvider",
      ...[vscode.Uri.file(checkpoint()), new vscode.Position(0, 1)],
    );
    assert.deepEqual(nowhere, []);
  });

  it("leads to its newest record by the lens above it, and to the checkpoint alone where it has none", async () => {
    const openFrom = async (item: string) => {
      const { uri } = await open("shown", item);
      const lens = (await lenses(uri)).find(({ title }) => title.endsWith("Checkpoint"))!;
      await vscode.commands.executeCommand(lens.command, ...lens.arguments!);
      const { document, selection } = vscode.window.activeTextEditor!;
      assert.equal(document.uri.fsPath, checkpoint());
      return selection.active.line;
    };
    const lines = readFileSync(checkpoint(), "utf8").split("\n");
    const newest = lines.findLastIndex((line) => line.includes('"item":"bad"'));
    assert.ok(newest > 0);
    assert.equal(await openFrom('"bad"'), newest);
    await openFrom('"not begun"');
  });

  it("reads the input by running the job file only after it said so and was told to", async () => {
    // As it was run nobody is asked about it.
    writeFileSync(inWorkspace("jobs/shown.job.mjs"), `${job}\n// not run so\n`);
    const { uri } = await open("shown", '"bad"');
    const show = (await lenses(uri)).find(({ title }) => title === "Show Input…")!;
    const answers = [undefined, "Show Input"];
    const asked = answering("showInformationMessage", () => answers.shift());
    try {
      await vscode.commands.executeCommand(show.command, ...show.arguments!);
      assert.match(vscode.window.activeTextEditor!.document.getText(), /^Input\n {2}\(not read/m);
      await vscode.commands.executeCommand(show.command, ...show.arguments!);
      await until("the input", (text) =>
        /^Input\n {2}\{\n {4}"id": "bad",\n {4}"text": "another"/m.test(text),
      );
    } finally {
      asked.restore();
      writeFileSync(inWorkspace("jobs/shown.job.mjs"), job);
    }
    assert.match(JSON.stringify(asked.said[0]), /It runs: agent-jobs input .*shown\.job\.mjs --item bad/);
  });

  it("asks once for a job file, and again where the file has changed since", async () => {
    const path = inWorkspace("jobs/shown.job.mjs");
    const withItems = (note: string) =>
      job.replace("items: [", `items: [...["one", "two", "three"].map((id) => ({ id, note: "${note}" })), `);
    const asked = answering("showInformationMessage", () => "Show Input");
    const showInput = async (item: string, input: RegExp) => {
      const { uri } = await open("shown", item);
      const show = (await lenses(uri)).find(({ title }) => title === "Show Input…")!;
      await vscode.commands.executeCommand(show.command, ...show.arguments!);
      await until(`the input of ${item}`, (text) => input.test(text));
    };
    try {
      writeFileSync(path, withItems("as it was"));
      await showInput('"one"', /"note": "as it was"/);
      await showInput('"two"', /"note": "as it was"/);
      assert.equal(asked.said.length, 1);
      writeFileSync(path, withItems("as it is"));
      await showInput('"three"', /"note": "as it is"/);
      assert.equal(asked.said.length, 2);
    } finally {
      asked.restore();
      writeFileSync(path, job);
    }
  });

  it("ends the reading of an input that takes too long, where a person cancels it", async () => {
    const path = inWorkspace("jobs/shown.job.mjs");
    const started = inWorkspace("jobs/reading.pid");
    const endless = `import { writeFileSync } from "node:fs";
      writeFileSync(${JSON.stringify(started)}, String(process.pid));
      for (;;);`;
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(inWorkspace("jobs"), "reading.pid"),
    );
    const begun = new Promise<void>((resolve) => watcher.onDidCreate(() => resolve()));
    const original = vscode.window.withProgress;
    const windows = vscode.window as { withProgress: unknown };
    windows.withProgress = async (options: vscode.ProgressOptions, work: (...args: unknown[]) => unknown) => {
      assert.ok(options.cancellable);
      const source = new vscode.CancellationTokenSource();
      const working = work({ report() {} }, source.token);
      await begun;
      source.cancel();
      return working;
    };
    const asked = answering("showInformationMessage", () => "Show Input");
    try {
      const { uri } = await open("shown", '"good"');
      const show = (await lenses(uri)).find(({ title }) => title === "Show Input…")!;
      writeFileSync(path, endless);
      await vscode.commands.executeCommand(show.command, ...show.arguments!);
      await processEnds(Number(readFileSync(started, "utf8")));
      assert.match(vscode.window.activeTextEditor!.document.getText(), /^Input\n {2}\(not read/m);
    } finally {
      asked.restore();
      windows.withProgress = original;
      watcher.dispose();
      writeFileSync(path, job);
      rmSync(started, { force: true });
    }
  });

  it("follows a job that runs, and works for an item in doubt", async () => {
    const path = inWorkspace("jobs/checkpoints/followed.jsonl");
    const writer = await startWriter(path, "followed");
    try {
      await jobNamed(catalog, "followed", ({ view }) => Boolean(view?.status.holder));
      const document = await open("followed", '"three"');
      assert.match(document.getText(), /^State: {3}running$/m);
      writer.kill("SIGKILL");
      await until("the item to be in doubt", (text) => /^State: {3}in doubt/m.test(text));
      assert.match(document.getText(), /^ {2}1 {2}no end recorded; run 1 was killed/m);
    } finally {
      writer.kill("SIGKILL");
    }
  });

  it("of a job file in JSON has the input where the file says it, without running anything", async () => {
    const files = {
      job: inWorkspace("jobs/listed.job.json"),
      checkpoint: inWorkspace("jobs/checkpoints/listed.jsonl"),
      input: inWorkspace("jobs/listed.input.json"),
    };
    const items = [{ id: "x", text: "of the list" }];
    writeFileSync(files.job, JSON.stringify({ items, worker: ["no-such-program"] }));
    const records = [
      { type: "job", atMs: 1, v: 1, job: "listed" } as const,
      {
        type: "failed",
        atMs: 2,
        item: keyOf("x"),
        run: 1,
        attempt: 1,
        cause: "other",
        message: "m",
      } as const,
    ];
    writeFileSync(files.checkpoint, Buffer.concat(records.map(encodeRecord)));
    try {
      await jobNamed(catalog, "listed", ({ view }) => view?.status.failed === 1);
      assert.match(
        (await open("listed", '"x"')).getText(),
        /^Input\n {2}\{\n {4}"id": "x",\n {4}"text": "of the list"/m,
      );
      // Merely to look at a share of another machine signs in there, on Windows.
      writeFileSync(files.input, JSON.stringify(items));
      assert.ok(await declaredInput(files.job, keyOf("x")));
      for (const [named, isRead] of [
        [files.input, true],
        [`/${files.input}`, false],
      ] as const) {
        writeFileSync(files.job, JSON.stringify({ items: named, worker: ["no-such-program"] }));
        assert.equal((await declaredInput(files.job, keyOf("x"))) !== undefined, isRead, named);
      }
    } finally {
      rmSync(files.job);
      rmSync(files.input, { force: true });
    }
  });
});
