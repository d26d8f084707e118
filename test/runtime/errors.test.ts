import assert from "node:assert/strict";
import { messageOf } from "../../src/runtime/errors.js";
import { TestJob } from "../support/jobs.js";

const refused = new Error("connect ECONNREFUSED 127.0.0.1:9");

describe("the message of what was thrown", () => {
  const table: [string, unknown, string][] = [
    ["an error", new Error("no summary"), "no summary"],
    ["a text", "no summary", "no summary"],
    ["fetch", new TypeError("fetch failed", { cause: refused }), `fetch failed: ${refused.message}`],
    [
      "an SDK around fetch",
      new Error("Connection error.", { cause: new TypeError("fetch failed", { cause: refused }) }),
      `Connection error: fetch failed: ${refused.message}`,
    ],
    [
      "several addresses",
      new TypeError("fetch failed", { cause: new AggregateError([refused], "") }),
      `fetch failed: AggregateError: ${refused.message}`,
    ],
  ];
  for (const [name, error, message] of table)
    it(`of ${name} says why`, () => assert.equal(messageOf(error), message));

  it("ends where the causes go round in a circle", () => {
    const error = new TypeError("fetch failed");
    error.cause = error;
    assert.ok(messageOf(error).length < 200);
  });
});

describe("an error that cannot be read", () => {
  it("fails its item alone", async () => {
    const job = new TestJob();
    const revoked = Proxy.revocable(new Error("x"), {});
    revoked.revoke();
    const getters = Object.defineProperties(new Error("x"), {
      message: { get: () => assert.fail("message") },
      stack: { get: () => assert.fail("stack") },
    });
    const errors: Record<string, unknown> = { revoked: revoked.proxy, getters };
    try {
      const { outcome } = await job.run({
        items: [...Object.keys(errors), "fine"],
        process(item: string) {
          if (item in errors) throw errors[item];
          return item;
        },
      });
      assert.deepEqual([outcome.reason, outcome.done, outcome.failed], ["finished-with-failures", 1, 2]);
    } finally {
      job.remove();
    }
  });
});
