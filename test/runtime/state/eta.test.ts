import assert from "node:assert/strict";
import { type EtaInput, estimateEta, workingMs } from "../../../src/runtime/state/eta.js";
import { estimateMs } from "../../bench/eta.js";
import { assertLinear } from "../../support/growth.js";
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

  it("of a million items on a million slots is worked out in step with their number, and is one round of them", async () => {
    const durationsMs = Array.from({ length: 5000 }, (_, i) => i);
    const etaOf = (items: number) => {
      const inFlightAgesMs = Array.from({ length: items / 5 }, () => 100);
      return estimateEta({ durationsMs, inFlightAgesMs, waiting: items, concurrency: items })!;
    };
    await assertLinear(etaOf, 31_250);
    const eta = etaOf(1_000_000);
    assert.ok(eta.p50Ms > 5_000 && eta.p50Ms < 12_000, `${eta.p50Ms}`);
  });

  it("takes less than 5 ms to work out for 20 slots, and less than 20 ms for 2,000", () => {
    assert.ok(estimateMs(20, 400) < 5);
    assert.ok(estimateMs(2_000, 100_000) < 20);
  });
});

const minuteMs = 60_000;
const near = (actual: number | undefined, expected: number, share: number) =>
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= share * expected,
    `${actual} for ${expected}`,
  );

describe("what an estimate of the remaining time is told", () => {
  /** 50 items a minute each are waiting, five at a time. */
  const minutes: EtaInput = {
    durationsMs: Array.from({ length: 60 }, (_, i) => minuteMs + (i % 7) * 100),
    inFlightAgesMs: [],
    waiting: 50,
    concurrency: 5,
  };

  it("is how many items are worked on now, not how many could be: half as many take twice as long", () => {
    near(estimateEta(minutes)!.p50Ms, 10 * minuteMs, 0.05);
    near(estimateEta({ ...minutes, concurrency: 2.5 })!.p50Ms, 20 * minuteMs, 0.1);
    near(estimateEta({ ...minutes, concurrency: 0.5 })!.p50Ms, 100 * minuteMs, 0.1);
  });

  it("is that more items are in flight than there will be: they end, and not each is followed by another", () => {
    const inFlightAgesMs = Array.from({ length: 10 }, () => 0);
    near(estimateEta({ ...minutes, waiting: 10, inFlightAgesMs, concurrency: 5 })!.p50Ms, 3 * minuteMs, 0.1);
    near(estimateEta({ ...minutes, waiting: 10, inFlightAgesMs, concurrency: 10 })!.p50Ms, 2 * minuteMs, 0.1);
  });

  it("is that a concurrency which dropped comes back", () => {
    // One at a time in the first two minutes, then one more every two: 2, 4, 6, 8 and 10 items of a minute each.
    const alone = { ...minutes, waiting: 30, concurrency: 1 };
    near(estimateEta({ ...alone, rise: { everyMs: 2 * minuteMs, limit: 5 } })!.p50Ms, 10 * minuteMs, 0.12);
    const many = { ...alone, waiting: 5_000 };
    near(estimateEta({ ...many, rise: { everyMs: minuteMs, limit: 5 } })!.p50Ms, 1002 * minuteMs, 0.05);
    assert.ok(
      estimateEta({ ...alone, waiting: 1, rise: { everyMs: 2 * minuteMs, limit: 5 } })!.p50Ms <
        1.2 * minuteMs,
    );
  });

  it("is how long the run will still be paused, which both ends of the range take in", () => {
    const { p50Ms, p90Ms } = estimateEta(minutes)!;
    const paused = estimateEta({ ...minutes, pausedMs: 30_000 });
    assert.deepEqual(paused, { p50Ms: p50Ms + 30_000, p90Ms: p90Ms + 30_000 });
  });

  it("is time at work: without the pauses, and so the same all through a pause", () => {
    const pauses = [
      { fromMs: 100, toMs: 200 },
      { fromMs: 300, toMs: 1_000 },
    ];
    assert.equal(workingMs(0, 50, pauses), 50);
    assert.equal(workingMs(50, 350, pauses), 150);
    assert.equal(workingMs(150, 180, pauses), 0);
    for (const nowMs of [300, 500, 1_000]) assert.equal(workingMs(0, nowMs, pauses), 200);
  });

  it("are items in flight that are older than any finished one: they make it longer", () => {
    const young = {
      ...minutes,
      durationsMs: [1000, 1100, 1200, 1300],
      inFlightAgesMs: [500, 500, 500, 500, 500],
    };
    const old = { ...young, inFlightAgesMs: Array.from({ length: 5 }, () => 10_000) };
    assert.ok(estimateEta(old)!.p50Ms > 3 * estimateEta(young)!.p50Ms);
  });

  it("is not what the first items took where a cache gave them, but what the others do", () => {
    const cached = Array.from({ length: 300 }, (_, i) => i % 9);
    const first = estimateEta({ ...minutes, durationsMs: [...cached, ...minutes.durationsMs] });
    assert.deepEqual(first, estimateEta(minutes));
    // Before the first real one ends nothing is known.
    assert.equal(estimateEta({ ...minutes, durationsMs: cached, inFlightAgesMs: [20_000, 20_000] }), null);
  });

  it("is what all items took where some of them have nothing to do every now and then", () => {
    const mixed = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? minuteMs : 3));
    near(estimateEta({ ...minutes, durationsMs: mixed, waiting: 3_000 })!.p50Ms, 200 * minuteMs, 0.15);
  });

  it("can be that every item takes no time at all", () => {
    const none = { ...minutes, durationsMs: Array.from({ length: 60 }, () => 0) };
    assert.deepEqual(estimateEta(none), { p50Ms: 0, p90Ms: 0 });
  });
});

