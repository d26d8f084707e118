import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { planCompaction } from "../../../src/runtime/compact.js";
import { markDoneByPerson } from "../../../src/runtime/doubt.js";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { mergeCheckpoints } from "../../../src/runtime/merge.js";
import { clearCheckpoint, planRepairOf, undoLast } from "../../../src/runtime/repair.js";
import { AgentResume } from "../../../src/runtime/session/agentResume.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { requestStop } from "../../../src/runtime/store/stopRequest.js";
import { scratchFolder } from "../../support/cli.js";
import { foreignFixture } from "../../support/foreign.js";

/** Every name and byte of a folder. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.sort().map((path) => [path, readFileSync(path, "latin1")]));
}

describe("a file of another tool", () => {
  let folder: ReturnType<typeof scratchFolder>;
  before(() => {
    folder = scratchFolder();
    cpSync(foreignFixture("."), folder.path, { recursive: true });
  });
  after(() => folder.remove());

  const writers: Record<string, (path: string) => Promise<unknown>> = {
    "opening it": (path) => new JsonlStore(path).open("j"),
    "resuming it": (path) => new AgentResume({ store: new JsonlStore(path) }).resumeOrStart("j"),
    "repairing it": (path) => planRepairOf(path),
    "compacting it": (path) => planCompaction(path),
    "clearing it": (path) => clearCheckpoint(path),
    "undoing a clear of it": (path) => undoLast(path),
    "marking its items": (path) => markDoneByPerson(path, "j", [keyOf("invoice-009")]),
    "merging it": (path) =>
      mergeCheckpoints([path, join(folder.path, "none.jsonl")], join(folder.path, "into.jsonl")),
    "merging into it": (path) => mergeCheckpoints([join(folder.path, "a"), join(folder.path, "b")], path),
  };

  it("is never written, locked, moved or given a neighbour, whatever is tried", async () => {
    const before = contents(folder.path);
    const paths = Object.keys(before).filter(
      (path) => /\.(jsonl|json|out)$/.test(path) && !path.includes("json-lines"),
    );
    assert.ok(paths.length >= 10);
    for (const path of paths) {
      for (const [what, write] of Object.entries(writers))
        await assert.rejects(write(path), { code: "AJ_FOREIGN" }, `${what}: ${path}`);
      assert.equal(await requestStop(path), null);
      await new JsonlStore(path).load("j");
    }
    assert.deepEqual(contents(folder.path), before);
  });

  it("is refused by saying what it is and what to do", async () => {
    const path = join(folder.path, "openai/batch_6742f1c2_output.jsonl");
    await assert.rejects(
      clearCheckpoint(path),
      /another tool's file \(openai-batch\), which is only read.*name a checkpoint/,
    );
  });
});
