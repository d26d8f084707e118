import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../setup/root.js";

type Run = { code: number; stdout: string; stderr: string };
type Result = { words: number; sentences: number; readingEase: number; longestWord: string };
type ResultLine = { id: string; result: Result };

const cli = join(root, "dist/cli.js");

describe("examples/hello, copied to a folder of its own", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "agent-jobs-hello-"));
    cpSync(join(root, "examples/hello"), folder, {
      recursive: true,
      filter: (path) => !path.endsWith("checkpoints"),
    });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function agentJobs(...args: string[]): Promise<Run> {
    return new Promise((resolve, reject) => {
      const env = { ...process.env, HELLO_DELAY_MS: "0" };
      execFile(process.execPath, [cli, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === "number") resolve({ code, stdout, stderr });
        else reject(error);
      });
    });
  }

  const status = async () =>
    JSON.parse((await agentJobs("status", "hello.job.mjs", "--json")).stdout).jobs[0];

  it("finishes all but three texts, and one of those at the second attempt", async () => {
    const first = await agentJobs("run", "hello.job.mjs");
    assert.equal(first.code, 1, first.stderr);
    const afterFirst = await status();
    assert.deepEqual(
      [afterFirst.state, afterFirst.total, afterFirst.done, afterFirst.failed],
      ["finished-with-failures", 126, 123, 3],
    );
    const failures = (await agentJobs("failures", "hello.job.mjs")).stdout;
    assert.match(failures, /The text is empty/);
    assert.match(failures, /encoded in cp037, which is not supported/);
    assert.match(failures, /not valid UTF-8/);

    assert.equal((await agentJobs("run", "hello.job.mjs")).code, 1);
    const afterSecond = await status();
    assert.deepEqual([afterSecond.done, afterSecond.failed], [124, 2]);
  });

  it("counts words and sentences, and finds plain words easier than long ones", async () => {
    await agentJobs("run", "hello.job.mjs");
    const { stdout } = await agentJobs("results", "hello.job.mjs");
    const lines: ResultLine[] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const results = new Map(lines.map((line) => [line.id, line.result]));
    assert.equal(results.size, 123);
    const toBe = results.get("001-shakespeare");
    assert.deepEqual([toBe?.words, toBe?.sentences, toBe?.longestWord], [10, 1, "question"]);
    assert.ok((toBe?.readingEase ?? 0) > (results.get("124-doyle")?.readingEase ?? 0));
  });

  it("holds texts whose ids are distinct", () => {
    const items = readFileSync(join(folder, "quotes.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(new Set(items.map((item) => item.id)).size, items.length);
  });
});
