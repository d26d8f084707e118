import assert from "node:assert/strict";
import { addUsages, readUsage } from "../../../src/runtime/usage.js";

describe("usage", () => {
  const table: [string, unknown, object | undefined][] = [
    [
      "a Messages reply without caching",
      { model: "m", usage: { input_tokens: 10, output_tokens: 2, cache_read_input_tokens: null } },
      { inputTokens: 10, outputTokens: 2, model: "m" },
    ],
    [
      "a Messages reply counts what its cache gave and took as input",
      {
        model: "m",
        usage: {
          input_tokens: 10,
          cache_read_input_tokens: 500,
          cache_creation_input_tokens: 70,
          output_tokens: 2,
        },
      },
      { inputTokens: 580, outputTokens: 2, cachedTokens: 500, cacheWriteTokens: 70, model: "m" },
    ],
    [
      "a Messages reply tells the cache for an hour from the one for minutes",
      {
        usage: {
          input_tokens: 1,
          cache_creation_input_tokens: 70,
          cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 40 },
        },
      },
      { inputTokens: 71, cacheWriteTokens: 70, cacheWrite1hTokens: 40 },
    ],
    [
      "a Chat Completion has its cached and its reasoning tokens within the others",
      {
        model: "m",
        usage: {
          prompt_tokens: 10,
          completion_tokens: 20,
          total_tokens: 30,
          prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 3, audio_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 15 },
        },
      },
      { inputTokens: 10, outputTokens: 20, cachedTokens: 4, cacheWriteTokens: 3, model: "m" },
    ],
    [
      "a Chat Completion through a gateway that adds Anthropic's names",
      { usage: { prompt_tokens: 10, completion_tokens: 2, cache_read_input_tokens: 4 } },
      { inputTokens: 10, outputTokens: 2, cachedTokens: 4 },
    ],
    ["a chunk before the last", { model: "m", choices: [{ delta: {} }], usage: null }, undefined],
    [
      "a Response has its cached tokens within its input",
      {
        usage: {
          input_tokens: 10,
          input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
          output_tokens: 2,
          output_tokens_details: { reasoning_tokens: 1 },
        },
      },
      { inputTokens: 10, outputTokens: 2, cachedTokens: 4, cacheWriteTokens: 0 },
    ],
    [
      "the event that ends a Response",
      { type: "response.completed", response: { model: "m", usage: { input_tokens: 1, output_tokens: 2 } } },
      { inputTokens: 1, outputTokens: 2, model: "m" },
    ],
    [
      "embeddings",
      { object: "list", data: [], model: "m", usage: { prompt_tokens: 8, total_tokens: 8 } },
      { inputTokens: 8, model: "m" },
    ],
    [
      "figures of one's own",
      { model: "m", inputTokens: 9, outputTokens: 0, cachedTokens: 3, cacheWriteTokens: 2, usd: 0.5 },
      { inputTokens: 9, outputTokens: 0, cachedTokens: 3, cacheWriteTokens: 2, usd: 0.5, model: "m" },
    ],
    [
      "figures of one's own, in a reply of one's own",
      { usage: { model: "m", inputTokens: 9 }, response: { text: "…" } },
      { inputTokens: 9, model: "m" },
    ],
    [
      "parts that cannot be within the whole, which were counted beside it",
      { inputTokens: 10, cachedTokens: 500, cacheWriteTokens: 70 },
      { inputTokens: 580, cachedTokens: 500, cacheWriteTokens: 70 },
    ],
    ["parts of an input that is not said", { outputTokens: 1, cachedTokens: 5 }, { outputTokens: 1 }],
    ["a cost alone", { usd: 0 }, { usd: 0 }],
    ["figures that are none", { inputTokens: -1, outputTokens: Number.NaN, usd: "1" }, undefined],
    ["details that are none", { prompt_tokens: 1, prompt_tokens_details: null }, { inputTokens: 1 }],
    ["a reply without usage", { model: "m", choices: [] }, undefined],
    ["null usage", { usage: null }, undefined],
    ["a text", "hello", undefined],
    ["null", null, undefined],
  ];
  for (const [name, reply, usage] of table) {
    it(`of ${name}`, () => assert.deepEqual(readUsage(reply), usage));
  }

  it("adds up, counts the calls, and keeps the latest model", () => {
    const first = addUsages(undefined, { inputTokens: 1, cacheWriteTokens: 1, usd: 0.25, model: "a" });
    const second = addUsages(first, { inputTokens: 2, outputTokens: 3, cacheWriteTokens: 2, model: "b" });
    const sums = { inputTokens: 3, outputTokens: 3, cacheWriteTokens: 3, usd: 0.25, calls: 2, model: "b" };
    assert.deepEqual(second, sums);
    assert.deepEqual(addUsages(second, second), {
      ...{ inputTokens: 6, outputTokens: 6, cacheWriteTokens: 6, usd: 0.5, calls: 4, model: "b" },
    });
  });
});
