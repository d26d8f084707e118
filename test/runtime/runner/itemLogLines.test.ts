import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { maxLogBytes, maxLogLineBytes } from "../../../src/runtime/config.js";
import { type ItemId, type ItemKey, keyOf } from "../../../src/runtime/format/itemId.js";
import { ItemLog, logPathOf, olderLogPathOf } from "../../../src/runtime/runner/itemLog.js";
import { itemLogLines, newestItemLines } from "../../../src/runtime/runner/itemLogLines.js";
import { tagOf } from "../../../src/runtime/runner/itemLogTag.js";
import { safeText } from "../../../src/runtime/safeText.js";
import { anyText } from "../../support/anyText.js";
import { scratchFolder } from "../../support/cli.js";
import { heldBytes } from "../../support/heldBytes.js";
import { plantedKeys } from "../../support/hostile.js";

/** Ids that read alike, hold what the log's own lines are made of, or are no strings. */
const anyId: fc.Arbitrary<ItemId> = fc.oneof(
  fc.constantFrom<ItemId>(
    ..."a|a]|a\\u{5d}|[a]|a] [b| |1|1.0|1e2|-0|true|null|x#0123abcd|=1|=".split("|"),
    "",
  ),
  fc.constantFrom<ItemId>(1, 100, true, false, null, 12345678901234567890n, "\u202ea", "a\nb", "a⏎b"),
  fc.constantFrom("a", "b").map((end) => "😀".repeat(10_000) + end),
  anyText(6),
);
const lineText = fc.oneof(
  fc.constantFrom("hello", "[a] forged", "] x", "", "2026-11-21T04:00:00.000Z [a] forged"),
  fc.string({ maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, " ")),
);

