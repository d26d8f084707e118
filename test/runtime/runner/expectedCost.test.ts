import assert from "node:assert/strict";
import { CostModel } from "../../../src/runtime/runner/expectedCost.js";
import { PriceList } from "../../../src/runtime/runner/prices.js";
import { DurationSamples } from "../../../src/runtime/state/durationSamples.js";
import { createJobState } from "../../../src/runtime/state/jobState.js";

describe("what an item is expected to cost", () => {
  const prices = new PriceList({ m: { inputPerMillion: 10, outputPerMillion: 100 } });
  const state = createJobState();
  const sample = (usd: number) => state.durations.push({ ms: 1, atMs: 1, run: 1, usd, tokens: usd * 1000 });
  beforeEach(() => {
    state.durations = new DurationSamples();
  });

  it("is not known before the first item has ended, and is that one's from then on", async () => {
    const costs = new CostModel({ items: [] }, prices, state);
    assert.deepEqual(await costs.of("a"), {});
    sample(3);
    assert.deepEqual(await costs.of("b"), { usd: 3, tokens: 3000 });
  });

  it("is the 95th percentile of what items took, also once there are many", async () => {
    const costs = new CostModel({ items: [] }, prices, state);
    for (let usd = 1; usd <= 100; usd++) {
      sample(usd);
      await costs.of("a");
    }
    const { usd } = await costs.of("b");
    assert.ok(usd! >= 90 && usd! <= 95, String(usd));
  });

  it("is what the job says, by the price of its model", async () => {
    const definition = {
      items: [],
      params: { model: "m" },
      estimate: () => ({ inputTokens: 1e5, outputTokens: 1e4 }),
    };
    const costs = new CostModel(definition, prices, state);
    sample(50);
    assert.deepEqual(await costs.of("a"), { usd: 2, tokens: 110_000 });
  });

  for (const [name, estimate] of Object.entries({
    "no number": { usd: Number.NaN },
    "tokens that are none": { inputTokens: Number.NaN, outputTokens: 5 },
    "less than nothing": { usd: -1 },
    "without end": { outputTokens: Number.POSITIVE_INFINITY },
    "a text": { usd: "1" as unknown as number },
  }))
    it(`is an error of the job where its estimate is ${name}: a budget could not be held by it`, async () => {
      const costs = new CostModel({ items: [], estimate: () => estimate }, prices, state);
      await assert.rejects(costs.of("a"), { code: "AJ_JOB" });
    });
});
