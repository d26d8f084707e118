import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { contextKeys, extensionId, walkthroughId } from "../../src/extension/ids.js";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { lineToDamage } from "../../src/view/newJob/lineToDamage.js";
import {
  answering,
  atQuickPicks,
  choose,
  inWorkspace,
  jobNamed,
  type Parts,
  parts,
  untilEvent,
} from "./support/extension.js";

interface Step {
  id: string;
  description: string;
  media: { svg: string; altText: string };
  completionEvents: string[];
}

const extension = () => vscode.extensions.getExtension(extensionId)!;
const step = (name: string) => vscode.commands.executeCommand("agentJobs.exampleStep", name);

describe("the walkthrough", () => {
  const [walkthrough] = extension().packageJSON.contributes.walkthroughs as { id: string; steps: Step[] }[];

  it("names commands that there are, pictures that follow the theme, and what it waits for", async () => {
    await parts();
    assert.equal(walkthrough!.id, walkthroughId);
    const commands = new Set(await vscode.commands.getCommands(true));
    const keys = Object.values(contextKeys).map((key) => `onContext:${key}`);
    const known = keys.flatMap((key) => [key, `${key} && ${contextKeys.walkthroughOpen}`]);
    for (const { id, description, media, completionEvents } of walkthrough!.steps) {
      const links = [...description.matchAll(/\]\(command:([\w.]+)(?:\?([^)]*))?\)/g)];
      assert.ok(links.length > 0, id);
      for (const [, command, args] of links) {
        assert.ok(commands.has(command!), command);
        if (args) assert.equal(JSON.parse(decodeURIComponent(args)).length, 1);
      }
      const picture = readFileSync(join(extension().extensionPath, media.svg), "utf8");
      // A colour may stand there as what is used where a theme has none, and nowhere else.
      assert.doesNotMatch(
        picture.replace(/var\(--vscode-[\w-]+, [^)]+\)/g, ""),
        /(fill|stroke)="#|rgb\(/,
        id,
      );
      assert.ok(media.altText.length > 20, id);
      assert.equal(completionEvents.length, 2, id);
      for (const event of completionEvents)
        assert.ok(
          known.some((one) => one.toLowerCase() === event.toLowerCase()),
          event,
        );
    }
  });
});

describe("the example job", () => {
  const folder = inWorkspace("jobs");
  const jobFile = join(folder, "example.job.ts");
  const checkpoint = join(folder, "checkpoints/example.jsonl");
  let catalog: Parts["catalog"];
  const restores: (() => void)[] = [];
  const answer = (...[kind, reply]: Parameters<typeof answering>) => {
    const answered = answering(kind, reply);
    restores.push(answered.restore);
    return answered.said;
  };
  before(async () => {
    ({ catalog } = await parts());
    assert.ok(!existsSync(jobFile));
  });
  afterEach(async () => {
    for (const restore of restores.splice(0)) restore();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });
  after(async () => {
    for (const path of [jobFile, join(folder, "checkpoints")]) rmSync(path, { recursive: true, force: true });
    await vscode.commands.executeCommand("workbench.view.explorer");
    await catalog.refresh();
  });

  it("is offered where a step is taken that needs it", async () => {
    const said = answer("showInformationMessage", () => undefined);
    await step("kill");
    assert.match(String(said[0]![0]), /there is none in this folder yet/);
    assert.ok(!existsSync(jobFile));
  });

  it("is written and opened, and left as it is where it is there already", async () => {
    const said = answer("showInformationMessage", () => undefined);
    await vscode.commands.executeCommand("agentJobs.createExample");
    assert.equal(vscode.window.activeTextEditor?.document.uri.fsPath, jobFile);
    assert.deepEqual(said[0]!.slice(1), ["Run"]);
    // As fast as a test wants it, and still the example.
    writeFileSync(jobFile, readFileSync(jobFile, "utf8").replace("1600", "300"));
    const before = readFileSync(jobFile, "utf8");
    await vscode.commands.executeCommand("agentJobs.createExample");
    await step("create");
    assert.equal(readFileSync(jobFile, "utf8"), before);
  });

  it("is found from its row in the tree", async () => {
    const job = await jobNamed(catalog, "example");
    await vscode.commands.executeCommand("agentJobs.openJobFile", { job });
    assert.equal(vscode.window.activeTextEditor?.document.uri.fsPath, jobFile);
  });

  it("is run, killed, resumed, and its failures are retried; nobody is asked what becomes of it", async () => {
    const picks = answer("showQuickPick", (items: unknown[]) => items);
    answer("showInformationMessage", () => undefined);
    await step("run");
    await jobNamed(catalog, "example", ({ holder, view }) => holder !== null && (view?.status.done ?? 0) > 0);
    await step("kill");
    const killed = await jobNamed(catalog, "example", ({ view }) => view?.status.lastRun?.ended === "killed");
    const kept = killed.view!.status.done;
    assert.ok(kept > 0 && kept < 55, `${kept} done`);
    await step("resume");
    await jobNamed(
      catalog,
      "example",
      ({ holder, view }) => holder === null && view?.status.done === 55 && view.status.failed === 5,
    );
    await step("retry");
    await jobNamed(catalog, "example", ({ view }) => view?.status.progress === "finished");
    assert.deepEqual(
      picks.map(([items]) => (items as vscode.QuickPickItem[]).map(({ label }) => label)),
      [["rate-limit", "bad-reply"]],
    );
  });

  it("is said not to run where it does not", async () => {
    const said = answer("showInformationMessage", () => undefined);
    await step("kill");
    assert.match(String(said[0]![0]), /not running/);
  });

  it("is damaged in one line, which a repair mends", async () => {
    await jobNamed(catalog, "example", ({ holder, starting }) => holder === null && !starting);
    const before = readFileSync(checkpoint);
    const expected = lineToDamage(before)!;
    const said = answer("showWarningMessage", () => undefined);
    await step("damage");
    assert.match(String(said[0]![0]), new RegExp(`^Line ${expected.line} of example\\.jsonl is damaged`));
    const after = readFileSync(checkpoint);
    assert.equal(after.length, before.length);
    const lines = [before, after].map((bytes) => bytes.toString().split("\n"));
    const changed = lines[0]!.flatMap((line, i) => (line === lines[1]![i] ? [] : [i + 1]));
    assert.deepEqual(changed, [expected.line]);
    const job = await jobNamed(catalog, "example", ({ view }) => view?.status.damaged === true);
    const left = job.view!.status.done;
    const repaired = answer("showWarningMessage", () => "Repair");
    await step("repair");
    await untilEvent([catalog.onDidChangeJob], "the repair", () => job.view?.status.damaged === false);
    assert.match(String(repaired[0]![0]), /Repair example\.jsonl as shown\?/);
    assert.equal(job.view!.status.done, left);
  });

  it("is told from a job of that name which somebody wrote: that is never killed nor damaged", async () => {
    writeFileSync(jobFile, `// Mine.\n${readFileSync(jobFile, "utf8")}`);
    const said = answer("showInformationMessage", () => undefined);
    const before = readFileSync(checkpoint);
    await step("damage");
    await step("kill");
    assert.equal(said.length, 2);
    assert.deepEqual(readFileSync(checkpoint), before);
    const errors = answer("showErrorMessage", () => undefined);
    await vscode.commands.executeCommand("agentJobs.createExample");
    assert.match(String(errors[0]![0]), /example\.job\.ts is there already: nothing was written/);
  });
});

