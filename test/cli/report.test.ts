import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";

describe("agent-jobs report", () => {
  let folder: ReturnType<typeof scratchFolder>;
  before(async () => {
    const job = `export default { items: ["ann@example.com", "bob@example.com"], retry: false, process: (item) => {
      if (item.startsWith("bob")) throw new Error("no reply for " + item);
      return { mood: "private" };
    } };`;
    folder = scratchFolder({ "mood.job.mjs": job });
    assert.equal((await cli("run", "mood.job.mjs")).code, 1);
  });
  after(() => folder.remove());
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const path = (name: string) => join(folder.path, name);

  it("writes one page beside where it is called, again over its own, and over nothing else", async () => {
    const first = await cli("report", "mood.job.mjs");
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^Wrote mood-report\.html: figures, no results, without item ids\./);
    const page = readFileSync(path("mood-report.html"), "utf8");
    assert.match(page, /^<!doctype html>[\s\S]*no reply for \[item\][\s\S]*<\/html>\n$/);
    assert.doesNotMatch(page, /private|ann@|bob@/);
    const again = await cli("report", "mood.job.mjs", "--json", "--results", "--ids");
    assert.deepEqual(JSON.parse(again.stdout), {
      report: path("mood-report.html"),
      results: true,
      ids: true,
    });
    assert.match(readFileSync(path("mood-report.html"), "utf8"), /bob@example\.com[\s\S]*private/);
    writeFileSync(path("mood-report.html"), "a letter");
    const refused = await cli("report", "mood.job.mjs");
    assert.equal(refused.code, 74);
    assert.match(refused.stderr, /Will not overwrite .*mood-report\.html.*--out/);
    assert.equal(readFileSync(path("mood-report.html"), "utf8"), "a letter");
  });

  it("is of one job that was run, in any format, to standard output where asked", async () => {
    copyFileSync(resolve("test/fixtures/article/a1-half-847-of-1000.jsonl"), path("checkpoints/batch.jsonl"));
    const foreign = await cli("report", "checkpoints/batch.jsonl", "--out", "-");
    assert.match(foreign.stdout, /<dd>847<\/dd>[\s\S]*a file in the article format/);
    const several = await cli("report", ".");
    assert.equal(several.code, 2);
    assert.match(several.stderr, /A report is of one job/);
    writeFileSync(path("new.job.mjs"), "export default {}");
    const unrun = await cli("report", "new.job.mjs");
    assert.deepEqual([unrun.code, existsSync(path("new-report.html"))], [2, false]);
    assert.match(unrun.stderr, /There is nothing to report of new yet/);
    const nowhere = await cli("report", "mood.job.mjs", "--out", "no/such/folder.html");
    assert.equal(nowhere.code, 74);
    assert.match(nowhere.stderr, /Cannot write .*folder\.html/);
  });
});
