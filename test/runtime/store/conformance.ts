import assert from "node:assert/strict";
import { maxRecordBytes } from "../../../src/runtime/config.js";
import { type ItemId, type ItemKey, keyOf } from "../../../src/runtime/format/itemId.js";
import type { CheckpointRecord, WritableRecord } from "../../../src/runtime/format/record.js";
import type { JobState } from "../../../src/runtime/state/jobState.js";
import type { CheckpointStore, JobLog, OpenOptions } from "../../../src/runtime/store/store.js";
import { plainState } from "../../support/plainState.js";

export interface StoreUnderTest {
  /** Opens the same place anew, as another process would. */
  connect(): CheckpointStore;
  dispose(): Promise<void> | void;
}

const atMs = 1_748_107_200_123;
const ids: ItemId[] = ["a", "1", 1, 9007199254740993n, "__proto__", "é", "e\u0301", "\ud800", true, null, ""];

const run = (number: number, token: string): WritableRecord => {
  return { type: "run-started", atMs, run: number, pid: 1, host: "ada", token };
};
const done = (item: ItemKey, more: object = {}): WritableRecord => ({
  type: "done",
  atMs,
  item,
  attempt: 1,
  run: 1,
  ...more,
});
const attempt = (item: ItemKey, number = 1) => ({ atMs, item, run: 1, attempt: number });

/** What every store must give back of a state; a foreign file adds what only it has. */
function kept(state: JobState) {
  const { job, label, total, done, open, presence, runs, doneMs, doneUsage, usage, steps } =
    plainState(state);
  return { job, label, total, done, open, presence, runs, doneMs, doneUsage, usage, steps };
}

/**
 * What every store of checkpoints does. A new store's test is two lines: make it, and call this.
 * A store may hold finished items already (a file of another tool), but no job.
 */
