import assert from "node:assert/strict";
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { lockPathOf } from "../../../src/runtime/store/lockFile.js";
import { LockFollower, provenOwner } from "../../../src/runtime/store/lockHolder.js";
import { TestProgram } from "../../support/children.js";
import { scratchFolder } from "../../support/cli.js";
import type { Answer, Order } from "./writer.main.js";

describe("a lock that is looked at again and again", () => {
  let remove: () => void;
  let path: string;
  let lock: LockFollower;
  const children: TestProgram[] = [];
  beforeEach(() => {
    const scratch = scratchFolder();
    remove = scratch.remove;
    path = join(scratch.path, "a.jsonl");
    lock = new LockFollower(path);
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.end()));
    remove();
  });

  async function holder() {
    const child = new TestProgram(resolve("dist/test/runtime/store"), "writer", [path]);
    children.push(child);
    assert.equal(await child.next(), "ready");
    const { token } = await child.ask<Answer>({ do: "open" } satisfies Order);
    return { child, token };
  }

  it("is told of as soon as it is taken, given back, and taken by another", async () => {
    assert.deepEqual(await lock.look(), { holder: null, lost: null });
    const first = await holder();
    const seen = await lock.look();
    assert.deepEqual([seen.holder?.token, seen.holder?.pid], [first.token, first.child.pid]);
    assert.equal(await lock.look(), seen, "read again though nothing had changed");
    await first.child.ask({ do: "close" } satisfies Order);
    assert.deepEqual(await lock.look(), { holder: null, lost: null });
    const second = await holder();
    assert.equal((await lock.look()).holder?.token, second.token);
  });

  it("is known to be nobody's any more once its owner is looked for, which leaves no other sign", async () => {
    const { child, token } = await holder();
    assert.equal((await lock.look()).holder?.token, token);
    await child.end("SIGKILL");
    lock.doubt();
    const { holder: living, lost } = await lock.look();
    assert.deepEqual([living, lost?.token], [null, token]);
  });

  it("is read again when it is doubted while it is new, and later only has its owner looked for", async () => {
    const { child } = await holder();
    const seen = await lock.look();
    lock.doubt();
    const again = await lock.look();
    assert.notEqual(again, seen);
    assert.deepEqual(again, seen);
    const longAgo = Date.now() / 1000 - 10;
    utimesSync(lockPathOf(path), longAgo, longAgo);
    const aged = await lock.look();
    lock.doubt();
    assert.equal(await lock.look(), aged);
    await child.end("SIGKILL");
    lock.doubt();
    assert.equal((await lock.look()).holder, null);
  });

  describe("on a system that tells no start times", () => {
    const now = () => Date.now() / 1000;
    async function withoutStartTime() {
      const { child, token } = await holder();
      const file = lockPathOf(path);
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), startTime: null }));
      return { child, token, file };
    }

    it("is nobody's once it went unrenewed for long, though a process of its number lives", async () => {
      const { token, file } = await withoutStartTime();
      assert.equal((await lock.look()).holder?.token, token);
      utimesSync(file, now() - 100, now() - 100);
      assert.deepEqual(await lock.look(), { holder: null, lost: { token, cause: "unknown" } });
      utimesSync(file, now(), now());
      assert.equal((await lock.look()).holder?.token, token, "it had been busy");
    });

    it("names a process that may be ended only once that has renewed it: the number may be another's by now", async () => {
      const { child, file } = await withoutStartTime();
      utimesSync(file, now() - 20, now() - 20);
      assert.equal(await provenOwner(path, 0), undefined);
      utimesSync(file, now(), now());
      assert.equal(await provenOwner(path, 0), child.pid);
      await child.end("SIGKILL");
      assert.equal(await provenOwner(path), undefined);
    });
  });

  it("names the process that may be ended at once where its start time is that of the lock", async () => {
    const { child } = await holder();
    assert.equal(await provenOwner(path, 0), child.pid);
  });
});
