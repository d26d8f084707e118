import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { eventsOf, gate, TestJob } from "../../support/jobs.js";

describe("ctx.fetch", () => {
  let job: TestJob;
  let server: Server;
  let url: string;
  let answer: RequestListener;
  let inFlight: number;
  let most: number;
  let seen: string[];

  beforeEach(async () => {
    job = new TestJob();
    [inFlight, most, seen] = [0, 0, []];
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      most = Math.max(most, ++inFlight);
      response.once("close", () => inFlight--);
      answer(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    answer = (_, response) => response.end('{"ok":true}');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
    job.remove();
  });

  const fetching = (act: (ctx: ItemContext, item: string) => unknown, more: object = {}) => ({
    items: ["a"],
    retry: { baseDelayMs: 0 },
    ...more,
    process: (item: string, ctx: ItemContext) => act(ctx, item),
  });

  it("gives the answer as it is, and counts the request", async () => {
    answer = (_, response) =>
      response.writeHead(201, "Made", { "x-mine": "1", "content-type": "application/json" }).end('{"n":1}');
    const { outcome } = await job.run(
      fetching(async (ctx) => {
        const reply = await ctx.fetch(`${url}path?q=1`);
        const { status, statusText, ok } = reply;
        return [reply.url, status, statusText, ok, reply.headers.get("x-mine"), await reply.json()];
      }),
    );
    assert.deepEqual(await job.results(), { '"a"': [`${url}path?q=1`, 201, "Made", true, "1", { n: 1 }] });
    assert.equal(outcome.usage.requests, 1);
  });

  it("takes a Request, streams what comes as it comes, and bodies that are empty", async () => {
    const more = gate();
    answer = (request, response) => {
      if (request.url !== "/stream") return response.writeHead(204).end();
      response.write("one");
      return void more.passed.then(() => response.end("two"));
    };
    await job.run(
      fetching(async (ctx) => {
        const parts: string[] = [];
        const reply = await ctx.fetch(new Request(`${url}stream`, { method: "POST", body: "asked" }));
        for await (const part of reply.body!.pipeThrough(new TextDecoderStream())) {
          parts.push(part);
          more.open();
        }
        const empty = await ctx.fetch(new URL("/none", url));
        return [parts, empty.status, await empty.text()];
      }),
    );
    assert.deepEqual(await job.results(), { '"a"': [["one", "two"], 204, ""] });
    assert.deepEqual(seen, ["POST /stream", "GET /none"]);
  });

  it("holds its place until the body is read or cancelled", async () => {
    const { outcome } = await job.run(
      fetching(
        async (ctx) => {
          const first = await ctx.fetch(url);
          let isSecond = false;
          const second = ctx.fetch(url).then((reply) => {
            isSecond = true;
            return reply;
          });
          await new Promise((resolve) => setTimeout(resolve, 30));
          const before = isSecond;
          await first.text();
          await (await second).body!.cancel();
          return [before, await (await ctx.fetch(url)).text()];
        },
        { concurrency: 1 },
      ),
    );
    assert.deepEqual(await job.results(), { '"a"': [false, '{"ok":true}'] });
    assert.equal(outcome.usage.requests, 3);
  });

  it("gives its place back with the attempt where nobody reads the body", async () => {
    const { outcome } = await job.run(
      fetching(async (ctx) => (await ctx.fetch(url)).status, { items: ["a", "b", "c"], concurrency: 1 }),
    );
    assert.equal(outcome.done, 3);
  });

  it("sends never more at a time than the run's concurrency, however many an item wants", async () => {
    answer = (_, response) => setTimeout(() => response.end("x"), 5);
    const { outcome } = await job.run(
      fetching(
        (ctx) => Promise.all(Array.from({ length: 6 }, () => ctx.fetch(url).then((reply) => reply.text()))),
        { items: ["a", "b", "c"], concurrency: 2 },
      ),
    );
    assert.deepEqual([outcome.done, outcome.usage.requests], [3, 18]);
    assert.ok(most <= 2, `${most} at a time`);
  });

  it("ends by the caller's own signal, and frees its place", async () => {
    answer = ({ url: path }, response) => void (path === "/hangs" || response.end("x"));
    await job.run(
      fetching(async (ctx) => {
        const own = new AbortController();
        const hanging = ctx.fetch(`${url}hangs`, { signal: own.signal });
        setTimeout(() => own.abort(new Error("own")), 20);
        const message = await hanging.catch((error: Error) => error.message);
        const request = new Request(`${url}hangs`, { signal: AbortSignal.timeout(20) });
        const name = await ctx.fetch(request).catch((error: Error) => error.name);
        return [message, name, await (await ctx.fetch(url)).text()];
      }),
    );
    assert.deepEqual(await job.results(), { '"a"': ["own", "TimeoutError", "x"] });
  });

  it("is refused once the budget is spent, and sends nothing", async () => {
    const run = await job.run(
      fetching(
        async (ctx) => {
          ctx.usage({ usd: 1 });
          await ctx.fetch(url);
        },
        { budget: { usd: 1 } },
      ),
    );
    assert.deepEqual([run.outcome.reason, seen], ["budget", []]);
    assert.deepEqual(
      eventsOf(run, "item-failed").map(({ cause }) => cause),
      ["budget"],
    );
  });

  it("heeds a pause that the service asks for, for all items", async () => {
    const sentMs: number[] = [];
    answer = (_, response) => {
      sentMs.push(performance.now());
      if (sentMs.length === 1) response.writeHead(429, { "retry-after-ms": "150" }).end();
      else response.end("x");
    };
    const run = await job.run(
      fetching(
        async (ctx) => {
          const reply = await ctx.fetch(url);
          await reply.text();
          if (!reply.ok) throw Object.assign(new Error("no"), { status: reply.status });
        },
        { items: ["a", "b"] },
      ),
    );
    assert.equal(run.outcome.done, 2);
    assert.ok(sentMs[1]! - sentMs[0]! >= 145, `${sentMs[1]! - sentMs[0]!} ms`);
    assert.equal(eventsOf(run, "pace").find(({ pauseMs }) => pauseMs !== undefined)?.cause, "rate-limit");
  });

  it("whose answer comes after the run's end changes nothing of how it ended", async () => {
    const asked = gate();
    const over = gate();
    answer = (_, response) => {
      asked.open();
      void over.passed.then(() => response.writeHead(429, { "retry-after": "60" }).end());
    };
    let late: Promise<Response> | undefined;
    const run = await job.run(
      fetching(
        async (ctx) => {
          late = ctx.fetch(url);
          await asked.passed;
        },
        { concurrency: 2 },
      ),
    );
    const told = run.events.length;
    over.open();
    assert.equal((await late!).status, 429);
    await new Promise(setImmediate);
    assert.deepEqual(
      [run.outcome.reason, run.outcome.error, run.events.length],
      ["finished", undefined, told],
    );
  });
});
