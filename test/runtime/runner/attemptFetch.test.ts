import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { eventsOf, TestJob } from "../../support/jobs.js";

describe("ctx.fetch", () => {
  let job: TestJob;
  let server: Server;
  let url: string;
  let inFlight = 0;
  let most = 0;
  let seen: string[] = [];
  beforeEach(async () => {
    job = new TestJob();
    [inFlight, most, seen] = [0, 0, []];
    server = createServer((request, response) => {
      most = Math.max(most, ++inFlight);
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        seen.push(`${request.method} ${request.url} ${body}`);
        setTimeout(() => {
          inFlight--;
          response.writeHead(Number(request.headers["x-status"] ?? 200), { "x-served": "yes" });
          response.end(JSON.stringify({ path: request.url, body }));
        }, 10);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    job.remove();
  });
  const run = (definition: object) => job.run({ items: ["a"], retry: false, ...definition });

  it("gives the answer as fetch does: status, headers, address and body", async () => {
    await run({
      async process(_: string, ctx: ItemContext) {
        const answer = await ctx.fetch(`${url}/one`, { method: "POST", body: "hello" });
        assert.deepEqual(
          [answer.status, answer.ok, answer.headers.get("x-served"), answer.url],
          [200, true, "yes", `${url}/one`],
        );
        return answer.json();
      },
    });
    assert.deepEqual(await job.results(), { '"a"': { path: "/one", body: "hello" } });
  });

  it("takes a Request, and counts each request", async () => {
    const { outcome } = await run({
      async process(_: string, ctx: ItemContext) {
        await (await ctx.fetch(new Request(`${url}/two`, { method: "PUT", body: "x" }))).text();
        await (await ctx.fetch(`${url}/three`)).text();
      },
    });
    assert.deepEqual(seen, ["PUT /two x", "GET /three "]);
    assert.equal(outcome.usage.requests, 2);
  });

  it("has no more in flight than the job may have, however many an item asks for at a time", async () => {
    await run({
      concurrency: 3,
      async process(_: string, ctx: ItemContext) {
        await Promise.all(
          Array.from({ length: 12 }, async (_, i) => (await ctx.fetch(`${url}/${i}`)).text()),
        );
      },
    });
    assert.equal(seen.length, 12);
    assert.ok(most <= 3, String(most));
  });

  it("gives the place of an answer that nobody reads back when the attempt ends", async () => {
    const { outcome } = await run({
      items: ["a", "b", "c"],
      async process(item: string, ctx: ItemContext) {
        await ctx.fetch(`${url}/${item}`);
      },
    });
    assert.equal(outcome.done, 3);
  });

  it("ends with the caller's own signal", async () => {
    const ran = await run({
      async process(_: string, ctx: ItemContext) {
        await ctx.fetch(`${url}/slow`, { signal: AbortSignal.abort(new DOMException("mine", "AbortError")) });
      },
    });
    assert.equal(ran.outcome.failed, 1);
    assert.deepEqual(seen, []);
  });

  it("sends nothing once the budget is spent", async () => {
    const ran = await run({
      budget: { usd: 1 },
      async process(_: string, ctx: ItemContext) {
        await (await ctx.fetch(`${url}/paid`)).text();
        ctx.usage({ usd: 2 });
        await ctx.fetch(`${url}/refused`);
      },
    });
    assert.deepEqual(seen, ["GET /paid "]);
    assert.deepEqual(
      eventsOf(ran, "item-failed").map(({ cause }) => cause),
      ["budget"],
    );
    assert.equal(ran.outcome.reason, "budget");
  });

  it("slows the whole run down where the service says that it is too much", async () => {
    let calls = 0;
    const ran = await run({
      items: Array.from({ length: 8 }, (_, i) => i),
      concurrency: 4,
      retry: { baseDelayMs: 0 },
      async process(_: number, ctx: ItemContext) {
        const headers = { "x-status": ++calls === 2 ? "529" : "200" };
        const answer = await ctx.fetch(url, { headers });
        await answer.text();
        if (!answer.ok) throw Object.assign(new Error("overloaded"), { status: answer.status });
      },
    });
    assert.equal(ran.outcome.done, 8);
    assert.ok(eventsOf(ran, "pace").some(({ concurrency }) => concurrency === 2));
  });
});
