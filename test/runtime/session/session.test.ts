import assert from "node:assert/strict";
import { join } from "node:path";
import { type ItemId, keyOf } from "../../../src/runtime/format/itemId.js";
import { AgentResume } from "../../../src/runtime/session/agentResume.js";
import { openSession } from "../../../src/runtime/session/openSession.js";
import { operationId } from "../../../src/runtime/session/operationCache.js";
import type { Session } from "../../../src/runtime/session/session.js";
import { latestRun } from "../../../src/runtime/state/jobState.js";
import { endingOf, statusOf } from "../../../src/runtime/state/status.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { scratchFolder } from "../../support/cli.js";

describe("a session", () => {
  let remove: () => void;
  let path: string;
  beforeEach(() => {
    const scratch = scratchFolder();
    remove = scratch.remove;
    path = join(scratch.path, "job.jsonl");
  });
  afterEach(() => remove());
  const store = () => new JsonlStore(path);
  const within = <T>(work: (session: Session) => Promise<T>) =>
    new AgentResume({ store: store() }).resumeOrStart("job", work);
  async function status() {
    const { state, scan, holder } = await store().load("job");
    return statusOf(state, scan, holder, Date.now());
  }

  it("refuses an input with the same id twice, naming it, before any item is given", async () => {
    await within(async (session) => {
      const given: unknown[] = [];
      const take = (ids: ItemId[]) => () => {
        for (const id of session.remaining(ids)) given.push(id);
      };
      assert.throws(take(["a", "b", "a"]), { code: "AJ_DUPLICATE_IDS", message: /"a"/ });
      assert.throws(take([1, 2, 1, 2, "1"]), {
        code: "AJ_DUPLICATE_IDS",
        message: /2 ids more than once: "1", "2"/,
      });
      assert.deepEqual(given, []);
      take([1, "1", "a", "A"])();
      assert.deepEqual(given, [1, "1", "a", "A"]);
    });
  });

  it("takes an item's id from `id`, from the item itself, or from a key", async () => {
    await within(async (session) => {
      await session.markDone(5);
      assert.deepEqual([...session.remaining([4, 5, 6])], [4, 6]);
      assert.deepEqual([...session.remaining([{ id: 5 }, { id: 6 }])], [{ id: 6 }]);
      assert.deepEqual([...session.remaining([{ n: 5 }, { n: 7 }], (item) => item.n)], [{ n: 7 }]);
      assert.throws(() => [...session.remaining([{ n: 5 } as never])], TypeError);
      assert.throws(() => [...session.remaining([undefined as never])], TypeError);
    });
  });

  it("records a failure, leaves the item to be done, and forgets the failure once it is", async () => {
    await within(async (session) => {
      for (const id of session.remaining(["a", "b"]))
        await session.markFailed(id, new Error(`no ${id}`), { cause: "timeout" });
    });
    const failed = await status();
    assert.deepEqual([failed.progress, failed.failed, failed.remaining], ["finished-with-failures", 2, 0]);
    assert.equal(failed.lastRun?.ended, "finished-with-failures");
    const { failure } = failed.failedItems[0]!.open;
    assert.deepEqual([failure?.cause, failure?.message, failure?.attempt], ["timeout", "no a", 1]);
    await within(async (session) => {
      assert.deepEqual([...session.remaining(["a", "b"])], ["a", "b"]);
      await session.markDone("a");
      await session.markFailed("a", new Error("too late"));
      await session.markFailed("b", "text", { cause: 5 as unknown as string });
    });
    const after = await status();
    assert.deepEqual([after.done, after.failed, after.damaged], [1, 1, false]);
    assert.equal(after.failedItems[0]!.open.attempt, 2);
  });

  it("shows what a killed run was doing as in doubt, and counts its attempt", async () => {
    const log = await store().open("job");
    await log.append(
      [{ type: "run-started", atMs: 0, run: 1, pid: 1, host: "h", token: log.token }],
      "synced",
    );
    await log.append([{ type: "started", atMs: 0, item: keyOf("a"), run: 1, attempt: 1 }], "written");
    await log.close();
    assert.equal((await status()).inDoubt, 1);
    await within(async (session) => {
      assert.equal(await session.markStarted("a"), 2);
      assert.equal((await status()).inFlight, 1);
      await session.markDone("a");
    });
    assert.equal((await status()).inDoubt, 0);
  });

  it("knows what left the input and what came back", async () => {
    const all = ["a", "b", "c"];
    await within(async (session) => {
      for (const id of session.remaining(all)) if (id !== "c") await session.markDone(id);
      await session.markFailed("c", new Error("late"));
    });
    await within(async (session) => assert.deepEqual([...session.remaining(["b"])], []));
    const left = await status();
    assert.deepEqual(
      [left.total, left.done, left.gone, left.failed, left.progress],
      [1, 1, 1, 0, "finished"],
    );
    assert.equal(left.lastRun?.ended, "finished");
    await within(async (session) => assert.deepEqual([...session.remaining(all)], ["c"]));
    const back = await status();
    assert.deepEqual([back.total, back.done, back.gone, back.failed], [3, 2, 0, 1]);
  });

  it("is stopped, not finished, where only items that left the input make up the number", async () => {
    await within(async (session) => {
      for (const id of session.remaining(["a", "b", "c"])) await session.markDone(id);
    });
    await within(async (session) => assert.deepEqual([...session.remaining(["c", "d", "e"])], ["d", "e"]));
    const { state } = await store().load("job");
    assert.equal(endingOf(latestRun(state)!), "stopped");
    assert.equal((await status()).progress, "stopped");
  });

  it("refuses a result that JSON cannot hold, saying where, and takes a right one afterwards", async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const wrong: [unknown, RegExp][] = [
      [Number.NaN, /result/],
      [{ a: [1, Number.POSITIVE_INFINITY] }, /result\.a\[1\]/],
      [{ f: () => 1 }, /result\.f/],
      [10n, /bigint/],
      [[undefined], /result\[0\]/],
      [circular, /result\.self/],
      [new Map([[1, 2]]), /Map/],
      [Promise.resolve("forgotten await"), /await/],
      [new Error("no result"), /Error/],
      [/x/, /RegExp/],
      [new Uint8Array(2), /Uint8Array/],
    ];
    await within(async (session) => {
      for (const [result, message] of wrong)
        await assert.rejects(session.markDone("a", result), (error) => {
          return error instanceof TypeError && message.test(error.message);
        });
      assert.equal(session.isDone("a"), false);
      for (const [id, result] of Object.entries({
        a: null,
        b: {},
        c: { left: undefined },
        d: new Date(0),
        e: "\ud800",
      }))
        await session.markDone(id, result);
    });
    const results: unknown[] = [];
    await store().load("job", ({ record }) => {
      if (record.type === "done") results.push(record.result);
    });
    assert.deepEqual(results, [null, {}, {}, "1970-01-01T00:00:00.000Z", "\ud800"]);
  });

  it("writes no figure that would make its own record unreadable", async () => {
    await within(async (session) => {
      await session.markDone("a", 1, { ms: Number.NaN, usage: { inputTokens: Number.NaN } });
      await session.markDone("b", 1, { ms: -5 });
      await session.markDone("c", 1, { ms: 1.6 });
      await assert.rejects(session.recordStep(keyOf("d"), 7 as unknown as string, "op", 1, 1), TypeError);
    });
    const { state, scan } = await store().load("job");
    assert.deepEqual([[...state.done].length, state.doneMs, scan.faultCount], [3, 2, 0]);
  });

  it("gives each run the next number, and its parameters to the record", async () => {
    for (const run of [1, 2, 3]) {
      const { session } = await openSession(store(), "job", { concurrency: 4, params: { model: "m" } });
      assert.equal(session.run, run);
      await session.close();
      await session.close();
    }
    const { runs } = (await store().load("job")).state;
    assert.deepEqual(
      [...runs.values()].map(({ concurrency, params }) => [concurrency, params]),
      Array(3).fill([4, { model: "m" }]),
    );
  });

  it("gives back the results of steps of items that are not done, and of no others", async () => {
    const op = operationId("outline", { text: "x" });
    await within(async (session) => {
      await session.start(keyOf("a"));
      await session.recordStep(keyOf("a"), "outline", op, { lines: [] }, 5);
      await session.recordStep(keyOf("b"), "outline", op, undefined, 5);
      await session.markDone("b");
    });
    const { session, cache } = await openSession(store(), "job");
    assert.deepEqual(cache.get(keyOf("a"), op), { result: { lines: [] } });
    assert.equal(cache.get(keyOf("a"), operationId("outline", { text: "y" })), undefined);
    assert.equal(cache.get(keyOf("b"), op), undefined);
    assert.deepEqual([...session.state.steps], [["outline", 2]]);
    await session.close();
  });
});

describe("the id of an operation", () => {
  it("tells all inputs apart, and only them", () => {
    const long = "x".repeat(5000);
    const ids = [undefined, {}, [], "", { a: 1 }, { a: 2 }, `${long}1`, `${long}2`].map((inputs) =>
      operationId("s", inputs),
    );
    ids.push(operationId("t", {}));
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(operationId("s", { a: 1, b: 2 }), operationId("s", { b: 2, a: 1 }));
  });
});
