import assert from "node:assert/strict";
import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";
import { foreignFixture } from "../support/foreign.js";

describe("commands on files of other tools", () => {
  let folder: ReturnType<typeof scratchFolder>;
  before(() => {
    folder = scratchFolder();
    cpSync(foreignFixture("."), folder.path, { recursive: true });
  });
  after(() => folder.remove());
  const run = (...args: string[]) => runCli(args, { cwd: folder.path });
  const output = "openai/batch_6742f1c2_output.jsonl";

  it("status lists those of a folder by their names and content, a batch once", async () => {
    const { code, stdout } = await run("status", "--json", ".");
    const jobs = JSON.parse(stdout).jobs as Record<string, unknown>[];
    assert.equal(code, 0);
    assert.deepEqual(
      jobs.map(({ checkpoint, format, state, total, done, failed, damaged }) => [
        ...[checkpoint, format, state, total, done, failed, damaged],
      ]),
      [
        [
          "anthropic/msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d_results.jsonl",
          "anthropic-batch",
          "stopped",
          null,
          2,
          5,
          false,
        ],
        ["bedrock/records.jsonl.out", "bedrock-batch", "stopped", null, 2, 2, false],
        [output, "openai-batch", "stopped", 14, 5, 7, false],
      ],
    );
  });

  it("failures say causes, and no run or time that nobody knows", async () => {
    const { stdout } = await run("failures", "--json", output);
    const failures = JSON.parse(stdout).failures as Record<string, unknown>[];
    const expired = failures.find(({ item }) => item === "invoice-011");
    assert.deepEqual(expired, {
      ...{ job: "batch_6742f1c2_output", label: null, item: "invoice-011", cause: "timeout", attempt: 1 },
      message: "This request could not be executed before the completion window expired.",
      ...{ run: null, at: null },
    });
    assert.equal(failures.length, 7);
  });

  it("read rows of one's own shape by --map, and refuse what is no mapping", async () => {
    writeFileSync(
      join(folder.path, "map.json"),
      '{"id":"doc.id","error":"err","result":"answer","total":{"lines":"in.txt"}}',
    );
    const rows = "json-lines/out.jsonl";
    const { code, stdout } = await run("status", "--json", "--map", "map.json", rows);
    const { format, total, done, failed, inDoubt, inDoubtItems } = JSON.parse(stdout).jobs[0];
    assert.deepEqual(inDoubtItems, [{ item: 4, attempt: 1, run: null, at: null }]);
    assert.deepEqual([code, format, total, done, failed, inDoubt], [3, "json-lines", 8, 3, 1, 1]);
    const results = await run("results", "--map", "map.json", rows);
    assert.equal(
      results.stdout,
      '{"id":"a-1","result":"yes"}\n{"id":"a-2","result":"no"}\n{"id":"9007199254740993","result":"big"}\n',
    );
    const bad = await run("failures", "--map", "none.json", rows);
    assert.deepEqual([bad.code, bad.stdout], [2, ""]);
    assert.match(bad.stderr, /Cannot read rows by none\.json/);
  });

  it("change nothing, and say so", async () => {
    writeFileSync(
      join(folder.path, "over.job.json"),
      JSON.stringify({ items: ["a"], worker: ["node", "worker.js"], checkpoint: output }),
    );
    const names = () => readdirSync(folder.path, { recursive: true, encoding: "utf8" }).sort();
    const before = names();
    for (const args of [
      ["clear", "--yes", output],
      ["repair", "--yes", output],
      ["run", "over.job.json"],
      ["run", "--detach", "over.job.json"],
      ["plan", "over.job.json"],
    ]) {
      const { code, stderr, stdout } = await run(...args);
      assert.deepEqual([code, stdout], [2, ""], args.join(" "));
      assert.match(
        stderr,
        /another tool's file \(openai-batch\), which is only read, and nothing was changed/,
      );
    }
    assert.deepEqual(names(), before);
  });
});