describe("New Job", () => {
  const folder = inWorkspace("jobs");
  let catalog: Parts["catalog"];
  const restores: (() => void)[] = [];
  const made: string[] = [];
  before(async () => {
    ({ catalog } = await parts());
    mkdirSync(inWorkspace("data"), { recursive: true });
    writeFileSync(
      inWorkspace("data/reviews.csv"),
      "sku,review\nA1,Two cups were broken.\nA2,Quick and as described.\n",
    );
    writeFileSync(inWorkspace("data/twins.csv"), "a\n1\n1\n");
  });
  afterEach(async () => {
    for (const restore of restores.splice(0)) restore();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });
  after(async () => {
    for (const path of [...made.map((name) => join(folder, name)), inWorkspace("data")])
      rmSync(path, { recursive: true, force: true });
    await catalog.refresh();
  });

  /** Answers the questions in turn by what the labels hold, and goes back at `←`; gives their titles. */
  async function create(
    ...answers: string[]
  ): Promise<{ titles: string[]; told: string; errors: unknown[][] }> {
    const titles: string[] = [];
    const picks = atQuickPicks(async (picker) => {
      titles.push(picker.title!);
      const wanted = answers[titles.length - 1]!;
      if (wanted === "←") return vscode.commands.executeCommand("workbench.action.quickInputBack");
      const item = picker.items.find(({ label }) => label.includes(wanted));
      assert.ok(item, `${wanted} among ${picker.items.map(({ label }) => label).join(", ")}`);
      await choose(picker, item);
    });
    const messages = answering("showInformationMessage", () => undefined);
    const errors = answering("showErrorMessage", () => undefined);
    restores.push(picks.restore, messages.restore, errors.restore);
    await vscode.commands.executeCommand("agentJobs.newJob");
    return { titles, told: String(messages.said[0]?.[0] ?? ""), errors: errors.said };
  }

  it("writes a job over a file of the folder, and selects what is to be changed first", async () => {
    made.push("reviews.job.ts", ".gitignore");
    const { titles, told } = await create("TypeScript", "data/reviews.csv", "OpenAI");
    assert.deepEqual(titles, ["New Job (1/3)", "New Job (2/3)", "New Job (3/3)"]);
    assert.match(told, /jobs\/reviews\.job\.ts is ready\. It needs OPENAI_API_KEY/);
    const text = readFileSync(join(folder, "reviews.job.ts"), "utf8");
    assert.match(text, /items: "\.\.\/data\/reviews\.csv"/);
    assert.match(text, /key: "sku"/);
    assert.match(text, /type Item = \{ sku: string; review: string \};/);
    const editor = vscode.window.activeTextEditor!;
    assert.match(editor.document.getText(editor.selection), /^"Say in one word/);
    // The editor scrolls to the cursor: at the end of so long a text it would not show where its line begins.
    assert.ok(editor.selection.isReversed);
    assert.equal(readFileSync(join(folder, ".gitignore"), "utf8"), ".env\n");
    assert.ok(await jobNamed(catalog, "reviews"));
  });

  it("never writes over a file: a second one has a name of its own", async () => {
    made.push("reviews-2.job.mjs");
    const first = readFileSync(join(folder, "reviews.job.ts"), "utf8");
    await create("JavaScript", "data/reviews.csv", "None");
    assert.ok(existsSync(join(folder, "reviews-2.job.mjs")));
    assert.equal(readFileSync(join(folder, "reviews.job.ts"), "utf8"), first);
  });

  it("asks for no service where a program of one's own does the work", async () => {
    made.push("batch.job.mjs", "batch.items.jsonl");
    const { titles } = await create("Any Other Program", "A New File of Items");
    assert.deepEqual(titles, ["New Job (1/3)", "New Job (2/2)"]);
    assert.match(readFileSync(join(folder, "batch.items.jsonl"), "utf8"), /^\{"id":/);
  });

  it("goes back to the question before, with the answer that was given there", async () => {
    made.push("batch-2.job.ts", "batch-2.items.jsonl");
    const { titles } = await create(
      "JavaScript",
      "←",
      "TypeScript",
      "A New File of Items",
      "←",
      "A Function",
      "None",
    );
    assert.deepEqual(
      titles.map((title) => /\d/.exec(title)![0]),
      ["1", "2", "1", "2", "3", "2", "3"],
    );
    assert.match(readFileSync(join(folder, "batch-2.job.ts"), "utf8"), /async function\* /);
  });

  it("says why no job can be made of a file, and writes nothing", async () => {
    const { errors } = await create("Python", "data/twins.csv");
    assert.match(String(errors[0]![0]), /No member differs in every row of twins\.csv/);
    assert.ok(!existsSync(join(folder, "twins.job.json")));
  });
});

describe("a checkpoint that lies elsewhere", () => {
  let folder: string;
  let catalog: Parts["catalog"];
  let tree: Parts["tree"];
  before(async () => {
    ({ catalog, tree } = await parts());
    folder = mkdtempSync(join(tmpdir(), "agent-jobs-elsewhere-"));
  });
  after(async () => {
    await vscode.workspace
      .getConfiguration("agentJobs")
      .update("watched", undefined, vscode.ConfigurationTarget.Workspace);
    rmSync(folder, { recursive: true, force: true });
    rmSync(inWorkspace(".vscode"), { recursive: true, force: true });
    rmSync(inWorkspace("far.job.ts"), { force: true });
    await catalog.refresh();
  });

  async function checkpointOf(name: string, jobFile?: string): Promise<string> {
    const path = join(folder, `${name}.jsonl`);
    const items = ["a", "b", "c"];
    await new AgentResume({ store: new JsonlStore(path) }).resumeOrStart(
      name,
      async (session) => {
        for (const item of session.remaining(items)) if (item !== "c") await session.markDone(item, item);
      },
      jobFile === undefined ? {} : { jobFile },
    );
    return path;
  }

  async function watch(path: string): Promise<string> {
    const messages = answering("showInformationMessage", () => undefined);
    try {
      await vscode.commands.executeCommand("agentJobs.watchFile", vscode.Uri.file(path));
      return String(messages.said[0]?.[0]);
    } finally {
      messages.restore();
    }
  }

  it("is watched where it is, grows in the tree, and can be repaired", async () => {
    const path = await checkpointOf("lonely");
    assert.match(await watch(path), /Watching lonely\.jsonl\. It can be repaired here/);
    const job = await jobNamed(catalog, "lonely", ({ view }) => view?.status.done === 2);
    assert.match(tree.getTreeItem(await tree.nodeOf(job)).contextValue!, / watched .*openable/);
    await new AgentResume({ store: new JsonlStore(path) }).resumeOrStart("lonely", async (session) => {
      for (const item of session.remaining(["a", "b", "c"])) await session.markDone(item, item);
    });
    await jobNamed(catalog, "lonely", ({ view }) => view?.status.done === 3);
    await vscode.commands.executeCommand("agentJobs.stopWatching", await tree.nodeOf(job));
    assert.ok(!catalog.jobs.some(({ checkpoint }) => checkpoint === path));
  });

  it("is that of the job file which its header names, where that is listed", async () => {
    const jobFile = inWorkspace("far.job.ts");
    writeFileSync(
      jobFile,
      'import { defineJob } from "agent-jobs";\nexport default defineJob({ items: ["a"], process() {} });\n',
    );
    await catalog.refresh();
    const path = await checkpointOf("far", jobFile);
    assert.match(await watch(path), /It is a checkpoint of far\.job\.ts/);
    const jobs = catalog.jobs.filter(({ source }) => source.name === "far");
    assert.deepEqual(
      jobs.map((job) => [job.jobFile, job.checkpoint]),
      [[jobFile, path]],
    );
  });
});
