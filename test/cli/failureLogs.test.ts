import assert from "node:assert/strict";
import { runCli, scratchFolder } from "../support/cli.js";

const job = `
const texts = { a: "calling", b: "calling", done: "all is well", "-x": "odd" };
export default {
  items: [...Object.keys(texts).map((id) => ({ id })), { id: 1 }, { id: "1" }],
  process({ id }, ctx) {
    for (let n = 0; n < (id === "b" ? 25 : 2); n++) ctx.log(texts[id] ?? typeof id, n);
    if (id !== "done") throw new Error("no luck with " + id);
  },
};`;

describe("failures --log", () => {
  let scratch: ReturnType<typeof scratchFolder>;
  before(async () => {
    scratch = scratchFolder({ "n.job.mjs": job });
    assert.equal((await runCli(["run", "n.job.mjs"], { cwd: scratch.path })).code, 1);
  });
  after(() => scratch.remove());
  const failures = (...args: string[]) => runCli(["failures", "n.job.mjs", ...args], { cwd: scratch.path });
  /** The texts of the log lines below an item's row. */
  const below = (stdout: string, id: string) => {
    const lines = stdout.split("\n");
    const at = lines.findIndex((line) => line.startsWith(`  ${id}  `));
    const end = lines.findIndex((line, i) => i > at && !line.startsWith("    "));
    return lines
      .slice(at + 1, end)
      .map((line) => line.trim().replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}/, ""));
  };

  it("prints each failed item's own lines under it, the newest last, and says where the others are", async () => {
    const { code, stdout } = await failures("--log");
    assert.equal(code, 0);
    assert.deepEqual(below(stdout, "a"), ["calling 0", "calling 1", "failed (other): no luck with a"]);
    const lines = below(stdout, "b");
    assert.match(lines[0]!, /16 earlier lines: agent-jobs failures n\.job\.mjs --log --item b$/);
    assert.deepEqual(lines.slice(-2), ["calling 24", "failed (other): no luck with b"]);
    assert.equal(lines.length, 11);
    assert.ok(!stdout.includes("all is well"));
  });

  it("prints all lines of one item, failed or not", async () => {
    const { stdout } = await failures("--log", "--item", "b");
    assert.equal(below(stdout, "b").length, 26);
    assert.ok(!stdout.includes("no luck with a"));
    const done = (await failures("--log", "--item", "done")).stdout;
    assert.deepEqual(below(done, "done"), ["all is well 0", "all is well 1"]);
  });

  it("takes ids as JSON where a bare one names two items, or reads as an option", async () => {
    const both = await failures("--log", "--item", "1");
    assert.equal(both.code, 2);
    assert.match(both.stderr, /'"1"' or '1'/);
    assert.match((await failures("--log", "--item", '"1"')).stdout, /string 0/);
    assert.match((await failures("--log", "--item", '"-x"')).stdout, /odd 0/);
  });

  it("is exit code 2 for an item that nobody knows", async () => {
    const { code, stderr } = await failures("--item", "zz");
    assert.equal(code, 2);
    assert.match(stderr, /"zz"/);
  });

  it("has the lines of each item in JSON", async () => {
    const { failures: failed, logs } = JSON.parse((await failures("--log", "--json")).stdout);
    assert.equal(failed.length, 5);
    const found = logs.find(({ item }: { item: unknown }) => item === 1);
    assert.deepEqual(
      [found.job, found.left, found.lines.map(({ text }: { text: string }) => text)],
      ["n", 0, ["number 0", "number 1", "failed (other): no luck with 1"]],
    );
  });
});
