import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { readUsage } from "../../../src/runtime/usage.js";
import { forkModelServer } from "../../support/modelServer/forkModelServer.js";
import { Ledger, type LedgerEntry } from "../../support/modelServer/ledger.js";
import { type ModelServer, startModelServer } from "../../support/modelServer/modelServer.js";
import { drawFault, faults, type Instructions, promptFor } from "../../support/modelServer/plan.js";

function anthropic(server: ModelServer): Anthropic {
  return new Anthropic({ apiKey: "key", baseURL: server.baseUrl, maxRetries: 0 });
}

function ask(server: ModelServer, instructions: Instructions, signal?: AbortSignal) {
  const messages = [{ role: "user" as const, content: promptFor(instructions) }];
  const request = { model: "some-model", max_tokens: 100, messages };
  return anthropic(server).messages.create(request, signal ? { signal } : {});
}

async function withServer(
  starting: Promise<ModelServer>,
  work: (server: ModelServer) => Promise<void>,
): Promise<void> {
  const server = await starting;
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

function entry(arrivedMs: number, endedMs: number, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    ...{ n: 0, requestId: "r", service: "messages", item: "a", attempt: 0, arrivedMs, endedMs },
    ...{ outcome: "answered", status: 200, inputTokens: 10, outputTokens: 5, usd: 1, sent: true },
    ...{ leftByClient: false, ...more },
  };
}
const ledgerOf = (entries: LedgerEntry[]) => new Ledger({ timeOriginMs: 0, entries });

describe("the plan of the model server", () => {
  it("draws each fault as often as it is told, and the same for the same seed", () => {
    const rates = { "rate-limit": 0.2, reset: 0.1, hang: 0.02 };
    const draw = (seed: number) =>
      Array.from({ length: 10_000 }, (_, i) => drawFault({ seed, rates }, `item-${i}`, i % 3));
    const drawn = draw(5);
    assert.deepEqual(draw(5), drawn);
    assert.notDeepEqual(draw(6), drawn);
    const share = (match: (fault: string) => boolean) => drawn.filter(match).length / drawn.length;
    const close = (actual: number, expected: number) =>
      assert.ok(Math.abs(actual - expected) < 0.015, `${actual} for ${expected}`);
    close(
      share((fault) => fault.startsWith("rate-limit")),
      0.2,
    );
    close(
      share((fault) => fault === "rate-limit-bare"),
      0.05,
    );
    close(
      share((fault) => fault === "reset"),
      0.1,
    );
    close(
      share((fault) => fault === "hang"),
      0.02,
    );
    close(
      share((fault) => fault === "none"),
      0.68,
    );
  });
});

describe("the ledger of the model server", () => {
  it("counts what is in flight at one moment, a request that ends as another begins not among it", () => {
    assert.equal(ledgerOf([entry(0, 10), entry(10, 20), entry(12, 15), entry(30, 40)]).maxInFlight(), 2);
    assert.equal(ledgerOf([entry(0, 10), { ...entry(5, 6), endedMs: null }]).maxInFlight(), 2);
    const left = [entry(0, 110, { leftByClient: true }), entry(100, 120)];
    assert.deepEqual([ledgerOf(left).maxInFlight(), ledgerOf(left).maxInFlight(20)], [2, 1]);
  });

  it("finds the fullest window, wherever it starts", () => {
    const ledger = ledgerOf([0, 900, 1_100, 1_800, 1_899, 1_900, 5_000].map((ms) => entry(ms, ms + 1)));
    assert.equal(ledger.maxRequestsIn(1_000), 4);
    assert.equal(ledger.maxRequestsIn(1_001), 5);
    assert.equal(ledger.maxTokensIn(1_000), 60);
    assert.equal(ledger.totals().usd, 7);
    assert.equal(ledger.totals(({ arrivedMs }) => arrivedMs < 1_000).requests, 2);
  });

  it("finds who came back before the time", () => {
    const limited = { outcome: "rate-limit-ms" as const, retryAfterMs: 100 };
    const early = entry(105, 106);
    assert.deepEqual(ledgerOf([entry(0, 10, limited), entry(50, 60, { item: "b" }), early]).tooEarly(), [
      early,
    ]);
    assert.deepEqual(ledgerOf([entry(0, 10, limited), entry(111, 112)]).tooEarly(), []);
  });
});

