import assert from "node:assert/strict";
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { encodeRecord } from "../../src/runtime/format/record.js";
import { saveResults } from "../../src/runtime/saveResults.js";
import { scratchFolder } from "../support/cli.js";

const doneOf = (id: string | number, result: unknown): Buffer =>
  encodeRecord({ type: "done", atMs: 1, run: 1, attempt: 1, item: keyOf(id), result });

describe("saved results", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let checkpoint: string;
  beforeEach(() => {
    folder = scratchFolder({});
    checkpoint = join(folder.path, "n.jsonl");
    writeFileSync(checkpoint, Buffer.concat(["a", "b"].map((id) => doneOf(id, { n: id }))));
  });
  afterEach(() => folder.remove());

  it("are lines, over what was there before", async () => {
    const path = join(folder.path, "out.jsonl");
    writeFileSync(path, "old\n");
    assert.equal(await saveResults(checkpoint, path), 2);
    assert.equal(
      readFileSync(path, "utf8"),
      '{"id":"a","result":{"n":"a"}}\n{"id":"b","result":{"n":"b"}}\n',
    );
  });

  it("are a table where the name ends so", async () => {
    const path = join(folder.path, "out.CSV");
    await saveResults(checkpoint, path);
    assert.equal(readFileSync(path, "utf8"), "id,n\na,a\nb,b\n");
  });

  it("are saved over those that were saved before", async () => {
    const path = join(folder.path, "out.jsonl");
    await saveResults(checkpoint, path);
    appendFileSync(checkpoint, doneOf("c", 1));
    assert.equal(await saveResults(checkpoint, path), 3);
  });

  it("have in a table a column for whatever one of many has", async () => {
    const records = Array.from({ length: 2_500 }, (_, i) => doneOf(i, { [`m${i % 3}`]: i }));
    writeFileSync(checkpoint, Buffer.concat(records));
    const path = join(folder.path, "out.csv");
    assert.equal(await saveResults(checkpoint, path), 2_500);
    const lines = readFileSync(path, "utf8").split("\n");
    assert.deepEqual([lines[0], lines[2], lines[2_500]], ["id,m0,m1,m2", "1,,1,", "2499,2499,,"]);
    assert.equal(lines.length, 2_502);
  });

  it("as a table are those that were there when its columns were known", async () => {
    const path = join(folder.path, "out.csv");
    let told = 0;
    const onResult = () => {
      // While they are read for the second time: the first reading takes whatever it comes to.
      if (++told === 3) appendFileSync(checkpoint, doneOf("c", { other: 1 }));
    };
    assert.equal(await saveResults(checkpoint, path, { onResult }), 2);
    assert.equal(readFileSync(path, "utf8"), "id,n\na,a\nb,b\n");
  });

  it("as a table are not mixed with those of a file that took the checkpoint's place", async () => {
    const path = join(folder.path, "out.csv");
    let told = 0;
    const onResult = () => {
      if (++told === 2) writeFileSync(checkpoint, doneOf("z", { m: 1 }));
    };
    await assert.rejects(saveResults(checkpoint, path, { onResult }), { code: "AJ_CHANGED" });
    assert.deepEqual(readdirSync(folder.path), ["n.jsonl"]);
  });

  it("go to where a link leads, which stays a link to a file of the same mode", async function () {
    if (process.platform === "win32") return this.skip();
    const [path, target] = [join(folder.path, "out.jsonl"), join(folder.path, "real.jsonl")];
    writeFileSync(target, "old\n");
    chmodSync(target, 0o664); // the usual umask would take a part of it away
    symlinkSync(target, path);
    await saveResults(checkpoint, path);
    assert.ok(lstatSync(path).isSymbolicLink());
    assert.match(readFileSync(target, "utf8"), /^{"id":"a"/);
    assert.equal(statSync(target).mode & 0o777, 0o664);
  });

  it("never take the place of a part of a job, by whatever name it is called", async () => {
    const other = join(folder.path, "other.jsonl.bak-20261129T200000Z");
    const snapshot = join(folder.path, "b.ckpt");
    const jobFile = join(folder.path, "n.job.json");
    const link = join(folder.path, "link.jsonl");
    writeFileSync(other, readFileSync(checkpoint));
    writeFileSync(snapshot, '{"turn":1,"state":{},"completed_items":["a"],"timestamp":1}\n');
    writeFileSync(jobFile, "{}");
    if (process.platform !== "win32") symlinkSync(checkpoint, link);
    const taken = [checkpoint, other, snapshot, jobFile, ...(process.platform === "win32" ? [] : [link])];
    for (const path of taken) {
      const before = readFileSync(path);
      await assert.rejects(saveResults(checkpoint, path), { code: "AJ_WRITE" }, path);
      assert.deepEqual(readFileSync(path), before);
    }
  });

  it("leave what was there where they are cancelled, and nothing beside it", async () => {
    const path = join(folder.path, "out.jsonl");
    writeFileSync(path, "old\n");
    const ending = new AbortController();
    const onResult = (count: number) => count === 1 && ending.abort(new Error("enough"));
    await assert.rejects(saveResults(checkpoint, path, { signal: ending.signal, onResult }), /enough/);
    assert.equal(readFileSync(path, "utf8"), "old\n");
    assert.deepEqual(readdirSync(folder.path).sort(), ["n.jsonl", "out.jsonl"]);
  });

  it("leave what was there where the checkpoint cannot be read", async () => {
    const path = join(folder.path, "out.jsonl");
    writeFileSync(path, "old\n");
    await assert.rejects(saveResults(join(folder.path, "gone.jsonl"), path));
    assert.equal(readFileSync(path, "utf8"), "old\n");
  });
});
