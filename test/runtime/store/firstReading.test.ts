import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord, type WritableRecord } from "../../../src/runtime/format/record.js";
import type { JobState } from "../../../src/runtime/state/jobState.js";
import { statusOf } from "../../../src/runtime/state/status.js";
import type { FirstReading } from "../../../src/runtime/store/firstReading.js";
import { CheckpointFollower } from "../../../src/runtime/store/follow.js";
import { scratchFolder } from "../../support/cli.js";
import { header } from "../../support/damagedFiles.js";
import { mixedLog } from "../../support/mixedLog.js";
import { plainState } from "../../support/plainState.js";
import { encodeAll, scanBytes } from "../../support/scan.js";

const many = 3_000;
const doneLines = (from: number, to: number) =>
  encodeAll(
    Array.from({ length: to - from }, (_, i) => ({ type: "done", atMs: 0, item: keyOf(`item-${from + i}`) })),
  );

const attempt = { atMs: 0, attempt: 1, run: 1 };
const failure = { ...attempt, cause: "timeout", message: "30 s" };

describe("a checkpoint that was read for the first time by another thread", () => {
  let path: string;
  let remove: () => void;
  let asked: number;
  beforeEach(() => {
    const scratch = scratchFolder();
    path = join(scratch.path, "a.jsonl");
    remove = scratch.remove;
    asked = 0;
  });
  afterEach(() => remove());

  /** What such a thread does, and what sending makes of it. */
  async function readFirst(file: string): Promise<FirstReading | undefined> {
    asked++;
    const other = new CheckpointFollower(file);
    await other.refresh();
    return structuredClone(other.pack());
  }
  async function assertRead(follower: CheckpointFollower): Promise<void> {
    assert.equal(await follower.refresh(), true);
    const { state, summary } = scanBytes(readFileSync(path));
    assert.deepEqual([plainState(follower.state), follower.summary()], [plainState(state), summary]);
  }

  it("is read on from wherever its bytes ended then", async () => {
    // Damage, tears that a later line decides, steps, spending, and more than a few done items.
    const damaged = Buffer.from(encodeRecord({ type: "done", atMs: 0, item: keyOf("x") }));
    damaged[9] = 0x79;
    const torn = damaged.subarray(0, 20);
    const bytes = Buffer.concat([
      Buffer.from(header("j")),
      ...[doneLines(0, many), damaged, encodeAll(mixedLog(10)), torn, Buffer.from("\n")],
      encodeAll(mixedLog(3)),
    ]);
    const from = bytes.length - 2_500;
    for (let at = from; at <= bytes.length; at += 131) {
      writeFileSync(path, bytes.subarray(0, at));
      const follower = new CheckpointFollower(path, { readFirst });
      await assertRead(follower);
      if (at === bytes.length) continue;
      appendFileSync(path, bytes.subarray(at));
      await assertRead(follower);
    }
    assert.equal(asked, Math.floor(2_500 / 131) + 1);
  });

  it("is counted without making objects of its items, until somebody asks for one", async () => {
    const open = [
      ...Array.from({ length: many }, (_, n) => ({ type: "failed", item: keyOf(n), ...failure })),
      { type: "started", item: keyOf("begun"), ...attempt },
      { type: "waiting", item: keyOf("waiting"), ...attempt, pass: 0 },
    ] as WritableRecord[];
    writeFileSync(path, Buffer.concat([Buffer.from(header("j")), doneLines(0, 5), encodeAll(open)]));
    const follower = new CheckpointFollower(path, { readFirst });
    await follower.refresh();
    const told = (state: JobState) => {
      const { failed, inDoubt, inFlight, progress } = statusOf(state, follower.summary(), null, 0);
      return { failed, inDoubt, inFlight, progress };
    };
    const counts = { failed: many, inDoubt: 1, inFlight: 0, progress: "stopped" };
    assert.deepEqual(told(follower.state), counts);
    assert.deepEqual(follower.state.open.packedPhases, { failed: many, started: 1, waiting: 1 });
    const { failedItems, inDoubtItems } = statusOf(follower.state, follower.summary(), null, 0);
    assert.deepEqual([failedItems.length, inDoubtItems.map(({ item }) => item)], [many, [keyOf("begun")]]);
    assert.equal(follower.state.open.packedPhases, undefined);
    assert.deepEqual(told(follower.state), counts);
  });

  it("is followed here from then on, and read elsewhere again where another has taken its place", async () => {
    writeFileSync(path, Buffer.concat([Buffer.from(header("j")), doneLines(0, many)]));
    const follower = new CheckpointFollower(path, { readFirst });
    await assertRead(follower);
    for (let n = 0; n < 3; n++) {
      appendFileSync(path, doneLines(many + n, many + n + 1));
      await assertRead(follower);
    }
    assert.equal(await follower.refresh(), false);
    assert.equal(asked, 1);
    writeFileSync(path, Buffer.concat([Buffer.from(header("j")), doneLines(0, 2)]));
    await assertRead(follower);
    assert.equal(asked, 2);
  });

  it("has what was appended while the other thread read", async () => {
    writeFileSync(path, Buffer.concat([Buffer.from(header("j")), doneLines(0, many)]));
    const follower = new CheckpointFollower(path, {
      readFirst: async (file) => {
        const reading = await readFirst(file);
        appendFileSync(path, doneLines(many, many + 5));
        return reading;
      },
    });
    await assertRead(follower);
    assert.equal(follower.state.done.size, many + 5);
  });

  it("is read here where nobody else could, and where it is not of our own format", async () => {
    writeFileSync(path, Buffer.concat([Buffer.from(header("j")), doneLines(0, 10)]));
    const follower = new CheckpointFollower(path, { readFirst: async () => undefined });
    await assertRead(follower);
    const article = join(path, "../article.jsonl");
    writeFileSync(article, '{"id": "a", "ts": 1748107200}\n');
    const other = new CheckpointFollower(article, { readFirst });
    await other.refresh();
    assert.deepEqual([[...other.state.done], asked], [[keyOf("a")], 1]);
  });

  it("is read where its records are listened to", async () => {
    writeFileSync(path, Buffer.concat([Buffer.from(header("j")), doneLines(0, 10)]));
    let records = 0;
    const follower = new CheckpointFollower(path, {
      readFirst,
      onRecord: () => {
        records++;
      },
    });
    await assertRead(follower);
    assert.deepEqual([records, asked], [11, 0]);
  });
});
