import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReadingThread } from "../../src/extension/reading/readingThread.js";
import { keyOf } from "../../src/runtime/format/itemId.js";
import type { WritableRecord } from "../../src/runtime/format/record.js";
import type { FirstReading } from "../../src/runtime/store/firstReading.js";
import { unpackState } from "../../src/runtime/store/firstReading.js";
import { root } from "../setup/root.js";
import { longJobBytes, nightly } from "../support/longJob.js";
import { plainState } from "../support/plainState.js";
import { encodeAll, scanBytes } from "../support/scan.js";

const program = join(root, "dist/reader.js");
const largeBytes = 1_000_000;

describe("the thread that reads long checkpoints", () => {
  let folder: string;
  let thread: ReadingThread | undefined;
  let errors: Error[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "agent-jobs-reading-"));
    errors = [];
  });
  afterEach(() => {
    thread?.dispose();
    rmSync(folder, { recursive: true });
  });
  const begin = (file = program) => {
    thread = new ReadingThread(file, (error) => errors.push(error));
    return thread;
  };
  const stateOf = (reading: FirstReading | undefined) => plainState(unpackState(reading!.state));

  it("hands over what reading the file comes to, failed items and all", async () => {
    const failed = Array.from({ length: 1_200 }, (_, n): WritableRecord => {
      const failure = { cause: "timeout", message: `${n} of many`, attempt: 1, run: 3 };
      return { type: "failed", atMs: nightly.startMs, item: keyOf(n), ...failure };
    });
    const bytes = Buffer.concat([longJobBytes({ ...nightly, items: 12_000 }), encodeAll(failed)]);
    const path = join(folder, "long.jsonl");
    writeFileSync(path, bytes);
    const { state } = scanBytes(bytes);
    assert.ok(state.open.size > failed.length);
    const reading = await begin().read(path, bytes.length);
    assert.deepEqual(stateOf(reading), plainState(state));
    assert.equal(reading!.main.offsetBytes, bytes.length);
    assert.deepEqual(errors, []);
  });

  it("reads the shortest of those that wait first, and leaves short files to who asks", async () => {
    const order: string[] = [];
    const reader = begin();
    const read = async (name: string, sizeBytes: number) => {
      const path = join(folder, name);
      writeFileSync(path, longJobBytes({ ...nightly, name, items: 100 }));
      const reading = await reader.read(path, sizeBytes);
      order.push(reading?.state.job ?? `not ${name}`);
    };
    const sizes = [5, 4, 3, 2].map((times) => times * largeBytes);
    await Promise.all([...sizes.map((size) => read(`of ${size}`, size)), read("short", 1_000)]);
    // The first was alone when it was asked for.
    const [first, ...others] = sizes;
    assert.deepEqual(order, ["not short", ...[first, ...others.reverse()].map((size) => `of ${size}`)]);
  });

  it("leaves files of other kinds, and what cannot be read, to who asks", async () => {
    const article = join(folder, "article.jsonl");
    writeFileSync(article, '{"id": "a", "ts": 1748107200}\n'.repeat(50_000));
    const gone = join(folder, "gone.jsonl");
    const reader = begin();
    assert.deepEqual(
      await Promise.all([
        reader.read(article, largeBytes),
        reader.read(gone, largeBytes),
        reader.read(folder, largeBytes),
      ]),
      [undefined, undefined, undefined],
    );
    assert.deepEqual(errors, []);
  });

  it("leaves all files to who asks once it cannot begin or has died, and says so once", async () => {
    const path = join(folder, "long.jsonl");
    writeFileSync(path, longJobBytes({ ...nightly, items: 100 }));
    const dying = join(folder, "dying.cjs");
    writeFileSync(dying, 'require("node:worker_threads").parentPort.on("message", () => process.exit(3));\n');
    for (const file of [join(folder, "none.cjs"), dying]) {
      errors = [];
      const reader = begin(file);
      assert.deepEqual(await Promise.all([reader.read(path, largeBytes), reader.read(path, largeBytes)]), [
        undefined,
        undefined,
      ]);
      assert.equal(await reader.read(path, largeBytes), undefined);
      assert.equal(errors.length, 1);
    }
  });

  it("answers who waits when it is disposed", async () => {
    const path = join(folder, "long.jsonl");
    writeFileSync(path, longJobBytes({ ...nightly, items: 100 }));
    const reader = begin();
    const waiting = [reader.read(path, largeBytes), reader.read(path, largeBytes)];
    reader.dispose();
    assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
  });
});
