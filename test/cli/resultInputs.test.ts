import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";

const items = "id,text\n1,one\n2,two\n3,three\n";

describe("agent-jobs results --with-input", () => {
  let folder: ReturnType<typeof scratchFolder>;
  before(async () => {
    const job = `export default { items: "items.csv", process: (item) => item.text.length };`;
    folder = scratchFolder({ "count.job.mjs": job, "items.csv": items });
    assert.equal((await cli("run", "count.job.mjs")).code, 0);
  });
  after(() => folder.remove());
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });
  const path = (name: string) => join(folder.path, name);

  it("says of which items the input is gone or changed since, and takes another input", async () => {
    writeFileSync(path("items.csv"), "id,text\n2,twain\n3,three\n");
    writeFileSync(path("before.csv"), items);
    const { code, stdout, stderr } = await cli("results", "count.job.mjs", "--with-input");
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
      [
        { id: "1", input: null, result: 3 },
        { id: "2", input: { id: "2", text: "twain" }, result: 3 },
        { id: "3", input: { id: "3", text: "three" }, result: 5 },
      ],
    );
    assert.match(stderr, /1 done item of count is no longer in its input, so `input` is null there: 1\./);
    assert.match(stderr, /1 item of count changed since its result was made; .* now: 2\./);
    const given = await cli("results", "count.job.mjs", "--with-input", "--items", "before.csv");
    assert.match(given.stdout, /\{"id":"1","input":\{"id":"1","text":"one"\},"result":3\}/);
    assert.equal(given.stderr, "");
  });

  it("is refused where nothing says what the input is", async () => {
    const alone = await cli("results", "checkpoints/count.jsonl", "--with-input");
    assert.equal(alone.code, 2);
    assert.match(alone.stderr, /--with-input needs the job file.*Name the NAME\.job\.ts/);
    const definition = { command: ["true"], checkpoint: "checkpoints/count.jsonl" };
    writeFileSync(path("loop.job.json"), JSON.stringify(definition));
    const program = await cli("results", "loop.job.json", "--with-input");
    assert.equal(program.code, 2);
    assert.match(program.stderr, /has its items itself.*--items/);
    rmSync(path("items.csv"));
    const gone = await cli("results", "count.job.mjs", "--with-input");
    assert.deepEqual([gone.code, gone.stdout], [2, ""]);
    assert.match(gone.stderr, /There is no items file .*items\.csv/);
    assert.equal((await cli("results", "count.job.mjs", "--items", "before.csv")).code, 2);
  });
});
