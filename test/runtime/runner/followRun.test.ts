import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { clearCheckpoint } from "../../../src/runtime/backups.js";
import { type FollowedEvent, FollowedRun } from "../../../src/runtime/runner/followRun.js";
import { AgentResume } from "../../../src/runtime/session/agentResume.js";
import type { Session } from "../../../src/runtime/session/session.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { Lock } from "../../../src/runtime/store/lock.js";
import { requestStop } from "../../../src/runtime/store/stopRequest.js";
import { scratchFolder } from "../../support/cli.js";

describe("following a run", () => {
  let scratch: ReturnType<typeof scratchFolder>;
  let path: string;
  let events: FollowedEvent[];
  beforeEach(() => {
    scratch = scratchFolder();
    path = join(scratch.path, "checkpoints/n.jsonl");
    mkdirSync(dirname(path));
    events = [];
  });
  afterEach(() => scratch.remove());
  const follow = (token: string) => new FollowedRun(path, "n", token, (event) => events.push(event));
  const items = (name: string) =>
    events.flatMap((event) => (event.event === name && "item" in event ? [event.item] : []));
  const tokenOf = () => JSON.parse(readFileSync(`${path}.lock`, "utf8")).token as string;
  const start = (): Promise<Session> =>
    new AgentResume({ store: new JsonlStore(path) }).resumeOrStart("n", { concurrency: 1 });

  it("tells each record once, and of the end only when the lock was given back", async () => {
    const session = await start();
    const watched = follow(tokenOf());
    await session.markDone("before", 1);
    assert.equal(await watched.look(), false);
    await session.markDone("a", 1, { ms: 5, usage: { inputTokens: 7 } });
    await session.markFailed("b", new Error("429"), { cause: "rate-limit" });
    assert.equal(await watched.look(), false);
    assert.equal(await watched.look(), false);
    await session.close();
    const end = await watched.untilEnd(AbortSignal.timeout(10_000));
    assert.equal(end?.ending, end?.run?.ended?.reason);
    assert.deepEqual([items("item-done"), items("item-failed")], [["a"], ["b"]]);
    const done = events.find(({ event }) => event === "item-done");
    assert.deepEqual(done, { event: "item-done", item: "a", attempt: 1, ms: 5, usage: { inputTokens: 7 } });
    assert.deepEqual([events[0]?.event, events.at(-1)?.event], ["run-started", "run-ended"]);
    assert.equal(watched.status().done, 2);
  });

  it("tells a last line once whose newline comes later", async () => {
    const session = await start();
    const watched = follow(tokenOf());
    await watched.look();
    await session.markDone("a", 1);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, -1));
    await watched.look();
    assert.deepEqual(items("item-done"), ["a"]);
    appendFileSync(path, "\n");
    await watched.look();
    assert.deepEqual(items("item-done"), ["a"]);
    await session.close();
  });

  it("tells nothing again of a file that another took the place of, and goes on with what is new in it", async () => {
    const lock = await Lock.acquire(path, {});
    const line = (id: string) => `{"id": "${id}", "ts": 1748107200}\n`;
    writeFileSync(path, line("a"));
    const watched = follow(lock.token);
    await watched.look();
    appendFileSync(path, line("b"));
    await watched.look();
    const next = join(scratch.path, "next");
    writeFileSync(next, line("a") + line("b") + line("c"));
    renameSync(next, path);
    await watched.look();
    assert.deepEqual(items("item-done"), ["b", "c"]);
    await lock.release();
  });

  it("tells the items of an agent-resume file as they are added to its snapshots", async () => {
    const lock = await Lock.acquire(path, {});
    const line = (...done: string[]) =>
      `${JSON.stringify({ turn: done.length, state: {}, completed_items: done, timestamp: 1748107200 })}\n`;
    writeFileSync(path, line("a"));
    const watched = follow(lock.token);
    await watched.look();
    appendFileSync(path, line("a", "b") + line("a", "b", "c"));
    await watched.look();
    assert.deepEqual(items("item-done"), ["b", "c"]);
    await lock.release();
    const end = await watched.untilEnd(AbortSignal.timeout(10_000));
    assert.deepEqual([end?.run, end?.ending], [null, null], "it recorded nothing of itself");
  });

  it("tells how a run ended whose job cleared its checkpoint before anybody looked", async () => {
    const session = await start();
    const watched = follow(tokenOf());
    await session.markDone("a", 1);
    await watched.look();
    await session.markDone("b", 2);
    await session.close();
    const backup = await clearCheckpoint(path);
    const end = await watched.untilEnd(AbortSignal.timeout(10_000));
    assert.equal(end?.ending, end?.run?.ended?.reason);
    assert.ok(end?.ending);
    assert.deepEqual([watched.checkpointNow, watched.status().done], [backup, 2]);
    assert.deepEqual(items("item-done"), ["b"]);
  });

  it("says once that the run was asked to stop", async () => {
    const session = await start();
    const watched = follow(tokenOf());
    await watched.look();
    await requestStop(path);
    await watched.look();
    await watched.look();
    assert.equal(events.filter(({ event }) => event === "run-stopping").length, 1);
    await session.close();
  });

  it("ends at once where it is no longer wanted", async () => {
    const session = await start();
    const left = new AbortController();
    const following = follow(tokenOf()).untilEnd(left.signal);
    left.abort();
    assert.equal(await following, undefined);
    await session.close();
  });
});
