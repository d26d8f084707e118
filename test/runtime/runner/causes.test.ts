import assert from "node:assert/strict";
import { causeOf } from "../../../src/runtime/runner/causes.js";
import { addUsages, readUsage } from "../../../src/runtime/runner/usage.js";

const http = (status: number) => Object.assign(new Error("http"), { status });
const system = (code: string) => Object.assign(new Error(code), { code });
const fetchFailed = (code: string) => new TypeError("fetch failed", { cause: system(code) });

describe("the cause of a failure", () => {
  const table: [string, unknown, string][] = [
    ["status 429", http(429), "rate-limit"],
    ["status 529", http(529), "overloaded"],
    ["status 503", http(503), "overloaded"],
    ["status 500", http(500), "overloaded"],
    ["status 401", http(401), "auth"],
    ["status 403", http(403), "auth"],
    ["status 400", http(400), "bad-request"],
    ["status 413", http(413), "bad-request"],
    ["status 418", http(418), "bad-request"],
    ["status 408", http(408), "timeout"],
    ["statusCode 504", { statusCode: 504, message: "gateway" }, "timeout"],
    ["a status that is no error", http(200), "other"],
    ["a connection refused", fetchFailed("ECONNREFUSED"), "network"],
    ["a name not found", fetchFailed("ENOTFOUND"), "network"],
    ["a socket closed by the other side", fetchFailed("UND_ERR_SOCKET"), "network"],
    ["headers that do not come", fetchFailed("UND_ERR_HEADERS_TIMEOUT"), "timeout"],
    ["a wrapped reset", new Error("Connection error.", { cause: fetchFailed("ECONNRESET") }), "network"],
    ["AbortSignal.timeout", new DOMException("too long", "TimeoutError"), "timeout"],
    ["a TypeError", new TypeError("x is not a function"), "bug"],
    ["a ReferenceError", new ReferenceError("x is not defined"), "bug"],
    ["an Error", new Error("no summary"), "other"],
    ["a text", "no summary", "other"],
    ["nothing", undefined, "other"],
    ["null", null, "other"],
  ];
  for (const [name, error, cause] of table) {
    it(`of ${name} is ${cause}`, () => assert.equal(causeOf(error), cause));
  }

  it("is found although the causes go round in a circle", () => {
    const error = new Error("a");
    error.cause = error;
    assert.equal(causeOf(error), "other");
  });
});

describe("usage", () => {
  const table: [string, unknown, object | undefined][] = [
    [
      "Anthropic's Messages",
      { model: "m", usage: { input_tokens: 10, output_tokens: 2, cache_read_input_tokens: 5 } },
      { inputTokens: 10, outputTokens: 2, cachedTokens: 5, model: "m" },
    ],
    [
      "OpenAI's Chat Completions",
      {
        model: "m",
        usage: { prompt_tokens: 10, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } },
      },
      { inputTokens: 10, outputTokens: 2, cachedTokens: 4, model: "m" },
    ],
    [
      "OpenAI's Responses",
      { usage: { input_tokens: 10, output_tokens: 2, input_tokens_details: { cached_tokens: 4 } } },
      { inputTokens: 10, outputTokens: 2, cachedTokens: 4 },
    ],
    [
      "plain figures",
      { model: "m", inputTokens: 1, outputTokens: 0, usd: 0.5 },
      { inputTokens: 1, outputTokens: 0, usd: 0.5, model: "m" },
    ],
    ["a cost alone", { usd: 0 }, { usd: 0 }],
    ["figures that are none", { inputTokens: -1, outputTokens: Number.NaN, usd: "1" }, undefined],
    ["a reply without usage", { model: "m", choices: [] }, undefined],
    ["null usage", { usage: null }, undefined],
    ["a text", "hello", undefined],
    ["null", null, undefined],
  ];
  for (const [name, reply, usage] of table) {
    it(`of ${name}`, () => assert.deepEqual(readUsage(reply), usage));
  }

  it("adds up, counts the calls, and keeps the latest model", () => {
    const first = addUsages(undefined, { inputTokens: 1, usd: 0.25, model: "a" });
    assert.deepEqual(addUsages(first, { inputTokens: 2, outputTokens: 3, model: "b" }), {
      inputTokens: 3,
      outputTokens: 3,
      usd: 0.25,
      calls: 2,
      model: "b",
    });
  });
});
