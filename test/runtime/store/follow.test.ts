import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type ItemKey, keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord } from "../../../src/runtime/format/record.js";
import type { JobState } from "../../../src/runtime/state/jobState.js";
import { CheckpointFollower } from "../../../src/runtime/store/follow.js";
import { scratchFolder } from "../../support/cli.js";
import { fold } from "../../support/jobLogs.js";
import { mixedLog } from "../../support/mixedLog.js";
import { encodeAll, scanBytes } from "../../support/scan.js";

const line = (id: string | number, result?: unknown): Buffer =>
  encodeRecord({ type: "done", atMs: 0, item: keyOf(id), ...(result !== undefined && { result }) });
const lines = (from: number, to: number) =>
  Buffer.concat(Array.from({ length: to - from }, (_, i) => line(`item-${from + i}`, "x".repeat(100))));

describe("CheckpointFollower", () => {
  let folder: string;
  let remove: () => void;
  let path: string;
  let follower: CheckpointFollower;
  let restarts: number;
  let records: string[];
  beforeEach(() => {
    ({ path: folder, remove } = scratchFolder());
    path = join(folder, "a.jsonl");
    restarts = 0;
    records = [];
    follower = new CheckpointFollower(path, {
      onRecord: ({ record }) => records.push(record.type),
      onRestart: () => {
        restarts++;
        records = [];
      },
    });
  });
  afterEach(() => remove());
  const done = () => [...follower.state.done];
  const plain = (state: JobState) => ({ ...state, done: new Set(state.done) });
  /** Refreshes, and checks against reading the whole file anew. */
  async function refresh(): Promise<boolean> {
    const changed = await follower.refresh();
    const { state, summary } = scanBytes(existsSync(path) ? readFileSync(path) : "");
    assert.deepEqual([plain(follower.state), follower.summary()], [plain(state), summary]);
    return changed;
  }

  it("has the state of the whole file after every appended piece, torn records included", async () => {
    const bytes = encodeAll(mixedLog(30));
    for (let at = 0; at < bytes.length; at += 97) {
      appendFileSync(path, bytes.subarray(at, at + 97));
      assert.equal(await refresh(), true);
    }
    assert.equal(await refresh(), false);
    assert.equal(restarts, 0);
    assert.deepEqual(follower.state, fold(scanBytes(bytes).records.map(({ record }) => record)));
  });

  it("reads no more than what was appended", async function () {
    if (process.platform !== "linux") return this.skip();
    writeFileSync(path, lines(0, 40_000));
    await refresh();
    const readBytes = () => Number(/rchar: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))![1]);
    const before = readBytes();
    for (let n = 0; n < 10; n++) {
      appendFileSync(path, line(`new-${n}`));
      assert.equal(await follower.refresh(), true);
    }
    const cost = (readBytes() - before) / 10;
    assert.ok(cost < 20_000, `${cost} bytes a refresh of ${follower.sizeBytes}`);
    assert.equal(done().length, 40_010);
    const idle = readBytes();
    for (let n = 0; n < 10; n++) assert.equal(await follower.refresh(), false);
    assert.ok(readBytes() - idle < 50_000); // looking at both ends each time would take more
  });

  const large = 200;
  const changes: Record<string, () => void> = {
    "was cut": () => truncateSync(path, 1000),
    "was emptied": () => truncateSync(path, 0),
    "was deleted": () => rmSync(path),
    "was replaced by another": () => {
      writeFileSync(`${path}.new`, lines(5, 300));
      renameSync(`${path}.new`, path);
    },
    "was replaced by one of the same length": () => {
      writeFileSync(`${path}.new`, readFileSync(path, "latin1").replaceAll("item", "ITEM"), "latin1");
      renameSync(`${path}.new`, path);
    },
    "was deleted and made again": () => {
      rmSync(path);
      writeFileSync(path, lines(5, 300));
    },
    "lost a line in its middle and grew": () => {
      const bytes = readFileSync(path);
      writeFileSync(
        path,
        Buffer.concat([bytes.subarray(0, 10_000), bytes.subarray(10_500), lines(large, large + 20)]),
      );
    },
    "was edited in place at its head": () => edit(20),
    "was edited in place in its middle": () => edit(12_000),
    "was edited in place at its end": () => edit(-20),
  };
  function edit(at: number) {
    const bytes = readFileSync(path);
    bytes[at < 0 ? bytes.length + at : at]! ^= 1;
    writeFileSync(path, bytes);
    utimesSync(path, 5, 5); // whatever the clock's grain
  }
  for (const [name, change] of Object.entries(changes))
    it(`reads a file afresh that ${name}`, async () => {
      writeFileSync(path, lines(0, large));
      await refresh();
      change();
      assert.equal(await refresh(), true);
      assert.equal(restarts, 1);
      assert.equal(records.length, follower.state.done.size);
      appendFileSync(path, line("\nmore"));
      await refresh();
      assert.ok(done().includes(keyOf("\nmore")) || follower.summary().faultCount > 0);
    });

  it("takes a file as grown or the same that was only touched or appended to", async () => {
    writeFileSync(path, lines(0, 10));
    await refresh();
    utimesSync(path, 5, 5);
    assert.equal(await refresh(), false);
    assert.equal(restarts, 0);
  });

  it("waits for a file that is not there yet", async () => {
    assert.equal(await refresh(), false);
    assert.deepEqual([follower.exists, follower.summary().format], [false, "empty"]);
    writeFileSync(path, line("a"));
    assert.equal(await refresh(), true);
    assert.deepEqual([follower.exists, restarts], [true, 0]);
  });

  it("throws where there is no file any more, and goes on when there is one again", async () => {
    writeFileSync(path, line("a"));
    await refresh();
    rmSync(path);
    mkdirSync(path);
    await assert.rejects(follower.refresh(), { code: "AJ_NOT_A_FILE" });
    rmdirSync(path);
    writeFileSync(path, line("b"));
    await refresh();
    assert.deepEqual(done(), [keyOf("b")]);
  });

  it("may be asked from many sides at once", async () => {
    writeFileSync(path, lines(0, 1000));
    const answers = await Promise.all([follower.refresh(), follower.refresh(), follower.refresh()]);
    assert.deepEqual(answers, [true, false, false]);
    assert.equal(records.length, 1000);
  });

  it("reads all afresh after a reading that broke off in its middle", async () => {
    writeFileSync(path, lines(0, 10));
    let left = 5;
    const fragile = new CheckpointFollower(path, {
      onRecord: () => {
        if (--left === 0) throw new Error("a caller's own");
      },
    });
    await assert.rejects(fragile.refresh(), { message: "a caller's own" });
    await fragile.refresh();
    assert.equal(fragile.state.done.size, 10);
  });

  describe("with a foreign file's events", () => {
    const article = (id: string) => `{"id": "${id}", "ts": 1}\n`;
    const failed = (item: ItemKey, attempt = 1) =>
      encodeRecord({ type: "failed", atMs: 0, item, run: 1, attempt, cause: "timeout", message: "" });
    const events = () => `${path}.events`;

    it("merges them, in whatever order the two files grow", async () => {
      writeFileSync(events(), failed(keyOf("b")));
      await follower.refresh();
      writeFileSync(path, article("a"));
      await follower.refresh();
      appendFileSync(events(), failed(keyOf("c")));
      await follower.refresh();
      assert.deepEqual([done(), [...follower.state.open.keys()]], [[keyOf("a")], [keyOf("b"), keyOf("c")]]);
      appendFileSync(path, article("b"));
      await follower.refresh();
      assert.deepEqual([...follower.state.open.keys()], [keyOf("c")]);
      assert.equal(restarts, 0);
    });

    it("reads both afresh where one was replaced", async () => {
      writeFileSync(path, article("a"));
      writeFileSync(events(), Buffer.concat([failed(keyOf("b")), failed(keyOf("c"))]));
      await follower.refresh();
      writeFileSync(events(), failed(keyOf("d")));
      await follower.refresh();
      assert.deepEqual([done(), [...follower.state.open.keys()], restarts], [[keyOf("a")], [keyOf("d")], 1]);
    });

    it("leaves them alone beside a file of our own format", async () => {
      writeFileSync(path, line("a"));
      writeFileSync(events(), failed(keyOf("b")));
      await refresh();
    });
  });
});
