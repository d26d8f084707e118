import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { encodeRecord } from "../../src/runtime/format/record.js";
import { saveResults } from "../../src/runtime/saveResults.js";
import { scratchFolder } from "../support/cli.js";

describe("saved results", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let checkpoint: string;
  beforeEach(() => {
    folder = scratchFolder({});
    checkpoint = join(folder.path, "n.jsonl");
    const records = ["a", "b"].map((id) =>
      encodeRecord({ type: "done", atMs: 1, run: 1, attempt: 1, item: keyOf(id), result: { n: id } }),
    );
    writeFileSync(checkpoint, Buffer.concat(records));
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