describe("what items in flight tell of their progress", () => {
  const hourMs = 60 * minuteMs;
  const at = (fraction: number, ageMs: number) => ({ fraction, ageMs });

  it("gives an estimate before any item is finished", () => {
    const three: EtaInput = {
      durationsMs: [],
      inFlightAgesMs: [30 * minuteMs, 30 * minuteMs, 30 * minuteMs],
      waiting: 0,
      concurrency: 3,
    };
    assert.equal(estimateEta(three), null);
    const told = estimateEta({
      ...three,
      inFlightProgress: [at(0.5, 30 * minuteMs), at(0.48, 30 * minuteMs), at(0.52, 30 * minuteMs)],
    })!;
    near(told.p50Ms, 35 * minuteMs, 0.35);
    assert.ok(told.p90Ms > told.p50Ms);
  });

  it("gives an estimate for an item alone, and for those that wait behind it", () => {
    const one: EtaInput = {
      durationsMs: [],
      inFlightAgesMs: [10 * minuteMs],
      inFlightProgress: [at(0.4, 10 * minuteMs)],
      waiting: 0,
      concurrency: 1,
    };
    near(estimateEta(one)!.p50Ms, 15 * minuteMs, 0.1);
    near(estimateEta({ ...one, waiting: 2 })!.p50Ms, 65 * minuteMs, 0.1);
  });

  it("counts from when it was told", () => {
    const later: EtaInput = {
      durationsMs: [],
      inFlightAgesMs: [15 * minuteMs],
      inFlightProgress: [at(0.4, 10 * minuteMs)],
      waiting: 0,
      concurrency: 1,
    };
    near(estimateEta(later)!.p50Ms, 10 * minuteMs, 0.2);
  });

  it("weighs against what others took, the more the further it is", () => {
    // Others took about an hour, some half, some two; this one would take four.
    const durationsMs = Array.from({ length: 40 }, (_, i) => hourMs * [0.5, 0.8, 1, 1.25, 2][i % 5]!);
    const of = (fraction: number) => {
      const ageMs = fraction * 4 * hourMs;
      const alone = { durationsMs, inFlightAgesMs: [ageMs], waiting: 0, concurrency: 1 };
      return (estimateEta({ ...alone, inFlightProgress: [at(fraction, ageMs)] })!.p50Ms + ageMs) / hourMs;
    };
    assert.ok(of(0.03) > 1 && of(0.03) < 2.5, `${of(0.03)}`);
    assert.ok(of(0.2) > of(0.03), `${of(0.2)}`);
    near(of(0.6), 4, 0.05);
  });

  it("is left aside where it says nothing", () => {
    const input = { durationsMs: [1000, 1100, 1200], inFlightAgesMs: [500], waiting: 3, concurrency: 1 };
    for (const nothing of [undefined, at(0, 500), at(Number.NaN, 500), at(-1, 500)])
      assert.deepEqual(estimateEta({ ...input, inFlightProgress: [nothing] }), estimateEta(input));
    const over = estimateEta({ ...input, waiting: 0, inFlightProgress: [at(7, 500)] })!;
    assert.ok(over.p50Ms >= 0 && over.p50Ms < 100);
  });

  it("comes near to the truth for a few items of about an hour each", () => {
    const errors = Array.from({ length: 60 }, (_, seed) => {
      const random = randomSource(seed);
      const takes = Array.from({ length: 6 }, () => hourMs * (0.6 + random(1000) / 1000));
      // Three at a time; asked half an hour after the start. Each goes at its own, uneven pace.
      const nowMs = 30 * minuteMs;
      const inFlightProgress = takes
        .slice(0, 3)
        .map((ms) => at((nowMs / ms) * (0.9 + random(200) / 1000), nowMs));
      const slots = takes.slice(0, 3);
      for (const ms of takes.slice(3)) slots[slots.indexOf(Math.min(...slots))]! += ms;
      const truthMs = Math.max(...slots) - nowMs;
      const inFlightAgesMs = [nowMs, nowMs, nowMs];
      const eta = estimateEta({
        durationsMs: [],
        inFlightAgesMs,
        inFlightProgress,
        waiting: 3,
        concurrency: 3,
      });
      return Math.abs(eta!.p50Ms - truthMs) / truthMs;
    });
    assert.ok(median(errors) < 0.2, `${median(errors)}`);
  });
});
