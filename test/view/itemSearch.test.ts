import assert from "node:assert/strict";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { type ItemSearch, searchItems } from "../../src/view/itemSearch.js";
import type { JobView } from "../../src/view/jobView.js";
import { sampleView } from "./sample.js";

describe("a search for items", () => {
  const view = sampleView({
    done: 120,
    begun: 2,
    failed: { timeout: ["late", "Late again"], "bad-reply": ["no JSON"] },
  });
  const find = (typed: string, options = {}, of: JobView = view): ItemSearch & { pauses: number } => {
    const search = searchItems(of, typed, options);
    for (let pauses = 0; ; pauses++) {
      const step = search.next();
      if (step.done) return { ...step.value, pauses };
    }
  };
  const ids = (typed: string, options = {}) => find(typed, options).found.map(({ item }) => JSON.parse(item));

  it("shows what is failed and in doubt before anything is typed, and no done item", () => {
    assert.deepEqual(ids(""), ["timeout-0", "timeout-1", "bad-reply-0", "begun-0", "begun-1"]);
    assert.deepEqual(ids("", { onlyFailed: true }), ["timeout-0", "timeout-1", "bad-reply-0"]);
  });

  it("goes by ids, causes and messages, in any case and order of words", () => {
    assert.deepEqual(ids("LATE"), ["timeout-0", "timeout-1"]);
    assert.deepEqual(ids("again timeout"), ["timeout-1"]);
    assert.deepEqual(ids("json"), ["bad-reply-0"]);
    assert.deepEqual(ids("nothing like it"), []);
  });

  it("finds done items by their ids, first the one that is called exactly so", () => {
    const { found } = find("done-11");
    assert.deepEqual(found.map(({ item, state }) => [item, state]).slice(0, 3), [
      ['"done-11"', "done"],
      ['"done-110"', "done"],
      ['"done-111"', "done"],
    ]);
    assert.equal(found.length, 11);
  });

  it("stops at what a person can read, and says that there is more", () => {
    const { found, isMore } = find("done", { max: 20 });
    assert.deepEqual([found.length, isMore], [20, true]);
    assert.equal(find("done-1", { max: 200 }).isMore, false);
  });

  it("lets others work in between, over a hundred thousand failures, and reads no more of them than it needs", () => {
    const failedItems = Array.from({ length: 100_000 }, (_, i) => ({
      item: keyOf(`item-${i}`),
      open: {
        ...{ attempt: 1, run: 1, phase: "failed" as const, atMs: i },
        failure: { cause: "timeout", message: `late by ${i} ms`, attempt: 1, run: 1, atMs: i },
      },
    }));
    const large = { ...view, status: { ...view.status, failedItems } };
    assert.deepEqual([find("", {}, large).pauses, find("", {}, large).found.length], [0, 100]);
    const last = find("item-99999", {}, large);
    assert.deepEqual(
      last.found.map(({ item }) => item),
      ['"item-99999"'],
    );
    assert.ok(last.pauses > 100);
  });
});
