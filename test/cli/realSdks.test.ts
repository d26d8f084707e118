import assert from "node:assert/strict";
import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { attemptsFor } from "../../src/runtime/runner/retryPolicy.js";
import { root } from "../setup/root.js";
import { runCli, scratchFolder } from "../support/cli.js";
import { forkModelServer } from "../support/modelServer/forkModelServer.js";
import type { Ledger } from "../support/modelServer/ledger.js";
import type { ModelServer, ModelServerOptions } from "../support/modelServer/modelServer.js";
import { drawFault, type Fault } from "../support/modelServer/plan.js";

/** What an item fails by for good that always meets a fault. */
const causes: Record<Exclude<Fault, "drip">, string> = {
  ...{ "rate-limit-seconds": "rate-limit", "rate-limit-date": "rate-limit", "rate-limit-ms": "rate-limit" },
  ...{ "rate-limit-bare": "rate-limit", overloaded: "overloaded", "server-error": "overloaded" },
  ...{ unavailable: "overloaded", "context-too-long": "context-too-long", "too-large": "context-too-long" },
  ...{ "bad-request": "bad-request", "no-model": "bad-request", unauthorized: "auth", forbidden: "auth" },
  ...{ "no-credit": "auth", filtered: "refused", refusal: "refused", prose: "bad-reply" },
  ...{
    "invalid-json": "bad-reply",
    "stream-error": "overloaded",
    reset: "network",
    "reset-early": "network",
  },
  hang: "timeout",
};

const job = `
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { BadReplyError, defineJob, RefusedError } from "agent-jobs";
const settings = JSON.parse(process.env.SETTINGS!);
const params = { model: "test-model" };
function json(text: string): unknown {
  try { return JSON.parse(text); } catch (cause) { throw new BadReplyError("It is no JSON.", { cause }); }
}
export default defineJob({
  ...settings,
  params,
  items: Array.from({ length: settings.items }, (_, i) => ({ id: "item-" + i })),
  async process({ id }: { id: string }, ctx) {
    const content = "Give me JSON. [item:" + id + "]";
    if (Number(id.slice(5)) % 2 === 0) {
      const client = new Anthropic({ apiKey: process.env.KEY, baseURL: process.env.SERVER, fetch: ctx.fetch, maxRetries: 0 });
      const reply = await client.messages.create({ ...params, max_tokens: 200, messages: [{ role: "user", content }] }, { signal: ctx.signal });
      ctx.usage(reply);
      if (reply.stop_reason === "refusal") throw new RefusedError();
      return json(reply.content[0]?.type === "text" ? reply.content[0].text : "");
    }
    const client = new OpenAI({ apiKey: process.env.KEY, baseURL: process.env.SERVER + "/v1", fetch: ctx.fetch, maxRetries: 0 });
    const reply = await client.chat.completions.create({ ...params, messages: [{ role: "user", content }] }, { signal: ctx.signal });
    ctx.usage(reply);
    const message = reply.choices[0]!.message;
    if (message.refusal) throw new RefusedError();
    return json(message.content ?? "");
  },
});`;

interface Event {
  event: string;
  item?: string;
  cause?: string;
  message?: string;
  reason?: string;
}

