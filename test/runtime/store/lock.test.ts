import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { inspectLock, Lock, type LockContent, lockTokenVariable } from "../../../src/runtime/store/lock.js";
import { ownIdentity } from "../../../src/runtime/store/processIdentity.js";
import { TestProgram } from "../../support/children.js";
import { scratchFolder } from "../../support/cli.js";
import type { Answer, Order } from "./writer.main.js";

describe("the lock of a checkpoint", () => {
  let folder: string;
  let remove: () => void;
  let path: string;
  const children: TestProgram[] = [];
  beforeEach(() => {
    ({ path: folder, remove } = scratchFolder());
    path = join(folder, "a.jsonl");
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.end()));
    remove();
  });

  async function start(): Promise<{ child: TestProgram; tell: (order: Order) => Promise<Answer> }> {
    const child = new TestProgram(resolve("dist/test/runtime/store"), "writer", [path]);
    children.push(child);
    assert.equal(await child.next(), "ready");
    return { child, tell: (order) => child.ask<Answer>(order) };
  }
  /** A lock as another process may have left it. */
  async function leave(changes: Partial<LockContent>, ageMs = 0): Promise<LockContent> {
    const content = { token: "theirs", sinceMs: Date.now(), ...(await ownIdentity()), ...changes };
    writeFileSync(`${path}.lock`, JSON.stringify(content));
    const then = (Date.now() - ageMs) / 1000;
    utimesSync(`${path}.lock`, then, then);
    return content;
  }
  const files = () => readdirSync(folder).sort();
  async function takeAndRelease(options?: { takeOver: boolean }): Promise<void> {
    const lock = await Lock.acquire(path, options);
    assert.deepEqual(files(), ["a.jsonl.lock"]);
    await lock.release();
    assert.deepEqual(files(), []);
  }

  it("refuses a second process, naming the first", async () => {
    const [first, second] = await Promise.all([start(), start()]);
    const { token } = await first.tell({ do: "open" });
    const refused = await second.tell({ do: "open" });
    assert.deepEqual([refused.code, refused.holder?.pid], ["AJ_HELD", first.child.pid]);
    assert.ok(refused.message?.includes(`pid ${first.child.pid} on `));
    const seen = await inspectLock(path);
    assert.deepEqual([seen.status, seen.status !== "free" && seen.content?.token], ["live", token]);
    await first.tell({ do: "close" });
    assert.ok((await second.tell({ do: "open" })).token);
  });

  it("of a killed process is free at once", async () => {
    const { child, tell } = await start();
    await tell({ do: "open" });
    await child.end("SIGKILL");
    assert.equal((await inspectLock(path)).status, "stale");
    const lock = await Lock.acquire(path);
    await lock.release();
    assert.deepEqual(files(), ["a.jsonl"]);
  });

  it("of a process that is stopped, not dead, holds however old it is; taken over, the owner writes nothing more", async function () {
    if (process.platform === "win32") return this.skip();
    const [owner, heir] = await Promise.all([start(), start()]);
    await owner.tell({ do: "open" });
    await owner.tell({ do: "append", ids: ["before"] });
    process.kill(owner.child.pid, "SIGSTOP");
    utimesSync(`${path}.lock`, 1, 1);
    assert.equal((await heir.tell({ do: "open" })).code, "AJ_HELD");
    assert.ok((await heir.tell({ do: "open", takeOver: true })).token);
    await heir.tell({ do: "append", ids: ["meanwhile"] });
    process.kill(owner.child.pid, "SIGCONT");
    assert.equal((await owner.tell({ do: "append", ids: ["after"] })).code, "AJ_LOCK_LOST");
    await owner.tell({ do: "close" });
    assert.equal((await inspectLock(path)).status, "live", "the heir's lock was not taken away");
    await heir.tell({ do: "append", ids: ["last"] });
    const text = readFileSync(path, "utf8");
    assert.deepEqual(
      ["before", "meanwhile", "after", "last"].map((id) => text.includes(`"${id}"`)),
      [true, true, false, true],
    );
  });

  it("is not held by a later process with the same number", async () => {
    await leave({ startTime: "1" });
    if ((await ownIdentity()).startTime === null) assert.equal((await inspectLock(path)).status, "live");
    else await takeAndRelease();
  });

  it("is held where the start time is the same, or cannot be known", async () => {
    for (const changes of [{}, { startTime: null }]) {
      await leave(changes, 1e9);
      await assert.rejects(Lock.acquire(path), { code: "AJ_HELD" });
      await takeAndRelease({ takeOver: true });
    }
  });

  it("of a process that no start time tells from later ones is broken only by a person once it is silent for long", async () => {
    await leave({ startTime: null }, 91_000);
    assert.equal((await inspectLock(path)).status, "expired");
    await assert.rejects(Lock.acquire(path), ({ code, message }: Error & { code: string }) => {
      return code === "AJ_HELD" && /has that number, but has not renewed[\s\S]*--take-over/.test(message);
    });
    await takeAndRelease({ takeOver: true });
  });

  it("is not held by a process whose end nobody has noticed yet", async function () {
    if (process.platform !== "linux") return this.skip();
    const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 1000"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [line] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(line.toString());
      const stat = () => readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!;
      while (!stat().startsWith("Z")) await nextTurn();
      await leave({ pid, startTime: stat().split(" ")[19]! });
      await takeAndRelease();
    } finally {
      parent.kill("SIGKILL");
    }
  });

  it("that was left by a reboot is free at once", async () => {
    await leave({ bootId: "another boot" });
    await takeAndRelease();
  });

  it("of another host or namespace holds for 90 s; after that only a person may break it", async () => {
    for (const changes of [
      { host: "elsewhere" },
      { pidNamespace: "pid:[1]", bootId: (await ownIdentity()).bootId },
    ]) {
      await leave(changes);
      assert.equal((await inspectLock(path)).status, "live");
      await assert.rejects(Lock.acquire(path), { code: "AJ_HELD" });
      await leave(changes, 91_000);
      assert.equal((await inspectLock(path)).status, "expired");
      await assert.rejects(Lock.acquire(path), ({ code, message }: Error & { code: string }) => {
        return code === "AJ_HELD" && message.includes("--take-over");
      });
      await takeAndRelease({ takeOver: true });
    }
  });

  it("that is still empty is being written, unless it stays so", async () => {
    for (const text of ["", "\0\0\0", "{", '{"token":"t","pid":-1,"host":"h"}']) {
      writeFileSync(`${path}.lock`, text);
      await assert.rejects(Lock.acquire(path), { code: "AJ_HELD" }, text);
      utimesSync(`${path}.lock`, 1, 1);
      await takeAndRelease();
      writeFileSync(`${path}.lock`, text);
      await takeAndRelease({ takeOver: true });
    }
  });

  it("with a senseless time is told without a throw", async () => {
    await leave({ sinceMs: 1e300 });
    await assert.rejects(Lock.acquire(path), { code: "AJ_HELD" });
  });

  it("is broken although another process died while it was breaking it", async () => {
    await leave({ pid: 2 ** 22 + 1 });
    writeFileSync(`${path}.lock.break`, readFileSync(`${path}.lock`));
    await takeAndRelease();
  });

  describe("within one process", () => {
    it("is one for all who open the job, until the last lets go", async () => {
      const locks = await Promise.all([Lock.acquire(path), Lock.acquire(path), Lock.acquire(path)]);
      assert.equal(new Set(locks).size, 1);
      const released = Promise.all(locks.map((lock) => lock.release()));
      const next = Lock.acquire(path); // while the last one is being given back
      await released;
      assert.ok(!locks.includes(await next));
      await (await next).release();
      assert.deepEqual(files(), []);
    });

    it("is the same however the path is written", async () => {
      mkdirSync(join(folder, "real"));
      symlinkSync(join(folder, "real"), join(folder, "link"), "junction");
      const first = await Lock.acquire(join(folder, "real", "b.jsonl"));
      assert.equal(await Lock.acquire(join(folder, "link", "b.jsonl")), first);
      assert.equal(await Lock.acquire(`${folder}/real/../real/${basename("b.jsonl")}`), first);
      for (let n = 0; n < 3; n++) await first.release();
      assert.equal(existsSync(first.path), false);
    });

    it("is taken anew where another process had taken it over and gone", async () => {
      const leaked = await Lock.acquire(path);
      await leave({ token: "taken over", pid: 2 ** 22 + 1 });
      assert.throws(() => leaked.check(), { code: "AJ_LOCK_LOST" });
      const lock = await Lock.acquire(path);
      lock.check();
      await leaked.release(); // it no longer has anything to give back
      lock.check();
      await lock.release();
      assert.deepEqual(files(), []);
    });
  });

  it("is lent to a program that the owner launched, and outlives it", async () => {
    const owner = await start();
    const { token } = await owner.tell({ do: "lock" });
    process.env[lockTokenVariable] = token;
    try {
      const lent = await Lock.acquire(path);
      lent.check();
      await lent.release();
      assert.equal((await inspectLock(path)).status, "live");
    } finally {
      delete process.env[lockTokenVariable];
    }
  });

  it("cannot be made where the folder is missing or no folder, and says so", async () => {
    writeFileSync(path, "");
    for (const checkpoint of [join(folder, "nowhere", "a"), join(path, "a")])
      await assert.rejects(Lock.acquire(checkpoint), { code: "AJ_WRITE" });
  });
});
