import assert from "node:assert/strict";
import { DeadlineError } from "../../../src/runtime/errors.js";
import { causeIn, causeOf, isFatal } from "../../../src/runtime/runner/causes.js";

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

  it("of a deadline is timeout, and no other item ends by it", () => {
    const error = new DeadlineError("too long", 1000);
    assert.equal(causeIn(error), "timeout");
    assert.equal(isFatal(error), false);
  });
});
