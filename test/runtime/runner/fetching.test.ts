import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { eventsOf, gate, TestJob } from "../../support/jobs.js";

describe("ctx.fetch", () => {
  let job: TestJob;
  let server: Server;
  let url: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => unknown;
  let seen: number;
  let atOnce: number;
  let mostAtOnce: number;
  beforeEach(async () => {
    job = new TestJob();
    [seen, atOnce, mostAtOnce] = [0, 0, 0];
    answer = (_, response) => response.end("{}");
    server = createServer((request, response) => {
      seen++;
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      response.on("close", () => atOnce--);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    job.remove();
  });
  const run = (process: (ctx: ItemContext, item: number) => unknown, more: object = {}) =>
    job.run({ items: [1], process: (item: number, ctx: ItemContext) => process(ctx, item), ...more });
  const resultOf = async () => (await job.results())["1"];

  it("gives an answer as fetch does, with its address, status and headers", async () => {
    answer = (_, response) => {
      response.writeHead(418, "Teapot", { "x-own": "1", "set-cookie": ["a=1", "b=2"] });
      response.end('{"a":[1]}');
    };
    await run(async (ctx) => {
      const response = await ctx.fetch(`${url}path?q=1`);
      const { status, statusText, ok, headers } = response;
      const copy = await response.clone().text();
      return [
        ...[response.url.slice(url.length), status, statusText, ok, headers.get("x-own")],
        ...[headers.getSetCookie(), copy, await response.json()],
      ];
    });
    const cookies = ["a=1", "b=2"];
    assert.deepEqual(await resultOf(), [
      ...["path?q=1", 418, "Teapot", false, "1", cookies, '{"a":[1]}', { a: [1] }],
    ]);
  });

  it("gives an answer without a body, whatever its status", async () => {
    answer = (request, response) => {
      response.writeHead(Number(request.url!.slice(1)));
      response.end();
    };
    await run(async (ctx) => {
      const texts: unknown[] = [];
      for (const status of [200, 204, 205, 304]) {
        const response = await ctx.fetch(`${url}${status}`);
        texts.push([response.status, await response.text()]);
      }
      const head = await ctx.fetch(`${url}200`, { method: "HEAD" });
      return [...texts, await head.text()];
    });
    assert.deepEqual(await resultOf(), [[200, ""], [204, ""], [205, ""], [304, ""], ""]);
  });

  it("gives a body piece by piece, as it comes", async () => {
    const second = gate();
    answer = async (_, response) => {
      response.write("one,");
      await second.passed;
      response.end("two");
    };
    await run(async (ctx) => {
      const pieces: string[] = [];
      const response = await ctx.fetch(url);
      for await (const piece of response.body!) {
        pieces.push(Buffer.from(piece).toString());
        second.open();
      }
      return pieces;
    });
    assert.deepEqual(await resultOf(), ["one,", "two"]);
  });

  it("sends whatever fetch can: a Request, a form, a stream", async () => {
    answer = async (request, response) => {
      const body = await text(request);
      const { method } = request;
      response.end(JSON.stringify([method, request.headers["x-own"] ?? null, body.replace(/\r\n/g, "|")]));
    };
    await run(async (ctx) => {
      const asked = new Request(url, { method: "PUT", headers: { "x-own": "1" }, body: "from a Request" });
      const form = new FormData();
      form.append("field", "from a form");
      const stream = new Blob(["from ", "a stream"]).stream();
      const replies = [
        await ctx.fetch(asked),
        await ctx.fetch(new URL(url), { method: "POST", body: form }),
        await ctx.fetch(url, { method: "POST", body: stream, duplex: "half" } as RequestInit),
      ];
      return Promise.all(replies.map((reply) => reply.json()));
    });
    const [request, form, stream] = (await resultOf()) as string[][];
    assert.deepEqual(request, ["PUT", "1", "from a Request"]);
    assert.match(form![2]!, /name="field"\|\|from a form\|/);
    assert.deepEqual(stream, ["POST", null, "from a stream"]);
  });

  it("counts each request, of failed attempts too", async () => {
    const { outcome } = await run(
      async (ctx) => {
        for (let i = 0; i < 2; i++) await (await ctx.fetch(url)).text();
        if (ctx.attempt < 3) throw Object.assign(new Error("again"), { failureCause: "network" });
      },
      { retry: { baseDelayMs: 0 } },
    );
    assert.deepEqual([outcome.usage.requests, seen], [6, 6]);
  });

  it("counts the requests of stages that all items go through one after the other", async () => {
    const stage = async (_: unknown, ctx: ItemContext) => (await ctx.fetch(url)).text();
    const { outcome } = await job.run({
      ...{ items: [1, 2], order: "stages" },
      stages: [
        { name: "a", run: stage },
        { name: "b", run: stage },
      ],
    });
    assert.deepEqual([outcome.usage.requests, seen], [4, 4]);
  });

  it("has no more requests at a time than items, also where an item makes many", async () => {
    answer = (_, response) => setImmediate(() => response.end("x".repeat(100_000)));
    const { outcome } = await run(
      async (ctx) => {
        const reply = async () => (await ctx.fetch(url)).text();
        await Promise.all(Array.from({ length: 10 }, reply));
      },
      { items: [1, 2, 3, 4], concurrency: 3 },
    );
    assert.deepEqual([outcome.done, seen], [4, 40]);
    assert.ok(mostAtOnce <= 3, String(mostAtOnce));
  });

  it("lets an item ask again before it has read an answer, one request at a time", async () => {
    answer = (_, response) => response.end("x".repeat(500_000));
    await run(
      async (ctx) => {
        // As `Promise.all` of several requests does: their bodies are read once all have been answered.
        const together = await Promise.all([1, 2, 3].map(() => ctx.fetch(url)));
        const unread = await ctx.fetch(url);
        const last = await ctx.fetch(url);
        const texts = await Promise.all([...together, unread, last].map((response) => response.text()));
        return texts.map(({ length }) => length);
      },
      { itemTimeoutMs: 5_000, retry: false },
    );
    assert.deepEqual(await resultOf(), Array(5).fill(500_000));
    assert.equal(mostAtOnce, 1);
  });

  it("holds a request's place until its body is given up, or its attempt has ended", async () => {
    answer = (_, response) => response.write("endless"); // never ends by itself
    const { outcome } = await run(
      async (ctx, item) => {
        const response = await ctx.fetch(url);
        if (item % 2 === 0) await response.body!.cancel();
      },
      { items: [1, 2, 3, 4] },
    );
    assert.deepEqual([outcome.done, seen], [4, 4]);
  });

  it("ends with the caller's own signal, before and after the answer", async () => {
    answer = (_, response) => response.write("endless");
    await run(async (ctx) => {
      const early = AbortSignal.abort(new Error("early"));
      const first = await ctx.fetch(url, { signal: early }).catch((error: Error) => error.message);
      const late = new AbortController();
      const response = await ctx.fetch(new Request(url, { signal: late.signal }));
      late.abort(new Error("late"));
      const second = await response.text().catch((error: Error) => error.message);
      const third = await ctx.fetch(url); // its place is free again
      await third.body!.cancel();
      return [first, second, third.status];
    });
    assert.deepEqual(await resultOf(), ["early", "late", 200]);
  });

  it("fails an item whose answer breaks off in the middle, by network", async () => {
    answer = (_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    };
    const result = await run(async (ctx) => (await ctx.fetch(url)).text(), { retry: false });
    assert.equal(eventsOf(result, "item-failed")[0]?.cause, "network");
  });

  it("is refused once the budget is spent, and sends nothing", async () => {
    const result = await run(
      async (ctx) => {
        await (await ctx.fetch(url)).text();
        ctx.usage({ usd: 2 });
        await ctx.fetch(url);
      },
      { budget: { usd: 1 }, items: [1, 2] },
    );
    assert.equal(eventsOf(result, "item-failed")[0]?.cause, "budget");
    assert.deepEqual([result.outcome.reason, result.outcome.usage.usd, seen], ["budget", 2, 1]);
  });

  it("pauses the whole run where the service asks for it, and halves how many are sent at a time", async () => {
    const atMs: number[] = [];
    answer = (_, response) => {
      atMs.push(performance.now());
      if (atMs.length === 1) response.writeHead(429, { "retry-after-ms": "250" });
      response.end();
    };
    const result = await run(
      async (ctx) => {
        const response = await ctx.fetch(url);
        await response.text();
        if (response.status === 429) throw Object.assign(new Error("429"), { status: 429 });
      },
      { items: [1, 2, 3], retry: { baseDelayMs: 0 } },
    );
    assert.deepEqual([result.outcome.done, atMs.length], [3, 4]);
    assert.ok(atMs[1]! - atMs[0]! >= 240, String(atMs[1]! - atMs[0]!));
    assert.equal(eventsOf(result, "pace")[0]?.cause, "rate-limit");
    const wide = new TestJob();
    try {
      answer = (_, response) => response.writeHead(atMs.length++ === 4 ? 529 : 200).end();
      const process = async (_: number, ctx: ItemContext) => (await ctx.fetch(url)).text();
      const other = await wide.run({ items: [1, 2], concurrency: 8, process });
      assert.equal(eventsOf(other, "pace")[0]?.concurrency, 4);
    } finally {
      wide.remove();
    }
  });

  it("of an attempt that has ended sends nothing", async () => {
    let late: ItemContext["fetch"] | undefined;
    await run((ctx) => {
      late = ctx.fetch;
    });
    await assert.rejects(late!(url), { code: "AJ_BUDGET" });
    assert.equal(seen, 0);
  });
});