export function storeConformance(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name}, as every store,`, () => {
    let place: StoreUnderTest;
    let store: CheckpointStore;
    let log: JobLog | undefined;

    const open = async (options?: OpenOptions, job = "job") => {
      log = await place.connect().open(job, options);
      return log;
    };
    const close = async () => {
      await log?.close();
      log = undefined;
    };
    const load = () => place.connect().load("job");

    beforeEach(async () => {
      place = await make();
      store = place.connect();
    });
    afterEach(async () => {
      await close();
      await place.dispose();
    });

    it("loads a job that nobody opened, and changes nothing by that", async () => {
      for (let n = 0; n < 2; n++) {
        const { state, scan, holder } = await store.load("job");
        assert.deepEqual([state.job, state.runs.size, state.open.size, holder], [null, 0, 0, null]);
        assert.equal(scan.damageCount, 0);
      }
    });

    it("gives back what was appended, after a start anew", async () => {
      const opened = await open({ label: "w47", jobFile: "../a.job.ts" });
      const known = opened.state.done.size;
      const usage = { inputTokens: 3, outputTokens: 4, usd: 0.25 };
      await opened.append([run(1, opened.token), { type: "input", atMs, run: 1, total: 20 }], "synced");
      await opened.append([{ ...attempt(keyOf("b")), type: "started" }], "written");
      await opened.append(
        [{ ...attempt(keyOf("b")), type: "step", step: "outline", op: "o", result: 1 }],
        "synced",
      );
      await opened.append(
        [{ ...attempt(keyOf("b")), type: "failed", cause: "timeout", message: "late", usage }],
        "synced",
      );
      await opened.append(
        [done(keyOf("c"), { result: { x: [1, "é"] }, ms: 40, usage, hash: "h" })],
        "synced",
      );
      await opened.append([{ type: "gone", atMs, item: keyOf("d"), run: 1 }], "written");
      await opened.append([{ type: "run-ended", atMs, run: 1, reason: "stopped" }], "synced");
      const before = structuredClone(kept(opened.state));
      await close();
      const { state, scan } = await load();
      assert.deepEqual(kept(state), before);
      assert.equal(state.done.size, known + 1);
      assert.deepEqual([state.jobFile, state.doneMs, state.usage.usd], ["../a.job.ts", 40, 0.5]);
      assert.deepEqual([scan.damageCount, scan.tornTail], [0, false]);
    });

    it("goes on where it was left, again and again", async () => {
      const before = (await load()).state.done.size;
      for (let n = 1; n <= 4; n++) {
        const opened = await open();
        assert.equal(opened.state.done.size, before + n - 1);
        await opened.append([run(n, opened.token), done(keyOf(`item-${n}`))], "synced");
        await close();
      }
      const { state } = await load();
      assert.deepEqual([state.done.size, state.runs.size], [before + 4, 4]);
    });

    it("keeps ids of every kind apart", async () => {
      const opened = await open();
      for (const id of ids) await opened.append([done(keyOf(id))], "synced");
      await close();
      const { state } = await load();
      for (const id of ids) assert.ok(state.done.has(keyOf(id)), String(id));
    });

    it("keeps every record of callers that wait at the same time, whatever they wait for", async () => {
      const opened = await open();
      const items = Array.from({ length: 200 }, (_, i) => keyOf(`many-${i}`));
      await Promise.all(
        items.map((item, i) => opened.append([done(item)], i % 3 === 0 ? "written" : "synced")),
      );
      await close();
      const { state } = await load();
      assert.deepEqual(
        items.filter((item) => !state.done.has(item)),
        [],
      );
    });

    it("takes a record twice without a difference", async () => {
      const opened = await open();
      for (let n = 0; n < 2; n++)
        await opened.append([done(keyOf("a"), { ms: 5, usage: { usd: 1 } })], "synced");
      const before = structuredClone(kept(opened.state));
      await close();
      assert.deepEqual(kept((await load()).state), before);
      assert.equal(before.doneMs, 5);
    });

    it("shows every loaded record to who asks, finished items before what came after them", async () => {
      const opened = await open();
      await opened.append(
        [run(1, opened.token), done(keyOf("a")), { ...attempt(keyOf("b")), type: "started" }],
        "synced",
      );
      await close();
      const seen: CheckpointRecord[] = [];
      await place.connect().load("job", ({ record }) => seen.push(record));
      const types = seen.map((record) => record.type);
      for (const type of ["job", "run-started", "started"]) assert.ok(types.includes(type as never), type);
      assert.ok(types.includes("done") || types.includes("snapshot"));
      const again: CheckpointRecord[] = [];
      await open({ onRecord: ({ record }) => again.push(record) });
      assert.deepEqual(again, seen);
    });

    it("says who holds the job while it is open, and nobody afterwards", async () => {
      const opened = await open();
      const { holder } = await load();
      assert.deepEqual([holder?.token, holder?.pid], [opened.token, process.pid]);
      const { token } = opened;
      await close();
      assert.equal((await load()).holder, null);
      assert.notEqual((await open()).token, token);
    });

    it("refuses a record that no reader would take, and goes on", async () => {
      const opened = await open();
      await assert.rejects(
        opened.append([done(keyOf("big"), { result: "x".repeat(maxRecordBytes) })], "synced"),
        RangeError,
      );
      await opened.append([done(keyOf("small"))], "synced");
      assert.ok(!opened.state.done.has(keyOf("big")));
      await close();
      const { state, scan } = await load();
      assert.deepEqual([state.done.has(keyOf("big")), state.done.has(keyOf("small"))], [false, true]);
      assert.equal(scan.damageCount, 0);
    });

    it("takes nothing after it was closed, and may be closed twice", async () => {
      const opened = await open();
      await opened.close();
      await opened.close();
      await assert.rejects(opened.append([done(keyOf("late"))], "synced"), { code: "AJ_CLOSED" });
      assert.equal((await load()).state.done.has(keyOf("late")), false);
    });

    it("finishes what was appended before it is closed", async () => {
      const opened = await open();
      const appended = opened.append([done(keyOf("last"))], "synced");
      await close();
      await appended;
      assert.ok((await load()).state.done.has(keyOf("last")));
    });

    it("keeps jobs apart: by refusing a second one, or by holding both", async () => {
      await (await open()).append([done(keyOf("mine"))], "synced");
      await close();
      if (!store.supports.manyJobs) {
        await assert.rejects(open({}, "other"), { code: "AJ_OTHER_JOB" });
        await assert.rejects(open({ label: "w47" }), { code: "AJ_OTHER_JOB" });
        assert.equal((await load()).holder, null);
      } else assert.equal((await open({}, "other")).state.done.has(keyOf("mine")), false);
      await close();
      assert.ok((await open()).state.done.has(keyOf("mine")));
    });

    it("refuses a job id that is none", async () => {
      for (const job of ["", undefined, 5]) await assert.rejects(store.open(job as string), TypeError);
    });

    it("is not asked to stop unless somebody asks", async () => {
      assert.equal(await (await open()).stopRequested(), false);
    });
  });
}
