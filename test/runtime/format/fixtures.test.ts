import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SnapshotRecord } from "../../../src/runtime/format/record.js";
import { root } from "../../setup/root.js";
import { scanBytes } from "../../support/scan.js";

const folder = join(root, "test/fixtures");
/** File, format, done items, torn tail, reasons of faults. */
type Row = [file: string, format: string, done: number, tornTail: boolean, ...faults: string[]];
const article = "article";
const f2 = "agent-resume";
const rows: Row[] = [
  ["article/a0-empty.jsonl", "empty", 0, false],
  ["article/a1-half-847-of-1000.jsonl", article, 847, false],
  ["article/a2-complete-1000.jsonl", article, 1000, false],
  ["article/a3-torn-tail.jsonl", article, 5, true],
  ["article/a5-duplicate-ids.jsonl", article, 3, false],
  ["article/a8-complete-record-no-newline.jsonl", article, 3, false],
  ["article/a11-with-result-field.jsonl", article, 3, false],
  ["agent-resume-py/00-empty.ckpt", "empty", 0, false],
  ["agent-resume-py/01-first-item.ckpt", f2, 1, false],
  ["agent-resume-py/02-half-5-of-10.ckpt", f2, 5, false],
  ["agent-resume-py/03-complete-10-of-10.ckpt", f2, 10, false],
  ["agent-resume-py/04-int-items-7-of-10.ckpt", f2, 7, false],
  ["agent-resume-py/05-sigkill-mid-run.ckpt", f2, 28, false],
  ["agent-resume-py/06-torn-tail.ckpt", f2, 2, true],
  ["agent-resume-py/08-complete-record-no-newline.ckpt", f2, 2, false],
  ["agent-resume-py/10-blank-lines.ckpt", f2, 3, false],
  ["agent-resume-py/11-duplicate-work-items.ckpt", f2, 2, false],
  ["agent-resume-py/12-failed-item-recorded-as-done.ckpt", f2, 3, false],
  ["agent-resume-py/14-nan-infinity.ckpt", f2, 1, false],
  ["agent-resume-py/16-mixed-id-types.ckpt", f2, 5, false],
  ["agent-resume-py/17-item-key-ids.ckpt", f2, 2, false],
  ["agent-resume-py/20-after-clear-restart.ckpt", f2, 2, false],
  ["agent-resume-py/21-quadratic-200-items.ckpt", f2, 200, false],
  ["agent-resume-rs/half-3-of-5.ckpt", f2, 3, false],
  ["handmade/array-line.ckpt", f2, 1, false, "wrong-shape"],
  ["handmade/bom.ckpt", f2, 1, false],
  ["handmade/crlf.ckpt", f2, 1, false],
  ["handmade/extra-keys.ckpt", f2, 1, false],
  ["handmade/header-line.ckpt", f2, 1, false, "wrong-shape"],
  ["handmade/nul-tail.ckpt", f2, 1, true],
  ["handmade/torn-in-middle.ckpt", f2, 1, false, "torn"],
  ["handmade/turn-missing.ckpt", "unknown", 0, false, "wrong-shape"],
  ["handmade/turn-string.ckpt", "unknown", 0, false, "wrong-shape"],
  ["handmade/whitespace-only.ckpt", "empty", 0, false],
  ["siblings/conversation-codec-rs/conv.jsonl", "unknown", 0, false, ...Array(3).fill("wrong-shape")],
  ["siblings/conversation-codec-rs/conv-torn.jsonl", "unknown", 0, true, ...Array(3).fill("wrong-shape")],
  [
    "siblings/conversation-codec-rs/conv-torn-append.jsonl",
    ...(["unknown", 0, false, ...Array<string>(3).fill("wrong-shape"), "not-json"] as const),
  ],
];

describe("a file of another system", () => {
  for (const [file, ...expected] of rows)
    it(`${file} is ${expected.slice(0, 2).join(", ")} done${expected[2] ? ", torn tail" : ""}`, () => {
      const { summary, done } = scanBytes(readFileSync(join(folder, file)));
      const reasons = summary.faults.map((fault) => fault.reason);
      assert.deepEqual([summary.format, done.length, summary.tornTail, ...reasons], expected);
    });

  it("that is no checkpoint is unknown, or at most a first record's beginning", () => {
    const known = new Set(rows.map(([file]) => join(folder, file)));
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || known.has(path) || entry.name === "README.md") continue;
      const { summary, done } = scanBytes(readFileSync(path));
      assert.deepEqual([summary.format, done.length], ["unknown", 0], path);
    }
  });

  it("keeps ids of all types apart", () => {
    const { done } = scanBytes(readFileSync(join(folder, "agent-resume-py/16-mixed-id-types.ckpt")));
    assert.deepEqual(done, ["1", '"1"', "2.5", "false", '"False"']);
  });

  it("keeps the exact text of the user's state", () => {
    const { records } = scanBytes(readFileSync(join(folder, "agent-resume-py/14-nan-infinity.ckpt")));
    const snapshot = records.at(-1)!.record as SnapshotRecord;
    assert.equal(snapshot.stateText, '{"cost":NaN,"max":Infinity,"min":-Infinity}');
    assert.deepEqual(snapshot.state, { cost: null, max: null, min: null });
  });
});
