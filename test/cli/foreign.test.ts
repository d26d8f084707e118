import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";

const fixtures = resolve("test/fixtures");

// Witnesses each item that it is given; those whose number ends in 9 fail where `fail` is there.
const job = `
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { defineJob } from "agent-jobs";

export default defineJob({
  items: JSON.parse(process.env.ITEMS),
  concurrency: 4,
  process(id, ctx) {
    appendFileSync(join(import.meta.dirname, "begun"), id + "\\n");
    ctx.usage({ inputTokens: 10, usd: 0.5 });
    if (String(id).endsWith("9") && existsSync(join(import.meta.dirname, "fail"))) throw new Error("no " + id);
    return { summary: "summary for " + id };
  },
});
`;

const ids = (from: number, to: number, digits = 3) =>
  Array.from({ length: to - from + 1 }, (_, i) => `item-${String(from + i).padStart(digits, "0")}`);

describe("a checkpoint of another tool, continued", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder({ "old.job.mjs": job });
    mkdirSync(join(folder.path, "checkpoints"));
  });
  afterEach(() => folder.remove());
  const path = (name: string) => join(folder.path, name);
  const checkpoint = () => readFileSync(path("checkpoints/old.jsonl"), "utf8");
  const begun = () =>
    existsSync(path("begun")) ? readFileSync(path("begun"), "utf8").trim().split("\n").sort() : [];
  const take = (fixture: string) => copyFileSync(join(fixtures, fixture), path("checkpoints/old.jsonl"));
  const run = (items: unknown[]) =>
    runCli(["run", "old.job.mjs"], { cwd: folder.path, env: { ITEMS: JSON.stringify(items) } });
  const status = async () =>
    JSON.parse((await runCli(["status", "--json", "old.job.mjs"], { cwd: folder.path })).stdout).jobs[0];
  async function results(): Promise<Map<string, unknown>> {
    const { stdout } = await runCli(["results", "old.job.mjs"], { cwd: folder.path });
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const found = new Map(lines.map(({ id, result }) => [id, result]));
    assert.equal(found.size, lines.length, "an item is twice in the results");
    return found;
  }
  /** The articles' reader: a line that is no JSON is skipped. */
  function articleLines(): { id: unknown; ts: number; result?: unknown }[] {
    return checkpoint()
      .split("\n")
      .flatMap((line) => {
        try {
          return [JSON.parse(line)];
        } catch {
          return [];
        }
      });
  }

  describe("F1, the articles' format", () => {
    it("is gone on with: nothing finished is done again, and every line stays the articles'", async () => {
      take("article/a1-half-847-of-1000.jsonl");
      const before = checkpoint();
      const { code, stderr } = await run(ids(0, 999));
      assert.equal(code, 0, stderr);
      assert.deepEqual(begun(), ids(847, 999));
      assert.ok(checkpoint().startsWith(before), "what was there is as it was");
      const lines = articleLines();
      assert.equal(lines.length, 1000);
      assert.equal(checkpoint().trimEnd().split("\n").length, 1000);
      for (const line of lines) {
        assert.deepEqual(
          Object.keys(line).filter((name) => name !== "result"),
          ["id", "ts"],
        );
        assert.ok(Number.isInteger(line.ts));
      }
      const { format, state, total, done, damaged, usage, lastRun } = await status();
      assert.deepEqual(
        { format, state, total, done, damaged, lastRun },
        {
          ...{ format: "article", state: "finished", total: 1000, done: 1000, damaged: false },
          lastRun: { ended: "finished" },
        },
      );
      assert.equal(usage.usd, 153 * 0.5);
      assert.deepEqual((await results()).get("item-999"), { summary: "summary for item-999" });
    });

    it("keeps failures, starts and runs beside itself, and shows them as its own", async () => {
      take("article/a1-half-847-of-1000.jsonl");
      const items = ids(840, 859);
      writeFileSync(path("fail"), "");
      assert.equal((await run(items)).code, 1);
      assert.deepEqual(begun(), ids(847, 859));
      assert.ok(!checkpoint().includes("failed"));
      const { failed, done, gone, state } = await status();
      assert.deepEqual(
        { failed, done, gone, state },
        { ...{ failed: 2, done: 18, gone: 840 }, state: "finished-with-failures" },
      );
      const { stdout } = await runCli(["failures", "--json", "old.job.mjs"], { cwd: folder.path });
      assert.deepEqual(
        JSON.parse(stdout).failures.map(({ item, message }: { item: string; message: string }) => [
          item,
          message,
        ]),
        [
          ["item-849", "no item-849"],
          ["item-859", "no item-859"],
        ],
      );
      rmSync(path("fail"));
      assert.equal((await run(items)).code, 0);
      assert.equal(begun().length, 15, "only what had failed is tried again");
    });

    it("with a torn tail is gone on with: the torn item is done again, and no record is merged", async () => {
      take("article/a3-torn-tail.jsonl");
      const { code, stderr } = await run(ids(0, 9));
      assert.equal(code, 0, stderr);
      assert.deepEqual(begun(), ids(5, 9));
      assert.deepEqual(
        articleLines()
          .map(({ id }) => id)
          .sort(),
        ids(0, 9),
      );
      const { state, done, damaged, tornTail } = await status();
      assert.deepEqual(
        { state, done, damaged, tornTail },
        { state: "finished", done: 10, damaged: false, tornTail: false },
      );
    });

    it("whose last line lacks only its newline loses nothing", async () => {
      take("article/a8-complete-record-no-newline.jsonl");
      const before = articleLines().map(({ id }) => id as string);
      const { code, stderr } = await run([...before, "item-100"]);
      assert.equal(code, 0, stderr);
      assert.deepEqual(begun(), ["item-100"]);
      assert.deepEqual(
        articleLines().map(({ id }) => id),
        [...before, "item-100"],
      );
    });

    it("gives its results and those of the run together", async () => {
      take("article/a11-with-result-field.jsonl");
      assert.equal((await run(ids(0, 3))).code, 0);
      assert.deepEqual(
        [...(await results())],
        [
          ...[0, 1, 2].map((n) => [`item-00${n}`, { summary: `s${n}` }]),
          ["item-003", { summary: "summary for item-003" }],
        ],
      );
    });
  });

  describe("F2, agent-resume's format", () => {
    interface Snapshot {
      turn: number;
      state: { results?: Record<string, unknown> };
      completed_items: unknown[];
      timestamp: number;
    }
    /** agent-resume's reader: every line that is not blank must parse, but the last; the last one counts. */
    function snapshots(tornLine?: string): Snapshot[] {
      return checkpoint()
        .split("\n")
        .filter((line) => line.trim() !== "" && line !== tornLine)
        .map((line) => JSON.parse(line));
    }

    it("is gone on with as agent-resume does: turns rise, the last line names all that is finished", async () => {
      take("agent-resume-py/02-half-5-of-10.ckpt");
      const before = checkpoint();
      const { code, stderr } = await run(ids(1, 10));
      assert.equal(code, 0, stderr);
      assert.deepEqual(begun(), ids(6, 10));
      assert.ok(checkpoint().startsWith(before));
      const lines = snapshots();
      assert.deepEqual(lines.at(-1)!.completed_items.toSorted(), ids(1, 10));
      for (const [i, line] of lines.entries()) {
        assert.deepEqual(Object.keys(line), ["turn", "state", "completed_items", "timestamp"]);
        assert.ok(Number.isInteger(line.turn) && typeof line.timestamp === "number");
        if (i > 0) assert.ok(line.turn > lines[i - 1]!.turn, "a turn that does not rise");
      }
      const { format, state, done, damaged } = await status();
      assert.deepEqual(
        { format, state, done, damaged },
        { format: "agent-resume", state: "finished", done: 10, damaged: false },
      );
      const found = await results();
      assert.equal(found.get("item-001"), "summary for item-001");
      assert.deepEqual(found.get("item-010"), { summary: "summary for item-010" });
    });

    it("is read by the published library's rule after each of our lines", async () => {
      take("agent-resume-py/01-first-item.ckpt");
      assert.equal((await run(ids(1, 4))).code, 0);
      let known = 0;
      for (const line of snapshots()) {
        assert.ok(line.completed_items.length >= known, "progress went back");
        known = line.completed_items.length;
      }
      assert.equal(known, 4);
    });

    it("with a torn tail is gone on with, and the torn line is the only one that is none", async () => {
      take("agent-resume-py/06-torn-tail.ckpt");
      const torn = checkpoint().split("\n").at(-1)!;
      const { code, stderr } = await run(ids(1, 4));
      assert.equal(code, 0, stderr);
      assert.deepEqual(begun(), ids(3, 4));
      assert.deepEqual(snapshots(torn).at(-1)!.completed_items.toSorted(), ids(1, 4));
      assert.equal((await status()).damaged, false);
    });

    it("keeps ids of every kind as they are", async () => {
      take("agent-resume-py/16-mixed-id-types.ckpt");
      const { code, stderr } = await run([1, "1", 2.5, false, "False", 3]);
      assert.equal(code, 0, stderr);
      assert.deepEqual(begun(), ["3"]);
      assert.deepEqual(snapshots().at(-1)!.completed_items, [1, "1", 2.5, false, "False", 3]);
    });

    it("never takes a failed item for done", async () => {
      take("agent-resume-py/02-half-5-of-10.ckpt");
      writeFileSync(path("fail"), "");
      assert.equal((await run(ids(1, 10))).code, 1);
      assert.ok(!snapshots().at(-1)!.completed_items.includes("item-009"));
      const { failed, done } = await status();
      assert.deepEqual({ failed, done }, { failed: 1, done: 9 });
    });
  });
});
