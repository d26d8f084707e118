import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { clearCheckpoint, undoLast } from "../../../src/runtime/backups.js";
import { applyCompaction, planCompaction } from "../../../src/runtime/compact.js";
import { markDoneByPerson } from "../../../src/runtime/doubt.js";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord, type WritableRecord } from "../../../src/runtime/format/record.js";
import { mergeCheckpoints } from "../../../src/runtime/merge.js";
import { applyRepair, planRepairOf } from "../../../src/runtime/repair.js";
import { latestRun } from "../../../src/runtime/state/jobState.js";
import { eventsPathOf } from "../../../src/runtime/store/follow.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { lockPathOf } from "../../../src/runtime/store/lock.js";
import { ownIdentity } from "../../../src/runtime/store/processIdentity.js";
import { scratchFolder } from "../../support/cli.js";

const atMs = 1_748_107_200_000;
const attempt = { item: keyOf("a"), run: 1, attempt: 1, atMs };
const records: WritableRecord[] = [
  { type: "job", atMs, v: 1, job: "j" },
  { type: "run-started", atMs, run: 1, pid: 7, host: "ada", token: "dead" },
  { ...attempt, type: "started" },
  { ...attempt, type: "failed", cause: "timeout", message: "late" },
  { ...attempt, type: "started", attempt: 2 },
];
const whole = Buffer.concat(records.map(encodeRecord));
const damage = Buffer.from('{"id":"x","ts":1,"c":"00000000"}\n');
const torn = Buffer.from('{"id":"torn","ts":17');

/** A run was killed: its lock lies there, and with it all that tells how the run ended. */
describe("A run that was killed before", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let path: string;
  beforeEach(async () => {
    folder = scratchFolder({});
    path = join(folder.path, "a.jsonl");
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    const lock = { ...(await ownIdentity()), token: "dead", pid, startTime: "1", sinceMs: Date.now() };
    writeFileSync(lockPathOf(path), JSON.stringify(lock));
  });
  afterEach(() => folder.remove());

  /** What a reader says without the lock. */
  async function told(file: string) {
    const { state, scan, holder, lost } = await new JsonlStore(file).load("j");
    assert.deepEqual([holder, lost ?? null], [null, null]);
    return { cause: latestRun(state)?.lost?.cause, damage: scan.damageCount };
  }

  for (const [what, bytes] of [
    ["", Buffer.concat([whole, damage])],
    [" of a file with a torn tail", Buffer.concat([whole, damage, torn])],
  ] as const)
    it(`is told after a repair${what}`, async () => {
      writeFileSync(path, bytes);
      await applyRepair(await planRepairOf(path));
      assert.deepEqual(await told(path), { cause: "killed", damage: 0 });
      const repaired = readFileSync(path);
      await applyRepair(await planRepairOf(path));
      assert.deepEqual(readFileSync(path), repaired);
    });

  it("is told after one line was repaired, and the torn tail stays what it was", async () => {
    writeFileSync(path, Buffer.concat([whole, damage, torn]));
    await applyRepair(await planRepairOf(path, { lines: new Set([records.length + 1]) }));
    assert.deepEqual(await told(path), { cause: "killed", damage: 0 });
  });

  it("is told after a compaction, and after nothing was left to be marked as done", async () => {
    writeFileSync(path, whole);
    const lock = readFileSync(lockPathOf(path));
    await applyCompaction(await planCompaction(path));
    assert.deepEqual(await told(path), { cause: "killed", damage: 0 });
    writeFileSync(path, Buffer.concat([whole, torn]));
    writeFileSync(lockPathOf(path), lock);
    assert.equal(await markDoneByPerson(path, "j", [keyOf("b")]), 0);
    assert.deepEqual(await told(path), { cause: "killed", damage: 0 });
  });

  it("is told in what a clear moved away, and in what an undo did", async () => {
    writeFileSync(path, Buffer.concat([whole, torn]));
    const lock = readFileSync(lockPathOf(path));
    const cleared = await clearCheckpoint(path);
    assert.deepEqual(await told(cleared!), { cause: "killed", damage: 0 });
    writeFileSync(path, whole);
    writeFileSync(lockPathOf(path), lock);
    const { backup } = await undoLast(path);
    assert.deepEqual(await told(backup!), { cause: "killed", damage: 0 });
  });

  it("is told in what its checkpoint was merged into, which alone is changed", async () => {
    const [other, into] = [join(folder.path, "b.jsonl"), join(folder.path, "all.jsonl")];
    writeFileSync(path, whole);
    writeFileSync(other, Buffer.concat(records.slice(0, 1).map(encodeRecord)));
    await mergeCheckpoints([path, other], into);
    assert.deepEqual(await told(into), { cause: "killed", damage: 0 });
    assert.deepEqual(readFileSync(path), whole);
  });

  it("is told beside another tool's file, which keeps its format", async () => {
    const article = readFileSync(resolve("test/fixtures/article/a1-half-847-of-1000.jsonl"));
    writeFileSync(path, article);
    writeFileSync(eventsPathOf(path), whole);
    const cleared = await clearCheckpoint(path);
    assert.deepEqual(readFileSync(cleared!), article);
    assert.equal((await told(cleared!)).cause, "killed");
  });
});
