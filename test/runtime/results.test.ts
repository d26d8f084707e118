import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { encodeRecord } from "../../src/runtime/format/record.js";
import { readResults } from "../../src/runtime/results.js";
import { eventsPathOf } from "../../src/runtime/store/follow.js";
import { scratchFolder } from "../support/cli.js";

describe("results of an agent-resume file", () => {
  let folder: ReturnType<typeof scratchFolder>;
  afterEach(() => folder.remove());

  it('are told apart for `1` and `"1"`, which are one member of its state', async () => {
    const line = {
      turn: 1,
      state: { results: { "1": "of the text" } },
      completed_items: ["1", 1],
      timestamp: 1,
    };
    folder = scratchFolder({ "a.ckpt": `${JSON.stringify(line)}\n` });
    const path = join(folder.path, "a.ckpt");
    const measured = { type: "measured" as const, atMs: 1, run: 1, attempt: 1 };
    writeFileSync(eventsPathOf(path), encodeRecord({ ...measured, item: keyOf(1), result: "of the number" }));
    const found = [];
    for await (const one of readResults(path)) found.push(one);
    assert.deepEqual(found, [
      { item: '"1"', result: "of the text" },
      { item: "1", result: "of the number" },
    ]);
  });

  it('go to neither of `1` and `"1"` where nothing tells whose the one is', async () => {
    const line = { turn: 1, state: { results: { "1": "whose?" } }, completed_items: ["1", 1], timestamp: 1 };
    folder = scratchFolder({ "a.ckpt": `${JSON.stringify(line)}\n` });
    const found = [];
    for await (const one of readResults(join(folder.path, "a.ckpt"))) found.push(one.result);
    assert.deepEqual(found, [undefined, undefined]);
  });
});
