import assert from "node:assert/strict";
import { errorHeadersOf, retryAfterMs } from "../../../src/runtime/runner/retryAfter.js";

const now = Date.parse("2026-11-21T04:00:00Z");
const inSeconds = (seconds: number) => new Date(now + seconds * 1_000);

describe("how long a service asks to wait", () => {
  const table: [string, Record<string, unknown>, number | undefined][] = [
    ["seconds", { "retry-after": "20" }, 20_000],
    ["fractions of seconds", { "retry-after": "0.25" }, 250],
    ["no wait", { "retry-after": "0" }, 0],
    ["a number", { "retry-after": 3 }, 3_000],
    ["a list, as got gives it", { "retry-after": ["7"] }, 7_000],
    ["names in any case", { "Retry-After": "1" }, 1_000],
    ["milliseconds", { "retry-after-ms": "120" }, 120],
    ["milliseconds before seconds", { "retry-after-ms": "120.5", "retry-after": "1" }, 121],
    ["seconds where milliseconds are unreadable", { "retry-after-ms": "soon", "retry-after": "1" }, 1_000],
    ["an HTTP date", { "retry-after": inSeconds(30).toUTCString() }, 30_000],
    ["a date that has passed", { "retry-after": inSeconds(-30).toUTCString() }, 0],
    ["RFC 850's date", { "retry-after": "Saturday, 21-Nov-26 04:00:10 GMT" }, 10_000],
    ["asctime's date", { "retry-after": "Sat Nov 21 04:00:10 2026" }, 10_000],
    ["an ISO date", { "retry-after": "2026-11-21T05:00:10+01:00" }, 10_000],
    ["a day", { "retry-after": "86400" }, 86_400_000],
    ["more than a day", { "retry-after": "86401" }, undefined],
    ["Unix time for seconds", { "retry-after": String(now / 1_000) }, undefined],
    ["a date of next week", { "retry-after": inSeconds(7 * 86_400).toUTCString() }, undefined],
    ["a negative number", { "retry-after": "-5" }, undefined],
    ["a text", { "retry-after": "in 5 minutes" }, undefined],
    ["an empty text", { "retry-after": "" }, undefined],
    ["no header", {}, undefined],
    [
      "Anthropic's reset of the limit that is used up",
      {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": inSeconds(12).toISOString(),
        "anthropic-ratelimit-tokens-remaining": "5000",
        "anthropic-ratelimit-tokens-reset": inSeconds(50).toISOString(),
      },
      12_000,
    ],
    [
      "OpenAI's resets, the later one where both are used up",
      {
        ...{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms" },
        ...{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m30.5s" },
      },
      90_500,
    ],
    ["a reset in seconds", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" }, 9_000],
    [
      "a reset as Unix time",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1_000 + 9) },
      9_000,
    ],
    [
      "a reset as Unix time in milliseconds",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now + 9_000) },
      9_000,
    ],
    [
      "no reset while something remains",
      { "x-ratelimit-remaining": "1", "x-ratelimit-reset": "9" },
      undefined,
    ],
    [
      "Retry-After before any reset",
      { "retry-after": "1", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" },
      1_000,
    ],
  ];
  for (const [name, headers, ms] of table) {
    it(`${name}: ${ms === undefined ? "not said" : `${ms} ms`}`, () => {
      assert.equal(retryAfterMs(headers, now), ms);
      const texts = Object.entries(headers).map(([key, value]) => [key, String(value)] as [string, string]);
      assert.equal(retryAfterMs(new Headers(texts), now), ms, "as Headers");
    });
  }

  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  for (const value of [undefined, null, 5, "retry-after: 1", [], [null], revoked.proxy])
    it(`is not said by ${typeof value === "object" ? "an odd object" : String(value)}`, () =>
      assert.equal(retryAfterMs(value, now), undefined));
});

describe("the headers of an error", () => {
  const headers = { "retry-after": "1" };
  const table: [string, unknown][] = [
    ["an SDK's", Object.assign(new Error("429"), { status: 429, headers })],
    ["axios's", Object.assign(new Error("429"), { response: { status: 429, headers } })],
    ["a Response's", { status: 429, headers }],
    ["AI SDK's", Object.assign(new Error("429"), { statusCode: 429, responseHeaders: headers })],
    ["a wrapped one's", new Error("no summary", { cause: { headers } })],
    ["one of several's", new AggregateError([new Error("a"), { headers }])],
  ];
  for (const [name, error] of table) it(`are ${name}`, () => assert.equal(errorHeadersOf(error), headers));
  for (const error of [new Error("plain"), { headers: undefined }, "text", null, undefined])
    it(`are not there in ${String(error)}`, () => assert.equal(errorHeadersOf(error), undefined));
});
