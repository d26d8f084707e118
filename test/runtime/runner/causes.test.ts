import assert from "node:assert/strict";
import {
  AgentJobsError,
  BadReplyError,
  CheckpointWriteError,
  DeadlineError,
  messageOf,
  RefusedError,
} from "../../../src/runtime/errors.js";
import { causeIn, causeOf, isFatal } from "../../../src/runtime/runner/causes.js";
import { WorkerItemError } from "../../../src/runtime/runner/worker.js";

const http = (status: number) => Object.assign(new Error("http"), { status });
const system = (code: string) => Object.assign(new Error(code), { code });
const withBody = (status: number, error: object) => Object.assign(http(status), { error });
const named = (name: string) => Object.assign(new Error("x"), { name });
const unclosed = "(";
/** What a job's own code throws, caught. */
const thrown = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};
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
    ["status 402", http(402), "auth"],
    ["status 409", http(409), "overloaded"],
    ["status 413", http(413), "context-too-long"],
    ["status 501", http(501), "bad-request"],
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
    ["a RangeError", thrown(() => new Array(-1)), "bug"],
    ["a pattern that is none", thrown(() => new RegExp(unclosed)), "bug"],
    ["JSON that is none", thrown(() => JSON.parse("Sure! {}")), "bad-reply"],
    ["JSON that is cut", thrown(() => JSON.parse('{"a":')), "bad-reply"],
    ["JSON that is empty", thrown(() => JSON.parse("")), "bad-reply"],
    [
      "a reply that ends in a tool's call",
      new Error("missing choices[0].tool_calls[0].type\n{}"),
      "bad-reply",
    ],
    [
      "a tool's call that is cut",
      new Error("Unable to parse tool parameter JSON from model. …"),
      "bad-reply",
    ],
    ["a text of one's own that begins alike", new Error("missing content in a.md"), "other"],
    ["a schema that a reply does not fit", named("ZodError"), "bad-reply"],
    ["an abort", new DOMException("This operation was aborted", "AbortError"), "timeout"],
    ["a result that is no JSON", new AgentJobsError("AJ_RESULT", "too large"), "bad-reply"],
    ["a refusal", new RefusedError(), "refused"],
    ["a reply of no use", new BadReplyError("no summary in it"), "bad-reply"],
    ["a worker that died", new WorkerItemError("ended", "worker-died"), "worker-died"],
    ["an Error", new Error("no summary"), "other"],
    ["a text", "no summary", "other"],
    ["nothing", undefined, "other"],
    ["null", null, "other"],
  ];
  for (const [name, error, cause] of table) {
    it(`of ${name} is ${cause}`, () => assert.equal(causeOf(error), cause));
  }

  describe("by what services say in the body", () => {
    const bodies: [string, unknown, string][] = [
      ["a type in a stream's event", { error: { error: { type: "rate_limit_error" } } }, "rate-limit"],
      ["a general type without a status", { error: { type: "invalid_request_error" } }, "bad-request"],
      [
        "max_tokens beside a long prompt",
        withBody(400, {
          error: { message: "input length and `max_tokens` exceed context limit: 9 + 2 > 10" },
        }),
        "context-too-long",
      ],
      [
        "the window of OpenAI's Responses",
        withBody(400, { message: "Your input exceeds the context window of this model.", code: null }),
        "context-too-long",
      ],
      [
        "OpenRouter's length",
        withBody(400, { message: "This endpoint's maximum context length is 8192 tokens" }),
        "context-too-long",
      ],
      [
        "Google's length",
        withBody(400, {
          message: "The input token count (9) exceeds the maximum number of tokens allowed (8).",
        }),
        "context-too-long",
      ],
      [
        "a 429 for tokens a minute, whose waiting helps",
        withBody(429, {
          message: "Rate limit reached on tokens per min (TPM)",
          type: "tokens",
          code: "rate_limit_exceeded",
        }),
        "rate-limit",
      ],
      [
        "Google's 429, which speaks of a quota and means a minute",
        withBody(429, { message: "You exceeded your current quota, please check your plan" }),
        "rate-limit",
      ],
      [
        "spent usage limits",
        withBody(400, { error: { message: "You have reached your specified API usage limits." } }),
        "auth",
      ],
      [
        "a spent quota, through axios",
        { response: { status: 429, data: { error: { code: "insufficient_quota" } } } },
        "auth",
      ],
      [
        "Azure's filter",
        withBody(400, { code: "content_filter", message: "The response was filtered" }),
        "refused",
      ],
      ["a body that is a text", Object.assign(http(500), { error: "<html>" }), "overloaded"],
      ["a 500 that speaks of a context length", withBody(500, { message: "context length?" }), "overloaded"],
    ];
    for (const [name, error, cause] of bodies)
      it(`${name} is ${cause}`, () => assert.equal(causeOf(error), cause));
  });

  describe("through what is wrapped around it", () => {
    const wrapped: [string, unknown, string][] = [
      ["an SDK's error in a job's own", new Error("no summary", { cause: http(529) }), "overloaded"],
      [
        "a refused budget in an SDK's",
        Object.assign(named("APIConnectionError"), { cause: { failureCause: "budget" } }),
        "budget",
      ],
      [
        "a bug in an SDK's",
        Object.assign(named("APIConnectionError"), { cause: new TypeError("x is not a function") }),
        "bug",
      ],
      [
        "an abort in an SDK's",
        Object.assign(named("APIConnectionError"), { cause: new DOMException("", "TimeoutError") }),
        "timeout",
      ],
      ["an SDK's without more", named("APIConnectionError"), "network"],
      [
        "addresses that all refuse",
        new TypeError("fetch failed", {
          cause: new AggregateError([system("ECONNREFUSED"), system("ENETUNREACH")]),
        }),
        "network",
      ],
      ["all of several calls", new AggregateError([http(429), http(500)]), "rate-limit"],
      ["a class that extends an SDK's", new (class OverloadedError extends Error {})("x"), "overloaded"],
    ];
    for (const [name, error, cause] of wrapped)
      it(`${name} is ${cause}`, () => assert.equal(causeOf(error), cause));
  });

  describe("of what no caller should throw", () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const throwing = new Proxy(new Error("x"), {
      get: () => {
        throw new Error("no");
      },
    });
    const endless = (): object =>
      new Proxy({}, { get: (_, name) => (name === "cause" ? endless() : undefined) });
    const getter = Object.defineProperty(Object.assign(new Error("x"), { status: 429 }), "error", {
      get: () => {
        throw new Error("no");
      },
    });
    const odd: [string, unknown, string][] = [
      ["a revoked proxy", revoked.proxy, "other"],
      ["a proxy that throws", throwing, "other"],
      ["causes without end", endless(), "other"],
      ["a getter that throws", getter, "rate-limit"],
      [
        "members of the wrong kind",
        { status: "429", code: 5, name: {}, message: [], cause: 7, errors: {} },
        "other",
      ],
      ["a function", () => {}, "other"],
      ["a symbol", Symbol("s"), "other"],
    ];
    for (const [name, error, cause] of odd)
      it(`${name} is ${cause}`, () => {
        assert.equal(causeOf(error), cause);
        assert.equal(causeIn(error), cause);
        assert.equal(isFatal(error), false);
        assert.equal(typeof messageOf(error), "string");
      });
  });

  it("is a worker's own word, whatever it is", () => {
    assert.equal(causeIn(new WorkerItemError("x", "out-of-ink")), "out-of-ink");
  });

  it("ends the run only where no other item would escape it", () => {
    assert.equal(isFatal(new CheckpointWriteError("full", "ENOSPC")), true);
    assert.equal(isFatal(new AgentJobsError("AJ_LOCK_LOST", "taken")), true);
    for (const error of [
      new RefusedError(),
      new BadReplyError("x"),
      new AgentJobsError("AJ_RESULT", "x"),
      http(401),
    ])
      assert.equal(isFatal(error), false);
  });

  it("is found although the causes go round in a circle", () => {
    const error = new Error("a");
    error.cause = error;
    assert.equal(causeOf(error), "other");
  });

  it("of a deadline is timeout, and no other item ends by it", () => {
    const error = new DeadlineError("too long", 1000);
    assert.equal(causeIn(error), "timeout");
    assert.equal(isFatal(error), false);
  });
});
