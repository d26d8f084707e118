import assert from "node:assert/strict";
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, sep } from "node:path";
import * as vscode from "vscode";
import { findFiles, nearbyFiles } from "../../src/extension/discovery.js";
import type { Job } from "../../src/extension/job.js";
import { encodeRecord } from "../../src/runtime/format/record.js";
import { answering, inWorkspace, jobNamed, type Parts, parts, untilEvent } from "./support/extension.js";

describe("discovery", () => {
  let catalog: Parts["catalog"];
  before(async () => {
    ({ catalog } = await parts());
  });
  const named = (name: string): Job | undefined => catalog.jobs.find((job) => job.source.name === name);

  it("lists job files and checkpoints of the folder", () => {
    assert.ok(named("steady")?.jobFile?.endsWith("steady.job.mjs"));
    assert.equal(named("steady")?.checkpoint, inWorkspace("jobs/checkpoints/steady.jsonl"));
    assert.equal(named("article")?.jobFile, null);
  });

  it("takes the checkpoint of a JSON job from the job", () => {
    assert.equal(named("outside")?.checkpoint, inWorkspace("jobs/state/outside.jsonl"));
  });

  it("looks at no share of another machine that a file of the folder names: Windows would sign in there", async () => {
    const paths = {
      job: inWorkspace("jobs/afar.job.json"),
      alone: inWorkspace("jobs/checkpoints/alone.jsonl"),
    };
    const named = "//no-such-host/share/afar";
    mkdirSync(inWorkspace("jobs/checkpoints"), { recursive: true });
    writeFileSync(paths.job, JSON.stringify({ command: ["x"], checkpoint: `${named}.jsonl` }));
    const header = { type: "job", atMs: 1, v: 1, job: "alone", file: `${named}.job.mjs` } as const;
    writeFileSync(paths.alone, encodeRecord(header));
    try {
      const job = await jobNamed(catalog, "afar");
      assert.equal(job.checkpoint, inWorkspace("jobs/checkpoints/afar.jsonl"));
      const alone = await jobNamed(catalog, "alone", ({ view }) => view !== null);
      assert.equal(alone.view?.goneJobFile, null, "whether it is there is not known");
    } finally {
      for (const path of Object.values(paths)) rmSync(path);
    }
  });

  it("does not list binary files and other programs' .ckpt, and lists unknown .jsonl as unreadable", async () => {
    assert.equal(named("weights"), undefined);
    assert.equal(named("training"), undefined);
    const notes = await jobNamed(catalog, "notes", (job) => job.view !== null);
    assert.equal(notes.view?.status.progress, "unreadable");
    assert.deepEqual([...notes.capabilities(true)], ["openable"]);
  });

  it("does not run a job file to list it", () => {
    assert.ok(named("marker"));
    assert.equal(existsSync(inWorkspace("jobs/loaded.txt")), false);
  });

  it("sees a job that comes, its checkpoint, and its end", async () => {
    const jobFile = inWorkspace("jobs/late.job.mjs");
    writeFileSync(jobFile, "export default { items: [1], process: () => 1 };\n");
    const job = await jobNamed(catalog, "late");
    assert.equal(job.view, null);
    mkdirSync(inWorkspace("jobs/checkpoints"), { recursive: true });
    writeFileSync(job.checkpoint, '{"id": "a", "ts": 1748107200}\n');
    const same = await jobNamed(catalog, "late", ({ view }) => view?.status.done === 1);
    assert.equal(same.id, job.id);
    rmSync(job.checkpoint);
    rmSync(jobFile);
    const gone = () => !catalog.jobs.some((candidate) => basename(candidate.id).startsWith("late"));
    await untilEvent([catalog.onDidChangeJobs], "the end of late", gone);
  });

  it("lists what lies behind a link to a folder once, by its path without the link where that is found", async () => {
    const month = inWorkspace("runs/2026-11");
    const aside = join(realpathSync(tmpdir()), `aside-${process.pid}`);
    for (const folder of [month, aside]) mkdirSync(join(folder, "checkpoints"), { recursive: true });
    const line = '{"id": "a", "ts": 1748107200}\n';
    const links = ["runs/latest", "runs/aside", "runs/beside"].map((name) => inWorkspace(name));
    try {
      writeFileSync(join(month, "linked.job.mjs"), "export default { items: [1], process: () => 1 };\n");
      writeFileSync(join(month, "checkpoints/linked.jsonl"), line);
      writeFileSync(join(month, "checkpoints/loose.jsonl"), line);
      writeFileSync(join(aside, "checkpoints/outer.jsonl"), line);
      symlinkSync(month, links[0]!);
      for (const link of links.slice(1)) symlinkSync(aside, link);
      await catalog.refresh();
      const ids = catalog.jobs.map(({ id }) => id).filter((id) => /linked|loose|outer/.test(basename(id)));
      assert.deepEqual(
        ids.sort(),
        [
          join(links[1]!, "checkpoints/outer.jsonl"),
          join(month, "checkpoints/loose.jsonl"),
          join(month, "linked.job.mjs"),
        ].sort(),
      );
      assert.equal(
        catalog.job(join(month, "linked.job.mjs"))?.checkpoint,
        join(month, "checkpoints/linked.jsonl"),
      );
    } finally {
      for (const link of links) rmSync(link, { force: true });
      rmSync(inWorkspace("runs"), { recursive: true });
      rmSync(aside, { recursive: true });
      await catalog.refresh();
    }
  });

  it("knows at once what lies in the folder itself, and what it excludes", async () => {
    const [folder] = vscode.workspace.workspaceFolders!;
    const own = {
      jobFiles: inWorkspace("nearby.job.mjs"),
      checkpoints: inWorkspace("checkpoints/nearby.jsonl"),
      resultFiles: inWorkspace("batch_nearby_output.jsonl"),
    };
    mkdirSync(inWorkspace("checkpoints"), { recursive: true });
    for (const path of [...Object.values(own), inWorkspace("nearby.txt")]) writeFileSync(path, "");
    const settings = vscode.workspace.getConfiguration("agentJobs", folder);
    try {
      const nearby = await nearbyFiles(folder!);
      for (const [kind, path] of Object.entries(own))
        assert.deepEqual(
          Object.entries(nearby).flatMap(([found, paths]) => (paths.includes(path) ? [found] : [])),
          [kind],
        );
      const all = Object.values(nearby).flat();
      assert.ok(
        !all.some((path) => path.includes(`${sep}jobs${sep}`) || path.endsWith(".txt")),
        all.join(", "),
      );
      await settings.update("exclude", ["**/checkpoints/**"]);
      assert.deepEqual((await nearbyFiles(folder!)).checkpoints, []);
    } finally {
      await settings.update("exclude", undefined);
      for (const path of [...Object.values(own), inWorkspace("nearby.txt")]) rmSync(path);
    }
  });

  it("goes on where a setting is of a wrong type, and says so once", async () => {
    const folder = vscode.workspace.workspaceFolders![0]!;
    const settings = vscode.workspace.getConfiguration("agentJobs", folder);
    const asked = answering("showWarningMessage", () => undefined);
    const files = async (kind: "jobFiles" | "checkpoints", value: unknown) => {
      await settings.update(kind, value, vscode.ConfigurationTarget.WorkspaceFolder);
      const found = (await findFiles(folder))[kind].map((path) => basename(path));
      await settings.update(kind, undefined, vscode.ConfigurationTarget.WorkspaceFolder);
      return found;
    };
    try {
      assert.deepEqual(await files("jobFiles", "jobs/steady.job.mjs"), ["steady.job.mjs"]);
      assert.deepEqual(await files("jobFiles", [7, "jobs/steady.job.mjs"]), ["steady.job.mjs"]);
      assert.ok((await files("checkpoints", { "**": true })).includes("article.jsonl"));
      await settings.update("exclude", 7, vscode.ConfigurationTarget.WorkspaceFolder);
      await catalog.refresh();
      await catalog.refresh();
      assert.ok(named("steady") && named("article"));
    } finally {
      asked.restore();
      await settings.update("exclude", undefined, vscode.ConfigurationTarget.WorkspaceFolder);
    }
    const said = "agentJobs.exclude is to be a list of globs: 7 is none. Its default is used.";
    assert.deepEqual(
      asked.said.filter(([text]) => String(text).startsWith("agentJobs.exclude")),
      [[said, "Open Settings"]],
    );
  });

  it("finds files of all kinds in one search as it does in one for each", async () => {
    const [folder] = vscode.workspace.workspaceFolders!;
    const found = await findFiles(folder!);
    const settings = vscode.workspace.getConfiguration("agentJobs", folder);
    for (const [kind, paths] of Object.entries(found)) {
      const lists = settings
        .get<string[]>(kind)!
        .map((glob) =>
          vscode.workspace.findFiles(new vscode.RelativePattern(folder!, glob), "**/{node_modules,.git}/**"),
        );
      const each = (await Promise.all(lists)).flat().map(({ fsPath }) => fsPath);
      assert.deepEqual([...paths].sort(), [...new Set(each)].sort(), kind);
    }
    assert.ok(found.jobFiles.length >= 3 && found.checkpoints.length >= 3);
  });
});
