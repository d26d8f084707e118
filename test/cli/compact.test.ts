import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { encodeRecord, type WritableRecord } from "../../src/runtime/format/record.js";
import { lasting } from "../../src/runtime/state/compaction.js";
import { runCli, scratchFolder } from "../support/cli.js";
import { mixedLog } from "../support/mixedLog.js";
import { scanBytes } from "../support/scan.js";

const startMs = 1_748_107_200_000;

/** A job that went on over several runs, each of which failed at everything but its own items. */
function grownLog(runs: number, items: number): WritableRecord[] {
  const records = mixedLog(0).slice(0, 1);
  for (let run = 1; run <= runs; run++) {
    const base = { atMs: startMs + run * 1000, run };
    records.push({ ...base, type: "run-started", pid: 7, host: "ada", token: `t${run}` });
    records.push({ ...base, type: "input", total: items });
    for (let i = run - 1; i < items; i++) {
      const attempt = { ...base, item: keyOf(`item-${i}`), attempt: run };
      records.push({ ...attempt, type: "started" });
      records.push({ ...attempt, type: "step", step: "outline", op: `op${i}`, result: "x".repeat(200) });
      if (i === run - 1) records.push({ ...attempt, type: "done", result: i, usage: { usd: 1 } });
      else records.push({ ...attempt, type: "failed", cause: "timeout", message: "late", usage: { usd: 1 } });
    }
    records.push({ ...base, type: "run-ended", reason: "finished-with-failures" });
  }
  return records;
}

describe("agent-jobs compact", () => {
  const torn = '{"id":"torn","ts":17';
  const tail: WritableRecord = { type: "write-error", atMs: startMs, run: 3, code: "ENOSPC" };
  const grown = Buffer.concat([
    ...grownLog(10, 12).map(encodeRecord),
    Buffer.from(`${torn}\n`),
    encodeRecord(tail),
  ]);
  let folder: ReturnType<typeof scratchFolder>;
  let path: string;
  beforeEach(() => {
    folder = scratchFolder();
    path = join(folder.path, "mixed.jsonl");
    writeFileSync(path, grown, { mode: 0o600 });
  });
  afterEach(() => folder.remove());
  const cli = (...args: string[]) => runCli(args, { cwd: folder.path });

  it("says what goes, changes nothing unasked, and leaves the same state in fewer bytes", async () => {
    const dry = await cli("compact", "mixed.jsonl", "--dry-run");
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(
      dry.stdout,
      /KB → .*KB, \d+ → \d+ records\.\n {2}Drops \d+ failures .*, 1 torn line of a survived/,
    );
    assert.equal((await cli("compact", "mixed.jsonl")).code, 5);
    assert.deepEqual(readFileSync(path), grown);
    const done = await cli("compact", "mixed.jsonl", "--yes", "--json");
    const [plan] = JSON.parse(done.stdout).plans;
    const after = readFileSync(path);
    assert.deepEqual([plan.bytes.before, plan.bytes.after], [grown.length, after.length]);
    assert.ok(after.length < grown.length / 3, `${after.length} of ${grown.length}`);
    const [was, is] = [scanBytes(grown), scanBytes(after)];
    assert.deepEqual(lasting(is.state), lasting(was.state));
    assert.deepEqual([is.summary.faultCount, is.records.length], [0, plan.records.after]);
    assert.deepEqual(readFileSync(plan.backup), grown);
    assert.match((await cli("compact", "mixed.jsonl", "--yes")).stdout, /Nothing to compact/);
    assert.deepEqual(readFileSync(path), after);
  });

  it("can be undone, as can a clear", async () => {
    await cli("compact", "mixed.jsonl", "--yes");
    assert.equal((await cli("repair", "mixed.jsonl", "--undo")).code, 0);
    assert.deepEqual(readFileSync(path), grown);
    assert.match((await cli("clear", "mixed.jsonl", "--yes")).stdout, /to undo: agent-jobs clear --undo/);
    assert.ok(!readdirSync(folder.path).includes("mixed.jsonl"));
    assert.equal((await cli("clear", "mixed.jsonl", "--undo")).code, 0);
    assert.deepEqual(readFileSync(path), grown);
    assert.equal((await cli("clear", "other.jsonl", "--undo")).code, 2);
  });

  it("refuses damage, other tools' files, and what is no checkpoint, and changes none of them", async () => {
    const damaged = Buffer.from(grown);
    damaged[damaged.indexOf("timeout")] = 0x58;
    const article = readFileSync(resolve("test/fixtures/article/a1-half-847-of-1000.jsonl"));
    const cases = { "damaged.jsonl": [damaged, 3], "article.jsonl": [article, 2], "no.jsonl": ["no\n", 2] };
    for (const [name, [bytes, code]] of Object.entries(cases)) {
      writeFileSync(join(folder.path, name), bytes as Buffer);
      const outcome = await cli("compact", name, "--yes");
      assert.equal(outcome.code, code, `${name}: ${outcome.stderr}`);
      assert.deepEqual(readFileSync(join(folder.path, name)), Buffer.from(bytes as Buffer));
    }
    assert.equal((await cli("compact", "nowhere.jsonl")).code, 2);
  });
});
