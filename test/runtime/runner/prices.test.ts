import assert from "node:assert/strict";
import { calcPrice } from "@pydantic/genai-prices";
import type { Usage } from "../../../src/runtime/format/record.js";
import { type ModelPrice, PriceList } from "../../../src/runtime/runner/prices.js";

const close = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-12, `${actual} instead of ${expected}`);

describe("the list prices", () => {
  // By hand: US dollars a million tokens × tokens / 1e6.
  const byHand: [string, Usage, number][] = [
    [
      "input and output",
      { model: "gpt-4o-mini", inputTokens: 1_000_000, outputTokens: 500_000 },
      0.15 + 0.6 / 2,
    ],
    [
      "a model named with its date",
      { model: "gpt-4o-2024-08-06", inputTokens: 1200, outputTokens: 300 },
      (1200 * 2.5 + 300 * 10) / 1e6,
    ],
    [
      "input of which some was cached",
      { model: "gpt-4o-2024-08-06", inputTokens: 1200, cachedTokens: 1024, outputTokens: 300 },
      (176 * 2.5 + 1024 * 1.25 + 300 * 10) / 1e6,
    ],
    [
      "caches read and written",
      {
        ...{ model: "claude-sonnet-4-20250514", inputTokens: 1209, outputTokens: 393 },
        ...{ cachedTokens: 1000, cacheWriteTokens: 188 },
      },
      (21 * 3 + 1000 * 0.3 + 188 * 3.75 + 393 * 15) / 1e6,
    ],
    [
      "a cache written for an hour",
      {
        ...{ model: "claude-sonnet-4-20250514", inputTokens: 200, outputTokens: 0 },
        ...{ cacheWriteTokens: 150, cacheWrite1hTokens: 100 },
      },
      (50 * 3 + 50 * 3.75 + 100 * 6) / 1e6,
    ],
    [
      "a call long enough for the higher tier",
      { model: "claude-sonnet-4-5", inputTokens: 300_000, outputTokens: 1000 },
      (300_000 * 6 + 1000 * 22.5) / 1e6,
    ],
    ["embeddings", { model: "text-embedding-3-small", inputTokens: 1_000_000 }, 0.02],
  ];
  for (const [name, usage, usd] of byHand)
    it(`of ${name}`, async () => close(await new PriceList().priceOf(usage), usd));

  for (const [model, providerId] of [
    ["claude-3-5-haiku-20241022", "anthropic"],
    ["claude-opus-4-1", "anthropic"],
    ["gpt-4.1", "openai"],
    ["o3-mini", "openai"],
    ["gemini-2.5-flash", "google"],
  ] as const)
    it(`of ${model} are the library's own`, async () => {
      const usage = { model, inputTokens: 5000, cachedTokens: 1200, outputTokens: 700 };
      const amounts = { input_tokens: 5000, cache_read_tokens: 1200, output_tokens: 700 };
      const theirs = calcPrice(amounts, model, { providerId })!.total_price;
      assert.ok(theirs > 0);
      close(await new PriceList().priceOf(usage), theirs);
    });

  it("have none for a model that they do not know, and say so once", async () => {
    const told: string[] = [];
    const prices = new PriceList({}, (model) => told.push(model));
    const usage = { inputTokens: 10, outputTokens: 1 };
    for (const model of ["in-house-7b", "in-house-7b", "claude-9-imaginary", "constructor", ""])
      assert.equal(await prices.priceOf({ ...usage, model }), undefined, model);
    assert.deepEqual(told, ["in-house-7b", "claude-9-imaginary", "constructor", ""]);
    assert.deepEqual([...prices.unknownModels], told);
  });

  it("have none for the tokens of a model that is paid by the hour", async () => {
    const prices = new PriceList();
    assert.equal(await prices.priceOf({ model: "whisper-1", inputTokens: 10 }), undefined);
  });

  it("have none where charged tokens were not counted, and do not call the model unknown", async () => {
    const prices = new PriceList();
    assert.equal(await prices.priceOf({ model: "gpt-4o", inputTokens: 10 }), undefined);
    assert.equal(await prices.priceOf({ model: "gpt-4o", outputTokens: 10 }), undefined);
    assert.equal(await prices.priceOf({ model: "gpt-4o" }), undefined);
    assert.equal(await prices.priceOf({ model: "gpt-4o", inputTokens: Number.NaN }), undefined);
    assert.equal(prices.unknownModels.size, 0);
  });

  it("have none for a usage without a model", async () => {
    assert.equal(await new PriceList().priceOf({ inputTokens: 10, outputTokens: 1 }), undefined);
  });

  it("take parts that exceed the input for all of it", async () => {
    const usage = { model: "gpt-4o", inputTokens: 10, cachedTokens: 20, outputTokens: 0 };
    close(await new PriceList().priceOf(usage), (10 * 1.25) / 1e6);
  });
});

