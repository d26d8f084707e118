import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";

/** What results depend on, and what becomes of them where that changes. */
describe("a job that is not what its results were made by", () => {
  let folder: ReturnType<typeof scratchFolder>;
  afterEach(() => folder.remove());

  const path = (name: string) => join(folder.path, name);
  const edit = (name: string, from: string, to: string) => {
    const text = readFileSync(path(name), "utf8");
    assert.ok(text.includes(from), `${name} has no ${from}`);
    writeFileSync(path(name), text.replace(from, to));
  };
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const plan = async (job: string) => JSON.parse((await cli("plan", job, "--json")).stdout);
  const status = async (job: string) => JSON.parse((await cli("status", job, "--json")).stdout).jobs[0];
  const calls = () => readFileSync(path("calls.txt"), "utf8").trim().split("\n").sort();
  const forget = () => writeFileSync(path("calls.txt"), "");

  const shout = `
    import { appendFileSync } from "node:fs";
    import { mark } from "./mark.mjs";
    export default {
      items: "items.json",
      concurrency: 2,
      budget: { usd: 5 },
      process({ id, text }, ctx) {
        appendFileSync("calls.txt", id + "\\n");
        ctx.usage({ usd: 1 });
        return text.toUpperCase() + mark;
      },
    };`;
  const texts = (...list: [string, string][]) => JSON.stringify(list.map(([id, text]) => ({ id, text })));
  const withShout = () =>
    scratchFolder({
      "shout.job.mjs": shout,
      "mark.mjs": `export const mark = "!";`,
      "items.json": texts(["a", "one"], ["b", "two"]),
    });

  it("asks where its own code or a file that it imports changed, and names it", async () => {
    folder = withShout();
    assert.equal((await cli("run", "shout.job.mjs")).code, 0);
    edit("mark.mjs", '"!"', '"?"');
    assert.deepEqual((await plan("shout.job.mjs")).changed.sources, [
      { file: "mark.mjs", change: "changed" },
    ]);
    const asked = await cli("run", "shout.job.mjs");
    assert.equal(asked.code, 5);
    assert.match(asked.stderr, /mark\.mjs.*2 items were done before that.*--changed keep/);
    assert.equal((await cli("run", "shout.job.mjs", "--changed", "keep")).code, 0);
    // What was kept once is not asked about again.
    assert.equal((await cli("run", "shout.job.mjs")).code, 0);
    edit("shout.job.mjs", "toUpperCase", "toLowerCase");
    assert.equal((await cli("run", "shout.job.mjs")).code, 5);
  });

  it("goes on without a question where only its speed or its budget is another", async () => {
    folder = withShout();
    await cli("run", "shout.job.mjs", "--limit", "1");
    edit("shout.job.mjs", "concurrency: 2", "concurrency: 3");
    edit("shout.job.mjs", "budget: { usd: 5 }", "budget: { usd: 50 }");
    assert.equal((await cli("run", "shout.job.mjs")).code, 0);
  });

  it("does the items again whose content changed, and those alone; what was spent stays counted", async () => {
    folder = withShout();
    await cli("run", "shout.job.mjs");
    writeFileSync(path("items.json"), texts(["new", "zero"], ["a", "other"], ["b", "two"]));
    const { changed } = await plan("shout.job.mjs");
    assert.deepEqual([changed.items, changed.itemIds], [1, ["a"]]);
    const asked = await cli("run", "shout.job.mjs");
    assert.equal(asked.code, 5);
    assert.match(asked.stderr, /1 done item has other content now: a\. 1 item was done before that/);
    forget();
    const redone = await cli("run", "shout.job.mjs", "--changed", "redo");
    assert.equal(redone.code, 0, redone.stderr);
    assert.match(redone.stdout, /old results are kept as .*bak-/);
    assert.deepEqual(calls(), ["a", "new"]);
    const { done, damaged, usage, inDoubt } = await status("shout.job.mjs");
    assert.deepEqual([done, damaged, inDoubt, usage.usd], [3, false, 0, 4]);
    assert.match((await cli("results", "shout.job.mjs")).stdout, /"a","result":"OTHER!"/);
  });

  it("is a JSON job's program as well", async () => {
    const worker = `
      require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
        const { id } = JSON.parse(line);
        if (id) console.log(JSON.stringify({ id, result: 1 }));
      });`;
    const definition = (concurrency: number) =>
      JSON.stringify({ items: "items.json", worker: [process.execPath, "worker.cjs"], concurrency });
    folder = scratchFolder({
      "w.job.json": definition(1),
      "worker.cjs": worker,
      "items.json": texts(["a", "one"]),
    });
    assert.equal((await cli("run", "w.job.json")).code, 0);
    writeFileSync(path("w.job.json"), definition(2));
    assert.equal((await cli("run", "w.job.json")).code, 0);
    edit("worker.cjs", "result: 1", "result: 2");
    assert.equal((await cli("run", "w.job.json")).code, 5);
  });

  describe("with stages", () => {
    const stages = `
      import { appendFileSync } from "node:fs";
      const call = (stage, value) => { appendFileSync("calls.txt", stage + "\\n"); return value; };
      export default {
        items: "items.json",
        stages: {
          fetch: ({ text }) => call("fetch", text),
          analyze: (text) => call("analyze", text.length),
          store: (length) => call("store", length * 2),
        },
      };`;
    beforeEach(async () => {
      folder = scratchFolder({ "s.job.mjs": stages, "items.json": texts(["a", "one"], ["b", "three"]) });
      assert.equal((await cli("run", "s.job.mjs")).code, 0);
      assert.deepEqual(calls(), ["analyze", "analyze", "fetch", "fetch", "store", "store"]);
      forget();
    });

    it("does nothing again for an item that was put at the front", async () => {
      writeFileSync(path("items.json"), texts(["new", "zero"], ["a", "one"], ["b", "three"]));
      assert.equal((await cli("run", "s.job.mjs")).code, 0);
      assert.deepEqual(calls(), ["analyze", "fetch", "store"]);
    });

    it("does a stage that was added, and no other", async () => {
      edit("s.job.mjs", "length * 2),", 'length * 2),\n mail: (sum) => call("mail", sum + 1),');
      assert.equal((await plan("s.job.mjs")).changed.stages, true);
      assert.equal((await cli("run", "s.job.mjs", "--changed", "redo")).code, 0);
      assert.deepEqual(calls(), ["mail", "mail"]);
      assert.match((await cli("results", "s.job.mjs")).stdout, /"result":7/);
      assert.deepEqual((await status("s.job.mjs")).steps, { fetch: 2, analyze: 2, store: 2, mail: 2 });
    });

    it("does a stage that was changed, and after it what then has other inputs", async () => {
      edit("s.job.mjs", "text.length", "text.length % 3");
      assert.equal((await cli("run", "s.job.mjs", "--changed", "redo")).code, 0);
      // "one" has 0 now instead of 3, "three" 2 instead of 5.
      assert.deepEqual(calls(), ["analyze", "analyze", "store", "store"]);
    });
  });
});
