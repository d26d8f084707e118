import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { shellWord } from "../../src/cli/shellWord.js";
import { applyRepair, clearCheckpoint, planRepairOf } from "../../src/runtime/repair.js";
import { readResults } from "../../src/runtime/results.js";
import { findCheckpoints } from "../../src/runtime/runner/findCheckpoints.js";
import { resolveItems } from "../../src/runtime/runner/items.js";
import { checkLabel, defaultCheckpointOf, fileStemOf, jobNameOf } from "../../src/runtime/runner/jobPaths.js";
import { loadJob } from "../../src/runtime/runner/loadJob.js";
import { runJob } from "../../src/runtime/runner/run.js";
import { RunControl } from "../../src/runtime/runner/runControl.js";
import { AgentResume } from "../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { runCli, scratchFolder } from "../support/cli.js";
import { hostileNames, hostileTexts, unseen } from "../support/hostile.js";

const job = 'module.exports = { items: ["a", "b"], process: (item) => item.toUpperCase() };';
const runtimePath = join(process.cwd(), "dist/index.mjs");

/** What a Windows file system takes; the strictest of all. */
const everywhere = /^(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[^<>:"/\\|?*]*[^<>:"/\\|?*. ]$/i;

describe("hostile file names", () => {
  if (process.platform === "win32") return; // its file systems cannot hold them
  let scratch: ReturnType<typeof scratchFolder>;
  /** Each in a folder of the same name, so that no two are siblings. */
  const fileOf = ({ name }: { name: string }, i: number) =>
    join(
      scratch.path,
      String(i),
      /^\.*$/.test(name) || Buffer.byteLength(name) > 200 ? "x" : name,
      `${name}.job.js`,
    );

  before(() => {
    scratch = scratchFolder();
    for (const [i, entry] of hostileNames.entries()) {
      mkdirSync(dirname(fileOf(entry, i)), { recursive: true });
      writeFileSync(fileOf(entry, i), job);
    }
  });
  after(() => scratch.remove());

  it("are there in numbers", () => assert.ok(hostileNames.length >= 100));

  for (const [i, entry] of hostileNames.entries())
    it(`a job file is run, listed, read, repaired and cleared: ${JSON.stringify(entry.name)}, ${entry.why}`, async () => {
      const path = fileOf(entry, i);
      if (entry.name.includes("\\"))
        return assert.rejects(
          loadJob(path, { runtimePath }),
          /no file with a backslash in its path\. Rename/,
        );
      const loaded = await loadJob(path, { runtimePath });
      const input = await resolveItems(loaded.definition.items, loaded.definition.key, loaded.folder);
      const outcome = await runJob(loaded, input, { control: new RunControl(), onEvent: () => {} });
      assert.equal(outcome.reason, "finished");
      assert.deepEqual(await findCheckpoints(path), [{ path: loaded.checkpoint, label: null }]);
      assert.equal(dirname(loaded.checkpoint), join(dirname(path), "checkpoints"), "and nowhere else");
      const names = readdirSync(dirname(loaded.checkpoint)).filter((name) => name !== ".gitignore");
      assert.deepEqual(names, [basename(loaded.checkpoint)]);
      assert.match(names[0]!, everywhere);
      assert.equal(
        unseen(names[0]!.replace(/\p{Extended_Pictographic}[\u200d\p{Extended_Pictographic}]*/gu, "")),
        undefined,
      );
      const results = [];
      for await (const { result } of readResults(loaded.checkpoint)) results.push(result);
      assert.deepEqual(results, ["A", "B"]);
      const repaired = await applyRepair(await planRepairOf(loaded.checkpoint));
      assert.equal(repaired.backup, null);
      const kept = await clearCheckpoint(loaded.checkpoint);
      assert.ok(kept && existsSync(kept));
    });

  it("are taken by the real command line, many at a time, and none by a shell", async () => {
    const paths = hostileNames.map(fileOf);
    // What a person types in the file's own folder.
    for (const i of hostileNames.keys()) {
      if (i % 12 !== 0) continue;
      const typed = [`./${basename(paths[i]!)}`];
      const { code, stdout, stderr } = await runCli(["run", ...typed], { cwd: dirname(paths[i]!) });
      assert.equal(code, 0, stderr);
      for (const line of stdout.trimEnd().split("\n")) assert.equal(unseen(line), undefined, line);
      const results = await runCli(["results", "--", basename(paths[i]!)], { cwd: dirname(paths[i]!) });
      assert.equal(results.stdout, '{"id":"a","result":"A"}\n{"id":"b","result":"B"}\n');
    }
    const status = await runCli(["status", "--json", ...paths]);
    assert.equal(status.code, 0, status.stderr);
    const { jobs } = JSON.parse(status.stdout) as { jobs: { job: string; error?: string }[] };
    assert.deepEqual(
      jobs.map((each) => each.job),
      paths.map(jobNameOf),
    );
    const below = await runCli(["status", scratch.path]);
    assert.equal(below.code, 0, below.stderr);
    for (const line of below.stdout.trimEnd().split("\n"))
      assert.equal(unseen(line.replace(/\u200d/g, "")), undefined, line);
    const ran = paths.filter((_, i) => i % 12 === 0);
    const repair = await runCli(["repair", "--dry-run", ...ran]);
    assert.deepEqual([repair.code, repair.stderr], [0, ""]);
    const clear = await runCli(["clear", "--yes", ...ran]);
    assert.deepEqual([clear.code, clear.stderr], [0, ""]);
  });

  it("come to a shell as one word, should a person paste what is suggested", () => {
    for (const entry of hostileNames) {
      const path = `${entry.name}.job.js`;
      if (unseen(path)) continue;
      const { stdout } = spawnSync("sh", ["-c", `printf '%s|' ${shellWord(path)}`], { encoding: "utf8" });
      assert.equal(stdout.replace(/^\.\//, ""), `${path}|`.replace(/^\.\//, ""));
    }
  });

  it("never share a checkpoint, on no file system", () => {
    const folded = hostileNames.map(({ name }) => [name.normalize("NFC"), fileStemOf(name.normalize("NFC"))]);
    const seen = new Map<string, string>();
    for (const [name, stem] of folded) {
      const key = stem!.normalize("NFD");
      assert.ok((seen.get(key) ?? name) === name, `${stem}`);
      seen.set(key, name!);
    }
    assert.ok(folded.every(([, stem]) => Buffer.byteLength(stem!) <= 100));
  });

  it("that are one name to a system that composes letters are told apart by nobody, and refused", async () => {
    const both = scratchFolder({ "\u00e9.job.js": job, "e\u0301.job.mjs": job });
    const { code, stderr } = await runCli(["run", "\u00e9.job.js"], { cwd: both.path });
    assert.equal(code, 2);
    assert.match(stderr, /would share one checkpoint: rename/);
    both.remove();
  });

  it("labels that could be paths, or hide, are refused in a sentence by every command", async () => {
    const labels = [
      "../x",
      "a/b",
      "..",
      "-x",
      "",
      " ",
      "a b",
      "a\\b",
      "a\nb",
      "a@b",
      "x".repeat(61),
      "CON:",
      "a\u202eb",
      "\u200b",
    ];
    for (const label of [...labels, ...hostileTexts.map(({ text }) => text)])
      assert.throws(() => checkLabel(label), { code: "AJ_JOB" });
    for (const label of ["2026-W47", "v1.2_3", "é", "日本語", "हिन्दी"])
      assert.equal(checkLabel(label), label);
    for (const command of ["run", "plan"]) {
      const { code, stderr } = await runCli([command, fileOf(hostileNames[0]!, 0), "--as", "../../x"]);
      assert.equal(code, 2);
      assert.match(stderr, /letters, digits, dots, dashes and underscores/);
    }
    assert.equal(dirname(defaultCheckpointOf("/jobs/a.job.ts", "..")), "/jobs/checkpoints");
  });

  it("ids of jobs and items become no paths", async () => {
    const folder = join(realpathSync(scratch.path), "library");
    for (const id of [
      "../../escaped",
      "/tmp/escaped",
      "a\0b",
      "..",
      "CON",
      "a/b\\c",
      "\u202e",
      "x".repeat(5_000),
    ]) {
      const store = new JsonlStore(join(folder, "one.jsonl"));
      const session = await new AgentResume({ store }).resumeOrStart(id);
      for (const item of session.remaining([`${id}/1`])) await session.markDone(item);
      await session.close();
      assert.deepEqual(readdirSync(folder), ["one.jsonl"]);
      await clearCheckpoint(store.path).then((kept) => spawnSync("rm", [kept!]));
    }
    assert.ok(!existsSync(join(scratch.path, "escaped")));
  });
});
