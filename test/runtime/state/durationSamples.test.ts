import assert from "node:assert/strict";
import { durationSampleSize } from "../../../src/runtime/config.js";
import { DurationSamples } from "../../../src/runtime/state/durationSamples.js";
import type { DurationSample } from "../../../src/runtime/state/jobState.js";

describe("samples of what items took", () => {
  const sample = (n: number): DurationSample => ({
    ...{ ms: n % 13, atMs: 1_748_107_200_000 + n, run: 1 + (n % 3) },
    ...(n % 2 === 0 && { usd: n / 1000 }),
    ...(n % 5 === 0 && { tokens: n }),
  });
  const many = Array.from({ length: 2 * durationSampleSize - 1 }, (_, n) => sample(n));

  it("come out as they went in, with nothing where nothing was said", () => {
    const samples = new DurationSamples();
    for (const one of many) samples.push(one);
    assert.equal(samples.length, many.length);
    assert.deepEqual([...samples], many);
    assert.deepEqual(samples.newest(), many.slice(-durationSampleSize));
  });

  it("lose the older half at twice the size", () => {
    const samples = new DurationSamples();
    for (const one of [...many, sample(many.length)].reverse()) samples.push(one);
    assert.equal(samples.length, durationSampleSize);
    assert.deepEqual([...samples], [...many, sample(many.length)].slice(-durationSampleSize));
  });

  it("have a mean, once there are some", () => {
    const samples = new DurationSamples();
    assert.equal(samples.meanMs, null);
    for (const ms of [1, 2, 6]) samples.push({ ms, atMs: 0, run: 1 });
    assert.equal(samples.meanMs, 3);
  });

  it("are gone on with after they were handed over", () => {
    for (const length of [0, 3, many.length]) {
      const samples = new DurationSamples();
      for (const one of many.slice(0, length)) samples.push(one);
      const other = DurationSamples.unpack(structuredClone(samples.pack()));
      for (const both of [samples, other]) both.push(sample(many.length));
      assert.deepEqual([...other], [...samples]);
    }
  });
});
