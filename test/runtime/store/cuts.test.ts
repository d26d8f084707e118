import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { openSession } from "../../../src/runtime/session/openSession.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { mixedLog } from "../../support/mixedLog.js";
import { encodeAll, scanBytes } from "../../support/scan.js";

const log = mixedLog(40);
const bytes = encodeAll(log);
/** Where each record's line ends, its newline included. */
const ends = [...bytes.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1);
const sorted = (record: object) => JSON.stringify(Object.entries(record).sort());
const written = new Map(log.map((record, i) => [sorted(JSON.parse(JSON.stringify(record)) as object), i]));

/** Which of the written records were read: in order; -1 for one that nobody wrote. */
const found = (cut: Buffer) => scanBytes(cut).records.map(({ record }) => written.get(sorted(record)) ?? -1);

describe("a checkpoint that was cut at any byte", () => {
  // In memory where there is such a place: what is proved here is not the disk.
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "agent-jobs-cuts-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("gives every record before the cut and no other", () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const whole = ends.filter((end) => end - 1 <= cut).length; // a last line is whole without its newline too
      assert.deepEqual(found(bytes.subarray(0, cut)), [...Array(whole).keys()], `cut at ${cut}`);
    }
  });

  it("is continued without a loss and without damage", async function () {
    this.timeout(60_000);
    const one = async (cut: number) => {
      const path = join(folder, `${cut}.jsonl`);
      writeFileSync(path, bytes.subarray(0, cut));
      const store = new JsonlStore(path);
      const { session } = await openSession(store, "mixed");
      await session.markDone("appended", { n: cut });
      await session.close();
      const after = readFileSync(path);
      assert.ok(after.subarray(0, cut).equals(bytes.subarray(0, cut)), `cut at ${cut}`);
      const { state, scan } = await store.load("mixed");
      assert.deepEqual(
        [scan.damageCount, scan.tornTail, scan.format],
        [0, false, "agent-jobs"],
        `cut at ${cut}`,
      );
      assert.ok(state.done.has(keyOf("appended")), `cut at ${cut}`);
      const before = scanBytes(bytes.subarray(0, cut)).done;
      assert.deepEqual([...state.done], [...before, keyOf("appended")], `cut at ${cut}`);
      rmSync(path);
    };
    // Each byte of the longest lines and their ends is one of these cuts, or like one of them.
    const cuts = [...Array(bytes.length + 1).keys()].filter((cut) => cut < 2500 || cut > bytes.length - 500);
    for (let at = 0; at < cuts.length; at += 8) await Promise.all(cuts.slice(at, at + 8).map(one));
  });
});
