import assert from "node:assert/strict";
import { copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { undoLast } from "../../src/runtime/backups.js";
import { maxRecordBytes } from "../../src/runtime/config.js";
import { idText } from "../../src/runtime/format/itemId.js";
import { applyRepair, planRepairOf, replanned } from "../../src/runtime/repair.js";
import { changesFile, type RepairChoices, repairedBytes } from "../../src/runtime/state/repairPlan.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { root } from "../setup/root.js";
import { scratchFolder } from "../support/cli.js";
import { article, damagedFiles, done, header, own, started } from "../support/damagedFiles.js";
import { heldBytes } from "../support/heldBytes.js";
import { encodeAll, scanBytes } from "../support/scan.js";

describe("A repair", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let path: string;
  beforeEach(() => {
    folder = scratchFolder();
    path = join(folder.path, "a.jsonl");
  });
  afterEach(() => folder.remove());
  const names = () => readdirSync(folder.path).sort();

  /** Repairs, and checks what holds for every repair there is. */
  async function repaired(file: string | Buffer, choices: RepairChoices = {}) {
    writeFileSync(path, file);
    const original = readFileSync(path);
    const planned = await planRepairOf(path, choices);
    const { plan } = planned;
    const { backup, dropped } = await applyRepair(planned);
    const bytes = readFileSync(path);
    const [before, after] = [scanBytes(original), scanBytes(bytes)];
    assert.deepEqual(bytes, repairedBytes(original, plan), "the file is as planned");
    assert.deepEqual(
      [...after.done].filter((item) => !before.done.includes(item)).sort(),
      [...plan.gained].sort(),
    );
    assert.deepEqual(
      [...before.done].filter((item) => !after.done.includes(item)).sort(),
      [...plan.lost].sort(),
    );
    assert.equal(after.summary.damageCount, 0, "nothing is damaged any more");
    assert.equal(after.summary.format, before.summary.format);
    assert.equal(plan.keptBytes + plan.salvagedBytes + plan.droppedBytes, original.length);
    assert.equal(
      changesFile((await planRepairOf(path, choices)).plan),
      false,
      "a second repair changes no byte",
    );
    if (changesFile(plan)) assert.deepEqual(readFileSync(backup!), original);
    else assert.deepEqual([bytes, backup], [original, null]);
    if (plan.droppedBytes > 0)
      assert.ok(readFileSync(dropped!).length >= plan.droppedBytes, "what is dropped is kept");
    if (backup) {
      await undoLast(path);
      assert.deepEqual(readFileSync(path), original, "it can be undone");
    }
    return { plan, bytes };
  }
  const ids = (keys: readonly string[]) => keys.map((key) => idText(key as never)).sort();

  for (const {
    what,
    file,
    repaired: wanted,
    merged,
    gained = [],
    mayHaveHeld = [],
    unreadable = 0,
    unreadableMerged = unreadable,
  } of damagedFiles)
    it(`has its plan for ${what}`, async () => {
      const { plan, bytes } = await repaired(file);
      assert.equal(bytes.toString("latin1"), Buffer.from(wanted ?? file).toString("latin1"));
      assert.deepEqual(ids(plan.gained), []);
      assert.deepEqual(ids(plan.mayHaveHeld), mayHaveHeld);
      assert.equal(plan.unreadableLines, unreadable);
      assert.deepEqual(ids(plan.offeredItems), gained, "what is offered is named");
      const withMerged = await repaired(file, { salvageMerged: true });
      assert.equal(withMerged.bytes.toString(), Buffer.from(merged ?? wanted ?? file).toString());
      assert.deepEqual(ids(withMerged.plan.gained), gained);
      assert.equal(withMerged.plan.unreadableLines, unreadableMerged);
    });

  it("drops a line longer than a record may be", async () => {
    const long = Buffer.alloc(maxRecordBytes + 1, "x");
    const { bytes, plan } = await repaired(
      Buffer.concat([Buffer.from(header("j")), long, Buffer.from(`\n${done("b")}`)]),
    );
    assert.equal(bytes.toString(), header("j") + done("b"));
    assert.equal(plan.unreadableLines, 1);
  });

  it("says what the items that may have to be done again would take, by the job's own", async () => {
    const flipped = done("c", 0.5).replace('"ts":1', '"ts":2');
    const input = own({ type: "input", run: 1, total: 10 });
    const { plan } = await repaired(
      header("j") + started(1) + input + done("a", 0.2) + done("b", 0.4) + flipped,
    );
    assert.deepEqual(ids(plan.mayHaveHeld), ["c"]);
    assert.equal(plan.redo.items, 1);
    assert.ok(Math.abs(plan.redo.usd! - 0.3) < 1e-9);
    assert.equal(plan.redo.ms, 60_000);
  });

  it("names a header of another job, and the file as it is with other choices", async () => {
    writeFileSync(path, header("j") + done("a") + header("other"));
    assert.deepEqual((await planRepairOf(path)).plan.otherJobs, [{ line: 3, job: "other" }]);
    writeFileSync(path, `${article("a")}{"id": "b${article("c")}`);
    const planned = await planRepairOf(path);
    assert.deepEqual([planned.plan.gained.length, planned.plan.offeredRecords], [0, 1]);
    const other = replanned(planned, { salvageMerged: true });
    assert.deepEqual(ids(other.plan.gained), ["c"]);
    await applyRepair(other);
    assert.equal(readFileSync(path, "utf8"), article("a") + article("c"));
  });

  it("is confined to the lines that it was asked for, down to the last line's newline", async () => {
    const bad = "no JSON\n";
    writeFileSync(path, `${bad}${article("a")}${bad}{"id": "b`);
    await applyRepair(await planRepairOf(path, { lines: new Set([3]) }));
    assert.equal(readFileSync(path, "utf8"), `${bad}${article("a")}{"id": "b`);
    await applyRepair(await planRepairOf(path, { lines: new Set([3]) }));
    assert.equal(readFileSync(path, "utf8"), `${bad}${article("a")}{"id": "b\n`);
  });

  it("never touches files of other formats, of newer versions, or what is no file", async () => {
    const newer = Buffer.from(
      header("j")
        .replace('"v":1', '"v":99')
        .replace(/,"c".*/s, ""),
    );
    for (const [file, code] of [
      ["some text\n", "AJ_UNKNOWN_FORMAT"],
      ['{"a":1}\n{"b":2}\n', "AJ_UNKNOWN_FORMAT"],
      [Buffer.concat([encodeAll([{ type: "job", atMs: 0, v: 99, job: "j" }]), newer]), "AJ_NEWER_FORMAT"],
    ] as const) {
      writeFileSync(path, file);
      await assert.rejects(planRepairOf(path), { code });
      assert.deepEqual([readFileSync(path), names()], [Buffer.from(file), ["a.jsonl"]]);
    }
    await assert.rejects(planRepairOf(folder.path), { code: "AJ_NOT_A_FILE" });
    await assert.rejects(planRepairOf(join(folder.path, "none")), { code: "AJ_READ" });
  });

  it("repairs no fixture of the real systems into anything that says less", async () => {
    const fixtures = join(root, "test/fixtures");
    for (const name of readdirSync(fixtures, { recursive: true, encoding: "utf8" })) {
      if (!/\.(jsonl|ckpt)$/.test(name) || !statSync(join(fixtures, name)).isFile()) continue;
      copyFileSync(join(fixtures, name), path);
      const { done: before } = (await new JsonlStore(path).load("j")).state;
      const planned = await planRepairOf(path).catch((error) => {
        assert.match(error.code, /AJ_UNKNOWN_FORMAT|AJ_NEWER_FORMAT|AJ_FOREIGN/, name);
        return undefined;
      });
      if (!planned) continue;
      await applyRepair(planned);
      const { state, scan } = await new JsonlStore(path).load("j");
      assert.deepEqual([...state.done], [...before], name);
      assert.equal(scan.damageCount, 0, name);
    }
  });

  it("tells how far it is, in constant memory, and leaves nothing where it is aborted", async function () {
    this.timeout(30_000);
    const line = done("x".repeat(200));
    const block = line.repeat(40_000);
    writeFileSync(path, `${header("j")}${block}no JSON\n${block}`);
    truncateSync(path, 120 * 1024 * 1024); // NULs, a tail that was never written
    const seen: number[] = [];
    const controller = new AbortController();
    const watch = { signal: controller.signal, onProgress: (doneBytes: number) => seen.push(doneBytes) };
    controller.signal.addEventListener("abort", () => seen.push(-1));
    const planned = await planRepairOf(path, watch);
    assert.deepEqual([seen.at(-1), planned.plan.edits.length], [statSync(path).size, 1]);
    assert.ok(seen.every((bytes, i) => i === 0 || bytes > seen[i - 1]!));
    const ending = { ...watch, onProgress: (bytes: number) => bytes > 5_000_000 && controller.abort() };
    await assert.rejects(applyRepair(planned, ending), { name: "AbortError" });
    assert.deepEqual(names(), ["a.jsonl"]);
    const aborted = new AbortController();
    const stopping = { signal: aborted.signal, onProgress: () => aborted.abort() };
    await assert.rejects(planRepairOf(path, stopping), { name: "AbortError" });
    const bound = heldBytes() + 64 * 1024 * 1024;
    let [most, measuredAt] = [0, 0];
    await applyRepair(planned, {
      onProgress: (bytes: number) => {
        if (bytes < measuredAt + 8 * 1024 * 1024) return;
        measuredAt = bytes;
        most = Math.max(most, heldBytes(bound));
      },
    });
    assert.ok(measuredAt > 0 && most <= bound, `${most} bytes held, of at most ${bound}`);
    assert.equal(statSync(path).size, planned.plan.sizeBytes - planned.plan.droppedBytes + 1);
  });
});