describe("the model server", () => {
  it("charges exactly what the SDKs' replies say", async () => {
    const options = { seed: 3, latencyMs: [0, 4] as const, prices: { input: 2, output: 10 } };
    await withServer(startModelServer(options), async (server) => {
      const openai = new OpenAI({ apiKey: "key", baseURL: server.openaiBaseUrl, maxRetries: 0 });
      const model = "some-model";
      const seen = new Map<string, unknown>();
      await Promise.all(
        Array.from({ length: 60 }, async (_, i) => {
          const item = `item-${i}`;
          const content = promptFor({ item });
          const calls = [
            () => ask(server, { item }),
            () => openai.chat.completions.create({ model, messages: [{ role: "user", content }] }),
            () => openai.responses.create({ model, input: content }),
          ];
          const { inputTokens, outputTokens } = readUsage(await calls[i % 3]!())!;
          seen.set(item, { inputTokens, outputTokens });
        }),
      );
      const ledger = await server.ledger();
      assert.equal(ledger.entries.length, 60);
      for (const { item, inputTokens, outputTokens, usd, sent } of ledger.entries) {
        assert.deepEqual({ inputTokens, outputTokens }, seen.get(item));
        assert.equal(usd, (inputTokens * 2 + outputTokens * 10) / 1e6);
        assert.equal(sent, true);
      }
    });
  });

  it("charges nothing for errors, and all for a body that was reset", async () => {
    await withServer(startModelServer({ dripMs: 20 }), async (server) => {
      const tokens = { input: 100, output: 20 };
      const controller = new AbortController();
      const hanging = ask(server, { item: "hang", faults: ["hang"], tokens }, controller.signal).catch(
        () => {},
      );
      for (const fault of faults.filter((name) => name !== "hang"))
        await ask(server, { item: fault, faults: [fault], tokens }).catch(() => {});
      controller.abort();
      await hanging;
      await server.idle();
      const ledger = await server.ledger();
      const charged = ledger.entries.filter(({ inputTokens }) => inputTokens > 0).map(({ item }) => item);
      assert.deepEqual(charged, ["refusal", "prose", "invalid-json", "drip", "reset"]);
      assert.deepEqual(
        ledger.entries.filter(({ leftByClient }) => leftByClient).map(({ item }) => item),
        ["hang"],
      );
    });
  });

  it("follows the prompt's instructions request by request", async () => {
    await withServer(startModelServer(), async (server) => {
      for (let i = 0; i < 4; i++)
        await ask(server, { item: "a", faults: ["overloaded", "reset-early", "none"] }).catch(() => {});
      const { entries } = await server.ledger();
      assert.deepEqual(
        entries.map(({ outcome, attempt }) => [outcome, attempt]),
        [
          ["overloaded", 0],
          ["reset-early", 1],
          ["answered", 2],
          ["answered", 3],
        ],
      );
    });
  });

  it("sees one request at a time of a client that makes one at a time", async () => {
    await withServer(startModelServer({ rates: { reset: 0.2, overloaded: 0.2 } }), async (server) => {
      for (let i = 0; i < 200; i++) await ask(server, { item: `item-${i}` }).catch(() => {});
      const ledger = await server.ledger();
      assert.equal(ledger.entries.length, 200);
      assert.equal(ledger.maxInFlight(), 1);
    });
  });

  it("goes on with the work of a client that has left, and charges it", async () => {
    await withServer(startModelServer(), async (server) => {
      const signal = AbortSignal.timeout(50);
      const tokens = { input: 100, output: 20 };
      await assert.rejects(ask(server, { item: "a", tokens, latencyMs: 300 }, signal));
      await server.idle();
      const [only] = (await server.ledger()).entries;
      const { outcome, sent, leftByClient, inputTokens } = only!;
      assert.deepEqual(
        { outcome, sent, leftByClient, inputTokens },
        {
          ...{ outcome: "answered", sent: false, leftByClient: true, inputTokens: 100 },
        },
      );
      assert.ok(only!.endedMs! - only!.arrivedMs < 300);
    });
  });

  it("keeps its own limits: 429 with the time until there is room, 529 for too many at once", async () => {
    await withServer(startModelServer({ limits: { requests: 3, windowMs: 60_000 } }), async (server) => {
      for (let i = 0; i < 3; i++) await ask(server, { item: `item-${i}` });
      await assert.rejects(
        ask(server, { item: "item-3" }),
        (error: { status?: number; headers?: Headers }) => {
          const seconds = Number(error.headers?.get("retry-after"));
          return error.status === 429 && seconds > 0 && seconds <= 60;
        },
      );
      await server.change({ limits: { inFlight: 1 } });
      const first = ask(server, { item: "hang", latencyMs: 200 });
      const both = await Promise.allSettled([first, ask(server, { item: "b", latencyMs: 200 })]);
      assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
      const outcomes = (await server.ledger()).byOutcome();
      assert.deepEqual(outcomes, { answered: 4, "rate-limit-seconds": 1, overloaded: 1 });
    });
  });

  it("answers 2,000 requests, 32 at a time, from a process of its own, and its ledger has each of them", async () => {
    await withServer(forkModelServer({ seed: 9, rates: { "rate-limit": 0.1 } }), async (server) => {
      let next = 0;
      const worker = async () => {
        while (next < 2_000) {
          const body = JSON.stringify({
            model: "m",
            messages: [{ role: "user", content: promptFor({ item: `i-${next++}` }) }],
          });
          const headers = { "x-api-key": "key", "content-type": "application/json" };
          await (await fetch(`${server.baseUrl}/v1/messages`, { method: "POST", body, headers })).text();
        }
      };
      await Promise.all(Array.from({ length: 32 }, worker));
      const ledger = await server.ledger();
      assert.equal(ledger.byItem().size, 2_000);
      assert.equal(ledger.entries.length, 2_000);
      assert.ok(ledger.maxInFlight() <= 32);
      for (const { item, attempt, outcome } of ledger.entries) {
        const fault = drawFault({ seed: 9, rates: { "rate-limit": 0.1 } }, item, attempt);
        assert.equal(outcome, fault === "none" ? "answered" : fault);
      }
    });
  });
});
