import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import pLimit from "p-limit";
import type { ItemsFailedError } from "../../src/runtime/errors.js";
import { loopPlace } from "../../src/runtime/loopPlace.js";
import { type MapOptions, map } from "../../src/runtime/map.js";
import { latestRun } from "../../src/runtime/state/jobState.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import { requestStop } from "../../src/runtime/store/stopRequest.js";
import { scratchFolder } from "../support/cli.js";

describe("map", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let checkpoint: string;
  let told: string;
  const write = process.stderr.write;
  beforeEach(() => {
    folder = scratchFolder();
    checkpoint = join(folder.path, "checkpoints/letters.jsonl");
    told = "";
    process.stderr.write = ((text: string) => {
      told += text;
      return true;
    }) as typeof write;
  });
  afterEach(() => {
    process.stderr.write = write;
    folder.remove();
  });
  const load = () => new JsonlStore(checkpoint).load("letters");
  const letters = ["a", "b", "c", "d", "e"];
  /** Fails for the letters that are named, as often as it is asked. */
  const failing = (...bad: string[]) => {
    const asked: string[] = [];
    const fn = async (letter: string) => {
      asked.push(letter);
      if (bad.includes(letter)) throw new TypeError(`no ${letter}`);
      return letter.toUpperCase();
    };
    return { asked, bad, fn };
  };

  it("gives results in the order of the input, however they finish, and records each", async () => {
    const release: (() => void)[] = [];
    const fn = async (letter: string) => {
      await new Promise<void>((resolve) => {
        release.push(resolve);
        if (release.length === letters.length) for (const go of release.reverse()) go();
      });
      return letter.toUpperCase();
    };
    assert.deepEqual(await map(letters, fn, { checkpoint }), ["A", "B", "C", "D", "E"]);
    const { state, scan, holder } = await load();
    assert.deepEqual([state.done.size, state.total, state.job], [5, 5, "letters"]);
    assert.deepEqual([scan.faultCount, holder], [0, null]);
    assert.equal(latestRun(state)!.ended!.reason, "finished");
    assert.equal(told, "", "a first run has nothing to tell");
  });

  it("goes on after items that failed, then throws what they threw; the next run does those alone", async () => {
    const { fn, asked, bad } = failing("b", "d");
    await assert.rejects(map(letters, fn, { checkpoint }), (error: ItemsFailedError) => {
      assert.equal(error.code, "AJ_ITEMS_FAILED");
      assert.match(
        error.message,
        /^2 items of 5 failed, the others are done; the first, b: no b\. Run it again/,
      );
      assert.deepEqual([...error.failures.keys()], ["b", "d"]);
      assert.ok(error.failures.get("d") instanceof TypeError);
      assert.deepEqual(error.results, ["A", undefined, "C", undefined, "E"]);
      return true;
    });
    assert.equal((await load()).state.open.get('"b"' as never)!.failure!.cause, "bug");
    bad.length = 0;
    asked.length = 0;
    assert.deepEqual(await map(letters, fn, { checkpoint }), ["A", "B", "C", "D", "E"]);
    assert.deepEqual(asked, ["b", "d"]);
    assert.equal(told, "agent-jobs: letters: 3 of 5 done before; 2 failed before, tried again.\n");
  });

  it("says what Promise.allSettled says, with settle", async () => {
    const { fn } = failing("e");
    const outcomes = await map(letters, fn, { checkpoint, settle: true });
    assert.deepEqual(outcomes.slice(0, 4), await Promise.allSettled(["A", "B", "C", "D"]));
    assert.equal(outcomes[4]!.status, "rejected");
  });

  it("gives results as a resume will, and fails the item alone whose result is no JSON", async () => {
    const when = new Date(0);
    const results: unknown[] = [{ when }, null, undefined, 2n];
    const fn = (i: number) => results[i];
    const first = await map([0, 1, 2, 3], fn, { checkpoint, settle: true });
    const values = first.map((outcome) =>
      outcome.status === "fulfilled" ? outcome.value : outcome.reason.code,
    );
    assert.deepEqual(values, [{ when: when.toISOString() }, null, undefined, "AJ_RESULT"]);
    results[3] = "two";
    assert.deepEqual(await map([0, 1, 2, 3], fn, { checkpoint }), [...values.slice(0, 3), "two"]);
  });

  /** Runs until as many items are begun as can be, and says how many the checkpoint has as begun then. */
  async function begunWith(options: MapOptions<number>): Promise<number> {
    const items = Array.from({ length: 40 }, (_, i) => i);
    let begun = 0;
    let most = 0;
    const fn = async () => {
      most = Math.max(most, ++begun);
      await new Promise((resolve) => setImmediate(resolve));
      const { state } = await load();
      most = Math.max(most, state.open.size);
      begun--;
    };
    await map(items, fn, { ...options, checkpoint });
    assert.equal(latestRun((await load()).state)!.done, 40);
    return most;
  }

  it("begins 32 items at a time unless it is told a number", async () => {
    assert.equal(await begunWith({}), 32);
    rmSync(checkpoint);
  });
  it("begins as many items at a time as it is told", async () => {
    assert.equal(await begunWith({ concurrency: 3 }), 3);
  });
  it("counts an item as begun when a limiter lets it begin, not when it waits for its turn", async () => {
    assert.equal(await begunWith({ limit: pLimit(3) }), 3);
    assert.equal(latestRun((await load()).state)!.concurrency, 3);
  });

  it("stops in order where it is asked to, and goes on when it is run again", async () => {
    const items = Array.from({ length: 500 }, (_, i) => i);
    let asked = 0;
    let isSlow = true;
    const fn = async (i: number) => {
      asked++;
      if (i === 1) await requestStop(checkpoint);
      if (isSlow) await new Promise((resolve) => setTimeout(resolve, 5));
      return i;
    };
    await assert.rejects(map(items, fn, { checkpoint, concurrency: 1 }), {
      code: "AJ_STOPPED",
      message: /letters was asked to stop, with \d+ items left\. Run it again to go on\./,
    });
    const { state } = await load();
    assert.deepEqual([state.done.size, state.open.size], [asked, 0]);
    assert.equal(latestRun(state)!.ended!.reason, "stopped");
    isSlow = false;
    assert.deepEqual(await map(items, fn, { checkpoint }), items);
    assert.equal(asked, items.length);
  });

  it("ends where no item could be kept any more, and says why", async () => {
    const asked: string[] = [];
    const fn = async (letter: string) => {
      asked.push(letter);
      if (letter === "b") rmSync(checkpoint);
      return letter;
    };
    await assert.rejects(map(letters, fn, { checkpoint, concurrency: 1 }), { code: "AJ_REPLACED" });
    assert.deepEqual(asked, ["a", "b"]);
  });

  it("refuses another function the checkpoint that a map of the same program used", async () => {
    for (const suffix of ["1", "2"]) {
      const pass = map(letters, (letter) => letter + suffix, { checkpoint });
      if (suffix === "1") assert.deepEqual(await pass, ["a1", "b1", "c1", "d1", "e1"]);
      else
        await assert.rejects(pass, {
          code: "AJ_JOB",
          message: /share the checkpoint .*Give each a name: `job/,
        });
    }
  });

  it("refuses results that were made with other params, unless they are to be kept", async () => {
    const { fn, asked } = failing();
    await map(letters.slice(0, 2), fn, { checkpoint, params: { model: "small", lines: 3 } });
    const other = { model: "large", lines: 3 };
    await assert.rejects(map(letters, fn, { checkpoint, params: other }), {
      code: "AJ_PARAMS",
      message: /letters differ .* \(model\), so 2 items done would be of another job/,
    });
    await map(letters, fn, { checkpoint, params: other, changed: "keep" });
    assert.deepEqual(asked, letters);
  });

  it("keeps the result of an item whose input is another now, and says so", async () => {
    const fn = ({ text }: { text: string }) => text.toUpperCase();
    const docs = [
      { id: 1, text: "one" },
      { id: 2, text: "two" },
    ];
    await map(docs, fn, { checkpoint });
    docs[1]!.text = "deux";
    assert.deepEqual(await map(docs, fn, { checkpoint }), ["ONE", "TWO"]);
    assert.match(
      told,
      /1 item had another input when done \(2\); the results are kept\. Clear .* to do all anew\.\n$/,
    );
  });

  it("takes ids from a member, a function, or the items; and names what has none or is there twice", async () => {
    const docs = [{ url: "x" }, { url: "y" }];
    assert.deepEqual(await map(docs, ({ url }) => url, { checkpoint, key: "url" }), ["x", "y"]);
    assert.deepEqual([...(await load()).state.done], ['"x"', '"y"']);
    const fn = () => 1;
    const bad: [Iterable<unknown>, MapOptions<never>, object][] = [
      [docs, {}, { code: "AJ_JOB", message: /^Item 1 has no usable id: .*set `key`/ }],
      [
        docs,
        { key: "uri" },
        { code: "AJ_JOB", message: /^Item 1 has no usable id: It has no member `uri`\. Give/ },
      ],
      [["a", "b", "a"], {}, { code: "AJ_DUPLICATE_IDS" }],
      ["abc", {}, { name: "TypeError" }],
      [letters, { concurrency: 0 }, { name: "RangeError" }],
      [letters, { concurrency: 2, limit: pLimit(2) }, { name: "TypeError" }],
      [letters, { limit: 4 as never }, { name: "TypeError" }],
      [letters, { changed: "yes" as never }, { name: "TypeError" }],
    ];
    for (const [items, options, error] of bad) {
      const other = join(folder.path, "other.jsonl");
      await assert.rejects(map(items as never[], fn, { checkpoint: other, ...options }), error);
    }
    await assert.rejects(map(letters, 5 as never, { checkpoint }), { name: "TypeError" });
  });

  it("takes generators, asynchronous ones too", async () => {
    async function* pages() {
      for (const letter of letters) yield { id: letter };
    }
    assert.deepEqual(await map(pages(), ({ id }) => id, { checkpoint }), letters);
  });
});

describe("a loop's place", () => {
  const script = "/home/ada/nightly/translate_pages.mjs";
  const env = {};

  it("is beside the script, and named after it or after the job", () => {
    assert.deepEqual(loopPlace({}, { script, env }), {
      job: "translate_pages",
      checkpoint: "/home/ada/nightly/checkpoints/translate_pages.jsonl",
    });
    const { checkpoint } = loopPlace({ job: "second pass: notes" }, { script, env });
    assert.match(checkpoint, /^\/home\/ada\/nightly\/checkpoints\/second-pass-notes-[0-9a-f]{8}\.jsonl$/);
  });

  it("is where the caller says, or the command that the script was launched by", () => {
    const launched = {
      ...{ AGENT_JOBS_JOB: "nightly", AGENT_JOBS_CHECKPOINT: "/data/nightly@w1.jsonl" },
      AGENT_JOBS_RUN_PID: String(process.ppid),
    };
    assert.deepEqual(loopPlace({ checkpoint: "/x/y.jsonl" }, { script, env: launched }), {
      job: "y",
      checkpoint: "/x/y.jsonl",
    });
    const place = { job: "nightly", checkpoint: "/data/nightly@w1.jsonl" };
    assert.deepEqual(loopPlace({}, { script, env: launched }), place);
    assert.deepEqual(loopPlace({ job: "nightly" }, { script, env: launched }), place);
    assert.equal(loopPlace({ job: "other" }, { script, env: launched }).job, "other");
  });

  it("needs a name where a tool runs the script, or nothing does", () => {
    const tool = "/home/ada/nightly/node_modules/vitest/vitest.mjs";
    for (const path of [tool, ""])
      assert.throws(() => loopPlace({}, { script: path, env }), {
        code: "AJ_JOB",
        message: /job: "nightly"/,
      });
    assert.equal(
      loopPlace({ job: "a" }, { script: tool, env }).checkpoint,
      join(process.cwd(), "checkpoints/a.jsonl"),
    );
    assert.throws(() => loopPlace({ job: "" }, { script, env }), { name: "TypeError" });
  });
});
