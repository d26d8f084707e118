import assert from "node:assert/strict";
import fc from "fast-check";
import {
  allOf,
  anyOf,
  custom,
  type LoopFigures,
  maxIterations,
  maxSeconds,
  maxTokens,
  maxUsd,
  noProgress,
  type StopCondition,
} from "../../../src/runtime/session/stopConditions.js";

const none: LoopFigures = { iterations: 0, elapsedMs: 0, tokens: 0, usd: 0, sinceProgressMs: 0 };
/** The reason without its wording. */
function reasonOf(condition: StopCondition, figures: Partial<LoopFigures>): object | undefined {
  const reason = condition.evaluate({ ...none, ...figures });
  if (!reason) return undefined;
  const { message, ...rest } = reason;
  assert.ok(message.length > 0);
  return rest;
}

describe("a stop condition", () => {
  const table: [StopCondition, Partial<LoopFigures>, Partial<LoopFigures>, object][] = [
    [
      maxIterations(20),
      { iterations: 19 },
      { iterations: 20 },
      { condition: "max-iterations", limit: 20, value: 20 },
    ],
    [
      maxSeconds(1.5),
      { elapsedMs: 1499 },
      { elapsedMs: 1501 },
      { condition: "max-seconds", limit: 1.5, value: 1.501 },
    ],
    [maxTokens(100), { tokens: 99 }, { tokens: 130 }, { condition: "max-tokens", limit: 100, value: 130 }],
    [maxUsd(2), { usd: 1.99 }, { usd: 2.04 }, { condition: "max-usd", limit: 2, value: 2.04 }],
    [
      noProgress({ seconds: 30 }),
      { sinceProgressMs: 29_999, elapsedMs: 1e6 },
      { sinceProgressMs: 30_000 },
      { condition: "no-progress", limit: 30, value: 30 },
    ],
    [custom("tired", ({ tokens }) => tokens > 5), { tokens: 5 }, { tokens: 6 }, { condition: "tired" }],
  ];
  for (const [condition, before, at, reason] of table)
    it(`${condition.name} holds off until its limit, then names itself and its figures`, () => {
      assert.equal(reasonOf(condition, before), undefined);
      assert.deepEqual(reasonOf(condition, at), reason);
    });

  it("of 0 is reached before anything was done", () => {
    for (const condition of [maxIterations(0), maxSeconds(0), maxTokens(0), maxUsd(0)])
      assert.ok(condition.evaluate(none), condition.name);
  });

  it("on the cost is reached where a cost is unknown, since nobody could say when it is", () => {
    const reason = { condition: "max-usd", limit: 2, value: 0.5 };
    assert.deepEqual(reasonOf(maxUsd(2), { usd: 0.5, unpricedCalls: 1 }), reason);
    assert.equal(reasonOf(maxTokens(2), { unpricedCalls: 1 }), undefined);
  });

  it("of one's own may say why, and must answer at once", async () => {
    const says = custom("tired", ({ tokens }) => (tokens > 5 ? "it repeats itself" : false));
    assert.equal(says.evaluate({ ...none, tokens: 6 })?.message, "it repeats itself");
    const later = custom("later", (async () => false) as never);
    assert.throws(() => later.evaluate(none), TypeError);
  });

  it("of any names the first that matches, in their order", () => {
    const condition = anyOf(maxTokens(10), anyOf(maxUsd(1), maxIterations(3)));
    assert.equal(reasonOf(condition, { iterations: 2 }), undefined);
    assert.deepEqual(reasonOf(condition, { usd: 1, iterations: 3 }), {
      condition: "max-usd",
      limit: 1,
      value: 1,
    });
  });

  it("of all waits for each of them, and gives all their figures", () => {
    const condition = allOf(maxIterations(3), noProgress({ seconds: 10 }));
    assert.equal(reasonOf(condition, { iterations: 5 }), undefined);
    assert.equal(reasonOf(condition, { sinceProgressMs: 10_000 }), undefined);
    const reason = condition.evaluate({ ...none, iterations: 5, sinceProgressMs: 12_000 });
    assert.equal(reason?.condition, "all-of");
    assert.deepEqual(
      reason?.parts?.map(({ condition, value }) => [condition, value]),
      [
        ["max-iterations", 5],
        ["no-progress", 12],
      ],
    );
  });

  it("that is reached stays so as the figures grow", () => {
    const figures = fc.record({
      iterations: fc.nat(),
      elapsedMs: fc.nat(),
      tokens: fc.nat(),
      usd: fc.nat(),
      sinceProgressMs: fc.nat(),
    });
    const simple = fc.oneof(
      fc.nat(50).map(maxIterations),
      fc.nat(50).map(maxSeconds),
      fc.nat(50).map(maxTokens),
      fc.nat(50).map(maxUsd),
    );
    const some = fc.array(simple, { minLength: 1, maxLength: 4 });
    const any = fc.oneof(
      simple,
      some.map((parts) => anyOf(...parts)),
      some.map((parts) => allOf(...parts)),
    );
    fc.assert(
      fc.property(any, figures, figures, (condition, before, more) => {
        const after = { ...before };
        for (const name of Object.keys(more) as (keyof typeof more)[]) after[name] += more[name];
        return !condition.evaluate(before) || condition.evaluate(after) !== undefined;
      }),
    );
  });

  it("is refused figures that are none", () => {
    for (const bad of [
      -1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      "3" as unknown as number,
      undefined as never,
    ]) {
      for (const make of [maxIterations, maxSeconds, maxTokens, maxUsd])
        assert.throws(() => make(bad), RangeError, `${make.name}(${bad})`);
      assert.throws(() => noProgress({ seconds: bad }), RangeError);
    }
    assert.throws(() => maxIterations(1.5), RangeError);
    assert.throws(() => maxTokens(1.5), RangeError);
    assert.throws(() => noProgress({ seconds: 0 }), RangeError);
    assert.throws(() => custom(" ", () => true), RangeError);
    assert.throws(() => custom("x", true as never), TypeError);
    assert.throws(() => anyOf(), RangeError);
    assert.throws(() => allOf(), RangeError);
    assert.throws(() => anyOf(maxUsd as never), TypeError);
  });
});
