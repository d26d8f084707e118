import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ItemContext } from "../../../src/runtime/runner/defineJob.js";
import { RunControl } from "../../../src/runtime/runner/runControl.js";
import { eventsOf, gate, TestJob } from "../../support/jobs.js";

describe("items that the run's own pace holds back", () => {
  let job: TestJob;
  let server: Server;
  let url: string;
  let answer: RequestListener;
  let seen: string[];
  beforeEach(async () => {
    job = new TestJob();
    seen = [];
    server = createServer((request, response) => {
      seen.push(request.url!.slice(1));
      answer(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    answer = (_, response) => response.end();
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
    job.remove();
  });

  /** The service asks for a pause of so long, in its answers to an item's first request. */
  const pausing = (item: string, ms: number): RequestListener => {
    let isFirst = true;
    return (request, response) => {
      const asks = request.url === `/${item}` && isFirst;
      if (asks) isFirst = false;
      response.writeHead(asks ? 429 : 200, asks ? { "retry-after-ms": String(ms) } : {}).end();
    };
  };

  it("have all of `itemTimeoutMs` for themselves, also by their deadline", async () => {
    answer = pausing("a", 1_500);
    const left: number[] = [];
    const run = await job.run({
      items: ["a"],
      ...{ itemTimeoutMs: 700, deadlineMs: 600_000, retry: false },
      async process(item: string, ctx: ItemContext) {
        const reply = await ctx.fetch(url + item);
        const before = ctx.deadline!.remainingMs;
        if (reply.status === 429) await ctx.fetch(url + item);
        left.push(before, before - ctx.deadline!.remainingMs);
      },
    });
    assert.deepEqual([run.outcome.reason, seen], ["finished", ["a", "a"]]);
    assert.ok(left[0]! <= 700 && left[1]! < 700, String(left));
  });

  it("are timed where it is a request of their own that holds them back", async () => {
    answer = () => {}; // never
    const run = await job.run({
      ...{ items: ["a"], itemTimeoutMs: 50, retry: false },
      process: (item: string, ctx: ItemContext) =>
        Promise.all([ctx.fetch(url + item), ctx.fetch(url + item)]),
    });
    assert.deepEqual(
      eventsOf(run, "item-failed").map(({ cause }) => cause),
      ["timeout"],
    );
  });

  it("and sent nothing, or were turned away, are not in doubt after a stop; the others are", async () => {
    const control = new RunControl();
    const paused = gate();
    const turnedAway = pausing("turned-away", 3_600_000);
    answer = (request, response) => (request.url === "/hangs" ? undefined : turnedAway(request, response));
    const begun = new Set<string>();
    const definition = {
      items: ["turned-away", "hangs", "waits", "paid", "answered", "no-fetch"],
      ...{ concurrency: 6, stopGraceMs: 20, limits: { adaptive: false } },
      async process(item: string, ctx: ItemContext) {
        const send = async () => (await ctx.fetch(url + item)).text();
        if (item === "paid") ctx.usage({ usd: 1 });
        if (item === "answered") await send();
        begun.add(item);
        if (item === "no-fetch") return new Promise(() => {});
        if (item === "turned-away") await send();
        else if (item !== "hangs") await paused.passed;
        await send();
        return item;
      },
    };
    const stopped = await job.run(definition, {
      control,
      onEvent({ event }) {
        if (event !== "pace") return;
        paused.open();
        // Once they all wait: none of them does anything else any more.
        setImmediate(() => setImmediate(() => control.stop("stopped")));
      },
    });
    assert.equal(begun.size, 6);
    const { inDoubt, failed, remaining, inDoubtItems } = stopped.outcome.status;
    assert.deepEqual(inDoubtItems.map(({ item }) => JSON.parse(item)).sort(), [
      "answered",
      "hangs",
      "no-fetch",
      "paid",
    ]);
    assert.deepEqual({ inDoubt, failed, remaining }, { inDoubt: 4, failed: 0, remaining: 2 });
    assert.deepEqual([stopped.outcome.usage.usd, stopped.outcome.usage.requests], [1, 3]);
    const next = await job.run({ ...definition, process: (item: string) => item }, { inDoubt: "skip" });
    assert.deepEqual([next.outcome.done, next.outcome.status.inDoubt], [2, 4]);
  });

  it("in a later stage are not in doubt after a stop either, and go on with that stage", async () => {
    const control = new RunControl();
    answer = pausing("b", 3_600_000);
    const paused = gate();
    const stages: string[] = [];
    const definition = {
      items: ["a", "b"],
      ...{ concurrency: 2, order: "stages", stopGraceMs: 20 },
      stages: [
        { name: "x", run: (item: string) => stages.push(`x ${item}`) && item },
        {
          name: "y",
          async run(item: string, ctx: ItemContext) {
            stages.push(`y ${item}`);
            if (control.stopping === undefined || item === "a") {
              if (item === "a") await paused.passed;
              await (await ctx.fetch(url + item)).text();
              if (item === "b") await ctx.fetch(url + item);
            }
            return item;
          },
        },
      ],
    };
    const onEvent = ({ event }: { event: string }) => {
      if (event !== "pace") return;
      paused.open();
      control.stop("stopped");
    };
    const { outcome } = await job.run(definition, { control, onEvent });
    assert.deepEqual([outcome.status.inDoubt, outcome.status.remaining], [0, 2]);
    stages.length = 0;
    assert.equal((await job.run(definition)).outcome.done, 2);
    assert.deepEqual(stages.sort(), ["y a", "y b"]);
  });

  it("whose start was still being written at an end at once are not in doubt: nobody has begun them", async () => {
    const control = new RunControl();
    const { outcome } = await job.run(
      {
        ...{ items: ["a", "b", "c"], concurrency: 3 },
        process() {
          control.abort("interrupted");
          return new Promise(() => {});
        },
      },
      { control },
    );
    assert.deepEqual([outcome.status.inDoubt, outcome.status.remaining], [1, 2]);
  });
});