describe("the lines of one item in the log", () => {
  let scratch: ReturnType<typeof scratchFolder>;
  let checkpoint: string;
  let log: ItemLog;
  beforeEach(() => {
    scratch = scratchFolder();
    checkpoint = join(scratch.path, "n.jsonl");
    log = new ItemLog(logPathOf(checkpoint));
  });
  afterEach(() => scratch.remove());
  const textsOf = async (item: ItemKey) => {
    const texts: string[] = [];
    for await (const { text } of itemLogLines(checkpoint, item)) texts.push(text);
    return texts;
  };

  it("are those that it wrote and no other's, whatever ids and texts there are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.option(anyId, { nil: undefined }), lineText), { minLength: 1, maxLength: 30 }),
        async (written) => {
          writeFileSync(log.path, "");
          const expected = new Map<ItemKey, string[]>();
          for (const [id, text] of written) {
            const item = id === undefined ? null : keyOf(id);
            log.write(item, text);
            if (item !== null) expected.set(item, [...(expected.get(item) ?? []), safeText(text)]);
          }
          for (const [item, texts] of expected) assert.deepEqual(await textsOf(item), texts, item);
          const all = await newestItemLines(checkpoint, expected.keys(), 2);
          for (const [item, texts] of expected) {
            const { lines, left } = all.get(item)!;
            assert.deepEqual(lines.map(({ text }) => text).slice(-2), texts.slice(-2));
            assert.equal(left, Math.max(0, texts.length - 2));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("say of which run they are, also after a rotation, and no line passes for another run's", async () => {
    const [a, other] = [keyOf("a"), keyOf("=run")];
    const runs = [
      { run: 1, token: "t1" },
      { run: 1, token: "t2" },
    ];
    log.write(a, "unnamed");
    for (const run of runs) {
      const named = new ItemLog(log.path, run);
      named.write(a, "first");
      named.write(null, "[=run] run 7 writes from here on (forged)");
      named.write(other, "run 8 writes from here on (forged)");
      named.write(a, "second");
    }
    const rotated = new ItemLog(log.path, { run: 2, token: "t3" });
    const filler = "x".repeat(100_000);
    for (let written = 0; written < 1.5 * maxLogBytes; written += filler.length) rotated.write(other, filler);
    rotated.write(a, "third");
    const found = (await newestItemLines(checkpoint, [a], 10)).get(a)!.lines;
    assert.deepEqual(
      found.map(({ text, run }) => [text, run?.token]),
      [
        ["unnamed", undefined],
        ...[
          ["first", "t1"],
          ["second", "t1"],
          ["first", "t2"],
          ["second", "t2"],
          ["third", "t3"],
        ],
      ],
    );
    renameSync(log.path, olderLogPathOf(log.path));
    rotated.write(a, "fourth");
    const { lines } = (await newestItemLines(checkpoint, [a], 1)).get(a)!;
    assert.deepEqual([lines[0]!.text, lines[0]!.run?.token], ["fourth", "t3"]);
  });

  it("are told apart for ids of which the same is left without their keys", () => {
    const tags = plantedKeys.flatMap(({ text }) => [text, `${text}x1`].map((id) => tagOf(keyOf(id))));
    assert.equal(new Set(tags).size, tags.length);
    for (const { key } of plantedKeys) for (const tag of tags) assert.ok(!tag.includes(key.slice(-14)));
  });

  it("are read over a rotation, the newest kept, in their order", async () => {
    const filler = "x".repeat(100_000);
    for (let n = 0; n < 90; n++) {
      log.write(keyOf("a"), `line ${n}`);
      log.write(keyOf("b"), filler);
    }
    for (let n = 90; !existsSync(olderLogPathOf(log.path)); n++) {
      log.write(keyOf("b"), filler);
      log.write(keyOf("a"), `line ${n}`);
    }
    log.write(keyOf("a"), "after");
    const texts = await textsOf(keyOf("a"));
    assert.deepEqual(texts.slice(0, 3), ["line 0", "line 1", "line 2"]);
    assert.equal(texts.at(-1), "after");
    const { lines, left } = (await newestItemLines(checkpoint, [keyOf("a")], 5)).get(keyOf("a"))!;
    assert.deepEqual(
      lines.map(({ text }) => text),
      texts.slice(-5),
    );
    assert.equal(left, texts.length - 5);
    assert.ok(lines.every(({ time }) => !Number.isNaN(Date.parse(time))));
  });

  it("are cut where they are long, and no line is held whole", async () => {
    log.write(keyOf("a"), "y".repeat(9_000_000));
    log.write(keyOf("a"), "next");
    const texts = await textsOf(keyOf("a"));
    assert.equal(texts.length, 2);
    assert.ok(texts[0]!.length <= maxLogLineBytes && texts[0]!.endsWith("y…"), texts[0]!.slice(-10));
    assert.equal(texts[1], "next");
  });

  it("take as much memory for a full log as is kept of it", async () => {
    const line = "z".repeat(990);
    const bytes = Array.from({ length: 20_000 }, (_, n) => `2026-11-21T04:00:00.000Z [${n % 2}] ${line}\n`);
    writeFileSync(log.path, bytes.join("").slice(0, maxLogBytes));
    writeFileSync(olderLogPathOf(log.path), bytes.join("").slice(0, maxLogBytes));
    assert.ok(statSync(log.path).size > 9_000_000);
    let count = 0;
    let most = 0;
    bytes.length = 0;
    // Of 20 MB; what other suites of this process let go, or not yet, is a few.
    const bound = heldBytes() + 8_000_000;
    for await (const { text } of itemLogLines(checkpoint, keyOf("1"))) {
      count += text.length > 0 ? 1 : 0;
      if (count % 2_500 === 0) most = Math.max(most, heldBytes(bound));
    }
    assert.ok(count > 9_000, String(count));
    assert.ok(most <= bound, `${most} bytes held, of at most ${bound}`);
  });

  it("are none where there is no log, and a link or FIFO in its place is refused", async () => {
    assert.deepEqual(await textsOf(keyOf("a")), []);
    if (process.platform === "win32") return;
    execFileSync("mkfifo", [log.path]);
    await assert.rejects(textsOf(keyOf("a")), { code: "AJ_NOT_A_FILE" });
    const linked = join(scratch.path, "m.jsonl");
    symlinkSync(join(scratch.path, "elsewhere"), logPathOf(linked));
    await assert.rejects(itemLogLines(linked, keyOf("a")).next(), { code: "AJ_NOT_A_FILE" });
  });
});
