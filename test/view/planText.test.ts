import assert from "node:assert/strict";
import type { JobPlan } from "../../src/runtime/state/jobPlan.js";
import {
  doubtSummary,
  planCosts,
  planDocument,
  planHasChanged,
  planSummary,
  redoSummary,
} from "../../src/view/planText.js";

const free: JobPlan = {
  ...{ job: "nightly", label: null, checkpoint: "checkpoints/nightly.jsonl", held: false, damaged: false },
  ...{ total: 1002, done: 847, new: 152, failed: 3, inDoubt: 0, inDoubtItems: [], gone: 0, toRun: 155 },
  changed: { items: 0, itemIds: [], params: [], sources: [], stages: false },
  expected: { ms: 900_000, tokens: null, usd: null },
  saved: { items: 847, usd: null, ms: 2_340_000 },
  budget: null,
};
const paid: JobPlan = {
  ...free,
  expected: { ms: 900_000, tokens: 12_345.6, usd: 1.2 },
  saved: { items: 847, usd: 3.1, ms: 2_340_000 },
};
const changed = (part: Partial<JobPlan["changed"]>): JobPlan => ({
  ...free,
  changed: { ...free.changed, ...part },
});

describe("a plan", () => {
  it("says what is done, what that saved, what is left, and what it takes", () => {
    assert.equal(
      planSummary({ ...paid, new: 150, inDoubt: 2 }),
      "847 done ($3.10 and 39 min of item time not spent again), 155 to do (150 new, 3 failed, 2 in doubt); about 15 min, 12,346 tokens, $1.20.",
    );
    assert.match(planSummary({ ...paid, new: 0, failed: 155 }), / again\), 155 to do \(155 failed\); about /);
    assert.match(planSummary({ ...paid, new: 155, failed: 0 }), / again\), 155 to do; about /);
  });

  it("leaves out what nobody knows", () => {
    const saved = { items: 847, usd: null, ms: null };
    const expected = { ms: null, tokens: null, usd: null };
    const unknown = { ...free, saved, expected, new: null, toRun: null };
    assert.equal(planSummary({ ...unknown, failed: 0 }), "847 done.");
    assert.equal(planSummary({ ...unknown, failed: 3, inDoubt: 2 }), "847 done, 3 failed, 2 in doubt.");
  });

  it("says how much of a budget is spent", () => {
    const budget = { usd: { limit: 20, spent: 3.1 } };
    assert.match(planSummary({ ...paid, budget }), / Budget: \$3\.10 of \$20\.00 spent\.$/);
    const tokens = { tokens: { limit: 50_000, spent: 12_000 } };
    assert.match(planSummary({ ...paid, budget: tokens }), / Budget: 12,000 of 50,000 tokens spent\.$/);
  });

  it("is worth a question where it costs, has a budget or doubts, or changed; not where it is free", () => {
    assert.equal(planCosts(free), false);
    assert.equal(planCosts({ ...free, expected: { ms: 1, tokens: 0, usd: 0 } }), false);
    const worth: JobPlan[] = [
      paid,
      { ...free, expected: { ...free.expected, tokens: 10 } },
      { ...free, saved: { ...free.saved, usd: 0.01 } },
      { ...free, budget: { tokens: { limit: 10, spent: 0 } } },
      { ...free, inDoubt: 1 },
      changed({ items: 1, itemIds: ["a"] }),
    ];
    for (const plan of worth) assert.ok(planCosts(plan), JSON.stringify(plan));
  });

  it("says what redoing takes beside what is left", () => {
    assert.equal(
      redoSummary(paid),
      "Redoing does up to 847 items again: $3.10 and 39 min of item time more.",
    );
    const saved = { items: 847, usd: null, ms: null };
    assert.equal(redoSummary({ ...paid, saved }), "Redoing does up to 847 items again.");
    assert.equal(redoSummary({ ...paid, done: 0 }), "");
  });

  it("says what either answer makes of items in doubt", () => {
    const of = (inDoubt: number) => doubtSummary({ ...paid, inDoubt }, "Resume", "Skip Doubtful");
    assert.equal(
      of(1),
      "Resume does the 1 item in doubt again, although it may have been done, and paid for, already. Skip Doubtful leaves it in doubt and does not run it.",
    );
    assert.match(of(2), /2 items in doubt again.*leaves them in doubt and does not run them\.$/);
  });

  it("expects nothing to the millisecond", () => {
    // What took no time is not said to be kept.
    assert.match(
      planSummary({ ...paid, saved: { ...paid.saved, ms: 0 } }),
      /^847 done \(\$3\.10 not spent again\), /,
    );
    const quick = { ...paid, expected: { ...paid.expected, ms: 24 } };
    assert.match(planSummary(quick), /; about 1 s, /);
    const over = { ...paid, toRun: 0, expected: { ms: 0, tokens: 0, usd: 0 } };
    assert.doesNotMatch(planSummary(over), /about/);
  });

  it("says in its document what gone and changed items are, and nothing of them where there are none", () => {
    const lines = planDocument({ ...changed({ items: 4, itemIds: [] }), gone: 1_200 });
    assert.ok(lines.includes("gone       1,200  (done, and no longer in the input)"));
    assert.ok(lines.includes("changed    4  (done, and other in the input now)"));
  });

  it("has changed with any of what results depend on", () => {
    assert.equal(planHasChanged(paid), false);
    assert.ok(planHasChanged(changed({ params: [{ name: "model", before: "a", after: "b" }] })));
    assert.ok(planHasChanged(changed({ sources: [{ file: "a.ts", change: "removed" }] })));
    assert.ok(planHasChanged(changed({ stages: true })));
    assert.ok(planHasChanged(changed({ items: 1, itemIds: ["a"] })));
  });

  it("as a document has a line for each figure that is known", () => {
    assert.deepEqual(planDocument({ ...paid, budget: { usd: { limit: 20, spent: 3.1 } } }), [
      ...[
        "nightly",
        "",
        "total      1,002 items",
        "done       847 ($3.10 and 39 min of item time not spent again)",
      ],
      ...["failed     3", "in doubt   0", "new        152", "to do      155"],
      ...["time       about 15 min", "tokens     about 12,346", "cost       about $1.20"],
      "budget     $3.10 of $20.00 spent",
    ]);
    const unknown = { ...free, total: null, toRun: null, expected: { ms: null, tokens: null, usd: null } };
    const names = planDocument(unknown)
      .slice(2)
      .map((line) => line.slice(0, 11).trim());
    assert.deepEqual(names, ["total", "done", "failed", "in doubt", "new", "to do"]);
  });

  it("as a document names what changed and what is in doubt, and shows foreign text as text", () => {
    const lines = planDocument({
      ...changed({ params: [{ name: "mo\u202edel", before: "small", after: undefined }] }),
      ...{ label: "2026-W47", inDoubt: 1 },
      inDoubtItems: [{ item: "in\u001b[31mvoice", attempt: 2, run: 3, at: "2026-11-24T10:00:00Z" }],
    });
    const text = lines.join("\n");
    assert.equal(lines[0], "nightly @ 2026-W47");
    assert.match(text, /^total {6}1,002 items$/m);
    assert.match(text, /changed: "small" → none\.$/m);
    assert.match(text, / {2}attempt 2, run 3, 2026-11-2\d \d\d:\d\d:00$/m);
    for (const raw of ["\u202e", "\u001b"]) assert.ok(!text.includes(raw), text);
  });
});
