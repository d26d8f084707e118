import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { targetsOf } from "../../src/cli/targets.js";
import { scratchFolder } from "../support/cli.js";

describe("the jobs that a path names", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    const line = '{"id": "a", "ts": 1748107200}\n';
    folder = scratchFolder({
      "translate.py": "",
      "label.ipynb": "",
      "other.py": "",
      "checkpoints/translate.jsonl": line,
      "checkpoints/label.jsonl": line,
      "checkpoints/notes.txt": "",
    });
  });
  afterEach(() => folder.remove());
  const named = async (path: string) =>
    (await targetsOf(join(folder.path, path))).map(({ checkpoint }) => relative(folder.path, checkpoint));

  it("are those of a folder of checkpoints that is named itself", async () => {
    const both = ["checkpoints/label.jsonl", "checkpoints/translate.jsonl"];
    assert.deepEqual(await named("checkpoints"), both);
    assert.deepEqual(await named("."), both);
  });

  it("are a script's, where it has a checkpoint under its name", async () => {
    assert.deepEqual(await named("translate.py"), ["checkpoints/translate.jsonl"]);
    assert.deepEqual(await named("label.ipynb"), ["checkpoints/label.jsonl"]);
    assert.deepEqual(await named("other.py"), ["other.py"]);
    assert.deepEqual(await named("missing.py"), ["missing.py"]);
  });
});