describe("a job on the official SDKs", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let server: ModelServer;
  beforeEach(() => {
    folder = scratchFolder({ "n.job.ts": job });
    symlinkSync(join(root, "node_modules"), join(folder.path, "node_modules"), "junction");
  });
  afterEach(async () => {
    await server?.close();
    folder.remove();
  });

  async function run(settings: object, key = "key", ...args: string[]) {
    const env = { SETTINGS: JSON.stringify(settings), SERVER: server.baseUrl, KEY: key };
    const { code, stdout, stderr } = await runCli(["run", "n.job.ts", "--json", ...args], {
      cwd: folder.path,
      env,
    });
    const events: Event[] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    return { code, events, stderr, of: (name: string) => events.filter(({ event }) => event === name) };
  }
  const status = async () =>
    JSON.parse((await runCli(["status", "n.job.ts", "--json"], { cwd: folder.path })).stdout).jobs[0];

  const quick = { retry: { baseDelayMs: 20, maxDelayMs: 100 } };

  it("ends every item of 1,000, done or failed by the right cause, and asks no more than it may", async () => {
    const options: ModelServerOptions = {
      ...{ seed: 11, latencyMs: [2, 20], retryAfterMs: 60, dripMs: 1 },
      rates: {
        ...{ "rate-limit": 0.03, overloaded: 0.04, "server-error": 0.03, unavailable: 0.02, reset: 0.02 },
        ...{
          "context-too-long": 0.02,
          "too-large": 0.01,
          "bad-request": 0.01,
          "no-model": 0.01,
          filtered: 0.01,
        },
        ...{ refusal: 0.02, prose: 0.02, "invalid-json": 0.02, drip: 0.02, "reset-early": 0.02, hang: 0.005 },
      },
    };
    server = await forkModelServer(options);
    const settings = {
      ...{ ...quick, items: 1000, concurrency: 32, itemTimeoutMs: 1500 },
      limits: { requestsPerMinute: 15_000, windowMs: 1_000 },
    };
    const ran = await run(settings);
    assert.equal(ran.code, 1, ran.stderr);
    await server.idle();
    const ledger: Ledger = await server.ledger();
    const failed = new Map(ran.of("item-failed").map(({ item, cause }) => [item!, cause!]));
    const done = new Set(ran.of("item-done").map(({ item }) => item!));
    assert.equal(done.size + failed.size, 1000);
    const requests = ledger.byItem();
    for (let i = 0; i < 1000; i++) {
      const item = `item-${i}`;
      // What it meets is known beforehand: faults that pass, then an answer, or one that stays.
      let tries = 0;
      let expected: string | undefined;
      for (;;) {
        const fault = drawFault(options, item, tries++);
        expected = fault === "none" || fault === "drip" ? undefined : causes[fault];
        if (expected === undefined || tries >= attemptsFor(expected, quick.retry)) break;
      }
      assert.equal(failed.get(item), expected, `${item} after ${tries} tries`);
      assert.equal(requests.get(item)?.length, tries, `requests for ${item}`);
    }
    assert.ok(ledger.maxInFlight(20) <= 32, `${ledger.maxInFlight(20)} in flight`);
    assert.ok(ledger.maxRequestsIn(1_000) <= 250, `${ledger.maxRequestsIn(1_000)} requests in a second`);
    assert.deepEqual(ledger.tooEarly(), []);
    assert.ok(ran.of("pace").length > 0);
    const { state, done: count, usage } = await status();
    assert.deepEqual([state, count], ["finished-with-failures", done.size]);
    assert.equal(usage.requests, ledger.totals().requests);
  });

  it("ends before its budget would be passed, over by no more than it says, and goes on once that is raised", async () => {
    server = await forkModelServer({ latencyMs: [1, 10], prices: { input: 1000, output: 5000 } } as never);
    const prices = { "test-model": { inputPerMillion: 1000, outputPerMillion: 5000 } };
    const settings = (usd: number) => ({ ...quick, items: 60, concurrency: 8, prices, budget: { usd } });
    const ran = await run(settings(10));
    assert.equal(ran.code, 75, ran.stderr);
    const notice = ran.of("notice").find(({ message }) => message!.includes("Raise `budget`"))!.message!;
    const over = Number(/may pass it by \$([\d.]+) at most/.exec(notice)![1]);
    const first = await status();
    assert.ok(first.usage.usd <= 10 + over, `${first.usage.usd} with ${over} announced`);
    assert.ok(first.usage.usd > 5, `stopped at ${first.usage.usd}`);
    assert.equal(first.lastRun.ended, "budget");
    assert.equal((await run(settings(1000))).code, 0);
    const { done, usage } = await status();
    const seen = (await server.ledger()).totals();
    assert.equal(done, 60);
    assert.equal(usage.inputTokens, seen.inputTokens);
    assert.equal(usage.outputTokens, seen.outputTokens);
  });

  it("stops at once where the service knows nobody by that key", async () => {
    server = await forkModelServer({});
    const ran = await run({ items: 200, concurrency: 4 }, "wrong");
    assert.equal(ran.code, 1);
    assert.equal(ran.events.at(-1)?.reason, "auth");
    assert.ok((await server.ledger()).entries.length <= 8);
  });

  it("stops early where more items fail than it bears", async () => {
    server = await forkModelServer({ rates: { "bad-request": 1 } });
    const ran = await run({ items: 200, concurrency: 4, maxFailures: 10 });
    assert.equal(ran.code, 1);
    assert.equal(ran.events.at(-1)?.reason, "max-failures");
    assert.ok((await server.ledger()).entries.length <= 14);
    assert.ok(existsSync(join(folder.path, "checkpoints/n.jsonl")));
  });
});
