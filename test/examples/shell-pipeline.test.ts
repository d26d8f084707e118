import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { root } from "../setup/root.js";
import { runCli } from "../support/cli.js";
import { copyOfExample, killAndResume } from "../support/killedExample.js";

interface Measures {
  lines: number;
  words: number;
  bytes: number;
  headings: number;
  frequent: string[];
  sha256: string;
}

describe("examples/shell-pipeline", () => {
  let folder: ReturnType<typeof copyOfExample>;
  before(function () {
    if (!existsSync("/bin/sh")) this.skip();
  });
  beforeEach(() => {
    folder = copyOfExample("shell-pipeline");
  });
  afterEach(() => folder.remove());

  async function results(): Promise<Map<string, Measures>> {
    const { stdout } = await runCli(["results", "measure.job.json"], { cwd: folder.path });
    const lines = stdout.trim().split("\n");
    return new Map(lines.map((line) => JSON.parse(line)).map(({ id, result }) => [id, result]));
  }

  it("measures this project's own pages", async () => {
    const { code, stderr } = await runCli(["run", "measure.job.json", "--items", `${root}/*.md`], {
      cwd: folder.path,
    });
    assert.equal(code, 0, stderr);
    const found = await results();
    assert.ok(found.size >= 3);
    for (const [path, measures] of found) {
      const bytes = readFileSync(join(folder.path, path));
      const text = bytes.toString("utf8");
      assert.equal(measures.bytes, bytes.length);
      assert.equal(measures.lines, text.split("\n").length - 1);
      assert.equal(measures.headings, text.match(/^#/gm)?.length);
      assert.equal(measures.sha256, createHash("sha256").update(bytes).digest("hex"));
      assert.ok(measures.frequent.every((word) => text.toLowerCase().includes(word)));
    }
  });

  it("names files that exist in its job file", () => {
    const { items } = JSON.parse(readFileSync(join(folder.path, "measure.job.json"), "utf8"));
    const paths = globSync(items, { cwd: join(root, "examples/shell-pipeline"), expandDirectories: false });
    assert.ok(
      paths.length >= 100 && paths.some((path) => path.endsWith("ARCHITECTURE.md")),
      `${paths.length}`,
    );
  });

  it("gives ids back as they came, and fails a path that it cannot read", () => {
    const odd = "a \"q\" \\ '$(x)' `x` é 😀 *.md";
    writeFileSync(join(folder.path, odd), "# one\ntwo words\n");
    const requests = [odd, "line\nend", "missing"].map((path) =>
      JSON.stringify({ id: path, item: { path }, attempt: 1 }),
    );
    const { stdout, status } = spawnSync("/bin/sh", ["worker.sh"], {
      cwd: folder.path,
      encoding: "utf8",
      input: `{"type":"hello","protocol":1,"job":"measure"}\n${requests.join("\n")}\n`,
    });
    assert.equal(status, 0);
    const [first, second, third] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual([first.id, first.result.words, first.result.headings], [odd, 4, 1]);
    assert.deepEqual([second.id, second.error.cause], ["line\nend", "bad-request"]);
    assert.deepEqual([third.id, third.error.cause], ["missing", "bad-request"]);
  });

  it("goes on where it was after a kill -9 in the middle", async () => {
    const items = `${root}/node_modules/[a-c]*/README.md`;
    const expected = globSync(items, { absolute: true, expandDirectories: false });
    assert.ok(expected.length >= 25, `${expected.length}`);
    await killAndResume("measure.job.json", folder.path, items);
    assert.equal((await results()).size, expected.length);
  });
});