describe("the cost of a call", () => {
  const price: ModelPrice = { inputPerMillion: 4, outputPerMillion: 10 };

  it("is what the usage says, whatever its model costs", async () => {
    const prices = new PriceList({ m: price });
    assert.equal(await prices.priceOf({ model: "m", inputTokens: 1e6, usd: 0.125 }), 0.125);
    assert.equal(await prices.priceOf({ model: "gpt-4o", inputTokens: 1e6, usd: 0 }), 0);
  });

  it("goes by a price that was given before the list's", async () => {
    const usage = { model: "gpt-4o", inputTokens: 1000, outputTokens: 100 };
    close(await new PriceList({ "gpt-4o": price }).priceOf(usage), (1000 * 4 + 100 * 10) / 1e6);
    close(await new PriceList({ "gpt-4": price }).priceOf(usage), (1000 * 2.5 + 100 * 10) / 1e6);
  });

  it("takes the price of input for caches without one", async () => {
    const parts = { cachedTokens: 300, cacheWriteTokens: 200, cacheWrite1hTokens: 50 };
    const usage = { model: "m", inputTokens: 1000, outputTokens: 100, ...parts };
    close(await new PriceList({ m: price }).priceOf(usage), (1000 * 4 + 100 * 10) / 1e6);
    const cached = { ...price, cachedPerMillion: 0.4, cacheWritePerMillion: 5 };
    close(
      await new PriceList({ m: cached }).priceOf(usage),
      (500 * 4 + 300 * 0.4 + 200 * 5 + 100 * 10) / 1e6,
    );
    const hour = { ...cached, cacheWrite1hPerMillion: 8 };
    close(
      await new PriceList({ m: hour }).priceOf(usage),
      (500 * 4 + 300 * 0.4 + 150 * 5 + 50 * 8 + 100 * 10) / 1e6,
    );
  });

  it("is nothing for a model that is free, and unknown where charged tokens were not counted", async () => {
    const free = new PriceList({ m: { inputPerMillion: 0, outputPerMillion: 0 } });
    assert.equal(await free.priceOf({ model: "m", inputTokens: 1000 }), 0);
    assert.equal(await new PriceList({ m: price }).priceOf({ model: "m", inputTokens: 1000 }), undefined);
    assert.equal(await new PriceList({ m: price }).priceOf({ model: "m", outputTokens: 1000 }), undefined);
  });

  it("is had at once when the list is loaded, and before where the list is not needed", async () => {
    const prices = new PriceList({ m: price });
    close(prices.priceNow({ model: "m", inputTokens: 1000, outputTokens: 0 }), 0.004);
    assert.throws(() => prices.priceNow({ model: "gpt-4o", inputTokens: 1, outputTokens: 1 }), TypeError);
    await prices.load();
    close(prices.priceNow({ model: "gpt-4o", inputTokens: 1000, outputTokens: 0 }), 0.0025);
    assert.equal(prices.priceNow({ model: "in-house-7b", inputTokens: 1, outputTokens: 1 }), undefined);
  });

  it("is refused a price that is none", () => {
    for (const bad of [
      { ...price, inputPerMillion: -1 },
      { ...price, outputPerMillion: Number.NaN },
      { ...price, cachedPerMillion: Number.POSITIVE_INFINITY },
      { inputPerMillion: 1 } as ModelPrice,
      { ...price, inputPerMillion: "3" as unknown as number },
    ])
      assert.throws(() => new PriceList({ m: bad }), RangeError);
  });
});
