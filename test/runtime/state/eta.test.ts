import assert from "node:assert/strict";
import { estimateEta } from "../../../src/runtime/state/eta.js";
import { randomSource } from "../../support/random.js";

interface Shape {
  items: number;
  concurrency: number;
  /** How many items are done when the estimate is made. */
  done: number;
  seed: number;
}

/** Plays a job to its end and gives what an estimate in its middle was told, and the time that really remained. */
function play({ items, concurrency, done, seed }: Shape) {
  const random = randomSource(seed);
  // Most items take a second or two, some much longer, as calls of a model do.
  const duration = () => 500 + random(2000) + (random(20) === 0 ? random(10_000) : 0);
  const ends: { begin: number; end: number; ms: number }[] = [];
  const free = new Array<number>(concurrency).fill(0);
  for (let i = 0; i < items; i++) {
    const slot = free.indexOf(Math.min(...free));
    const ms = duration();
    ends.push({ begin: free[slot]!, end: free[slot]! + ms, ms });
    free[slot] = free[slot]! + ms;
  }
  const finished = [...ends].sort((x, y) => x.end - y.end);
  const nowMs = done === 0 ? 0 : finished[done - 1]!.end;
  const inFlight = ends.filter(({ begin, end }) => begin <= nowMs && end > nowMs);
  return {
    input: {
      durationsMs: finished.slice(0, done).map(({ ms }) => ms),
      inFlightAgesMs: inFlight.map(({ begin }) => nowMs - begin),
      waiting: items - done - inFlight.length,
      concurrency,
    },
    truthMs: Math.max(...ends.map(({ end }) => end)) - nowMs,
  };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

function medianError(shape: Omit<Shape, "seed">): number {
  const errors = Array.from({ length: 21 }, (_, seed) => {
    const { input, truthMs } = play({ ...shape, seed });
    return Math.abs(estimateEta(input)!.p50Ms - truthMs) / truthMs;
  });
  return median(errors);
}

describe("the remaining time", () => {
  const shapes: Record<string, Omit<Shape, "seed">> = {
    "a plain run half way": { items: 1000, done: 500, concurrency: 8 },
    "a run resumed a moment ago": { items: 850, done: 50, concurrency: 8 },
    "one item at a time": { items: 300, done: 100, concurrency: 1 },
    "many items on many slots": { items: 20_000, done: 5000, concurrency: 500 },
  };
  for (const [name, shape] of Object.entries(shapes))
    it(`of ${name} is within 15 % of the truth`, () => {
      assert.ok(medianError(shape) < 0.15, `${medianError(shape)}`);
    });

  it("has a p90 that holds nine times of ten, and a p50 that does not exceed it", () => {
    let held = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { input, truthMs } = play({ items: 400, done: 200, concurrency: 8, seed });
      const { p50Ms, p90Ms } = estimateEta(input)!;
      assert.ok(p50Ms <= p90Ms);
      if (truthMs <= p90Ms) held++;
    }
    assert.ok(held >= 75, `${held} of 100`);
  });

  it("is the same for the same input", () => {
    const { input } = play({ items: 100, done: 50, concurrency: 4, seed: 1 });
    assert.deepEqual(estimateEta(input), estimateEta(input));
  });

  it("is 0 when nothing is left, and unknown before two items are done", () => {
    const nothing = { durationsMs: [], inFlightAgesMs: [], waiting: 0, concurrency: 1 };
    assert.deepEqual(estimateEta(nothing), { p50Ms: 0, p90Ms: 0 });
    assert.equal(estimateEta({ ...nothing, durationsMs: [5], waiting: 3 }), null);
  });

  it("goes on counting for an item that takes longer than any before", () => {
    const eta = estimateEta({
      durationsMs: [10, 10, 10],
      inFlightAgesMs: [1000],
      waiting: 0,
      concurrency: 1,
    });
    assert.ok(eta!.p50Ms > 0);
  });

  it("of a million items on a million slots is worked out at once", () => {
    const durationsMs = Array.from({ length: 5000 }, (_, i) => i);
    const inFlightAgesMs = Array.from({ length: 200_000 }, () => 100);
    const begun = performance.now();
    assert.ok(estimateEta({ durationsMs, inFlightAgesMs, waiting: 1e6, concurrency: 1e6 }));
    assert.ok(performance.now() - begun < 3000);
  });
});
