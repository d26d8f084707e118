import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { BadReplyError, RefusedError } from "../../../src/runtime/errors.js";
import type { FailureCause } from "../../../src/runtime/failureCause.js";
import { causeOf } from "../../../src/runtime/runner/causes.js";
import { errorHeadersOf, retryAfterMs } from "../../../src/runtime/runner/retryAfter.js";
import { type ModelServer, startModelServer } from "../../support/modelServer/modelServer.js";
import { type Fault, faults, promptFor } from "../../support/modelServer/plan.js";

/** What a job does with the SDKs, and how a reply is checked. */
interface CallOptions {
  stream?: boolean;
  timeoutMs?: number;
  signal?: AbortSignal;
  apiKey?: string;
}
type Call = (server: ModelServer, prompt: string, options?: CallOptions) => Promise<unknown>;

const model = "some-model";
const enoughMs = 15_000;

const callMessages: Call = async (server, prompt, { stream, timeoutMs = enoughMs, signal, apiKey } = {}) => {
  const client = new Anthropic({
    ...{ apiKey: apiKey ?? "key", baseURL: server.baseUrl, maxRetries: 0, timeout: timeoutMs },
  });
  const request = { model, max_tokens: 100, messages: [{ role: "user" as const, content: prompt }] };
  const options = signal ? { signal } : {};
  const reply = stream
    ? await client.messages.stream(request, options).finalMessage()
    : await client.messages.create(request, options);
  if (reply.stop_reason === "refusal") throw new RefusedError();
  const [content] = reply.content;
  return JSON.parse(content?.type === "text" ? content.text : "");
};

function openAi(server: ModelServer, { timeoutMs = enoughMs, apiKey }: CallOptions): OpenAI {
  return new OpenAI({
    ...{ apiKey: apiKey ?? "key", baseURL: server.openaiBaseUrl, maxRetries: 0, timeout: timeoutMs },
  });
}

const callChat: Call = async (server, prompt, options = {}) => {
  const { signal, stream } = options;
  const request = { model, messages: [{ role: "user" as const, content: prompt }] };
  const { chat } = openAi(server, options);
  const reply = stream
    ? await chat.completions.stream(request, signal && { signal }).finalChatCompletion()
    : await chat.completions.create(request, signal && { signal });
  const { refusal, content } = reply.choices[0]!.message;
  if (refusal) throw new RefusedError(refusal);
  return JSON.parse(content ?? "");
};

const callResponses: Call = async (server, prompt, options = {}) => {
  const { signal, stream } = options;
  const { responses } = openAi(server, options);
  const request = { model, input: prompt };
  if (stream) {
    let text = "";
    for await (const event of await responses.create({ ...request, stream: true }, signal && { signal }))
      if (event.type === "response.output_text.delta") text += event.delta;
    return JSON.parse(text);
  }
  const reply = await responses.create(request, signal && { signal });
  const message = reply.output.find((part) => part.type === "message");
  const content = message?.content[0];
  if (content?.type === "refusal") throw new RefusedError(content.refusal);
  if (reply.output_text === "") throw new BadReplyError("The reply is empty.");
  return JSON.parse(reply.output_text);
};

const calls = {
  "Anthropic's Messages": callMessages,
  "OpenAI's Chat Completions": callChat,
  "OpenAI's Responses": callResponses,
};

/** Undefined: no failure. */
const causes: Record<Fault, FailureCause | undefined> = {
  "rate-limit-seconds": "rate-limit",
  "rate-limit-date": "rate-limit",
  "rate-limit-ms": "rate-limit",
  "rate-limit-bare": "rate-limit",
  overloaded: "overloaded",
  "server-error": "overloaded",
  unavailable: "overloaded",
  "context-too-long": "context-too-long",
  "too-large": "context-too-long",
  "bad-request": "bad-request",
  "no-model": "bad-request",
  unauthorized: "auth",
  forbidden: "auth",
  "no-credit": "auth",
  filtered: "refused",
  refusal: "refused",
  prose: "bad-reply",
  "invalid-json": "bad-reply",
  "stream-error": "overloaded",
  drip: undefined,
  reset: "network",
  "reset-early": "network",
  hang: "timeout",
};

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("failures of the official SDKs", () => {
  let server: ModelServer;
  before(async () => {
    server = await startModelServer({ retryAfterMs: 2_500, dripMs: 50 });
  });
  after(() => server.close());

  for (const [name, call] of Object.entries(calls)) {
    describe(name, () => {
      for (const fault of faults) {
        const cause = causes[fault];
        it(`${fault} ${cause ? `fails as ${cause}` : "is no failure"}`, async () => {
          const prompt = promptFor({ item: fault, faults: [fault] });
          const error = await failureOf(call(server, prompt, fault === "hang" ? { timeoutMs: 100 } : {}));
          assert.equal(error === undefined ? undefined : causeOf(error), cause, String(error));
        });
      }

      it("fails as timeout where the job's own signal ends an answer that drips", async () => {
        const slow = await startModelServer({ dripMs: 60_000 });
        try {
          const prompt = promptFor({ item: "a", faults: ["drip"] });
          const error = await failureOf(call(slow, prompt, { signal: AbortSignal.timeout(200) }));
          assert.equal(causeOf(error), "timeout", String(error));
        } finally {
          await slow.close();
        }
      });

      it("fails as auth with a wrong key", async () => {
        const error = await failureOf(call(server, promptFor({ item: "a" }), { apiKey: "wrong" }));
        assert.equal(causeOf(error), "auth");
      });

      it("fails as network where nobody listens", async () => {
        const gone = await startModelServer();
        await gone.close();
        assert.equal(causeOf(await failureOf(call(gone, promptFor({ item: "a" })))), "network");
      });

      const waits: [Fault, [number, number] | undefined][] = [
        ["rate-limit-seconds", [2_500, 2_500]],
        ["rate-limit-ms", [2_500, 2_500]],
        ["rate-limit-date", [2_400, 3_500]],
        ["rate-limit-bare", undefined],
        ["overloaded", undefined],
      ];
      for (const [fault, range] of waits) {
        it(`${fault} ${range ? "says" : "does not say"} how long to wait`, async () => {
          const sentAt = Date.now();
          const error = await failureOf(call(server, promptFor({ item: "a", faults: [fault] })));
          const ms = retryAfterMs(errorHeadersOf(error), sentAt + 100);
          if (range) assert.ok(ms !== undefined && ms >= range[0] && ms <= range[1], `${ms}`);
          else assert.equal(ms, undefined);
        });
      }
    });

    describe(`${name}, streamed`, () => {
      const table: [Fault | "none", FailureCause | undefined][] = [
        ["none", undefined],
        ["drip", undefined],
        ["stream-error", "overloaded"],
        ["reset", "network"],
        ["prose", "bad-reply"],
        ["rate-limit-seconds", "rate-limit"],
        ["no-credit", "auth"],
      ];
      for (const [fault, cause] of table) {
        it(`${fault} ${cause ? `fails as ${cause}` : "is no failure"}`, async () => {
          const prompt = promptFor({ item: `streamed-${fault}`, faults: [fault] });
          const error = await failureOf(call(server, prompt, { stream: true }));
          assert.equal(error === undefined ? undefined : causeOf(error), cause, String(error));
        });
      }
    });
  }

  describe("a stream that ends too soon, without an error", () => {
    /** `fetch` that lets so many of a stream's events through. */
    const cut =
      (count: number): typeof fetch =>
      async (...request) => {
        const { headers, text } = await fetch(...request).then(async (response) => ({
          headers: { "content-type": response.headers.get("content-type")! },
          text: await response.text(),
        }));
        const events = text.split("\n\n").slice(0, count);
        return new Response(events.map((event) => `${event}\n\n`).join(""), { headers });
      };
    const clientOptions = (count: number) => ({ apiKey: "key", maxRetries: 0, fetch: cut(count) });
    const content = promptFor({ item: "cut" });
    const request = { model, messages: [{ role: "user" as const, content }] };
    const streams: Record<string, (count: number) => Promise<unknown>> = {
      "Anthropic's Messages": (count) =>
        new Anthropic({ ...clientOptions(count), baseURL: server.baseUrl }).messages
          .stream({ ...request, max_tokens: 100 })
          .finalMessage(),
      "Anthropic's Messages, as a text": (count) =>
        new Anthropic({ ...clientOptions(count), baseURL: server.baseUrl }).messages
          .stream({ ...request, max_tokens: 100 })
          .finalText(),
      "Anthropic's beta Messages": (count) =>
        new Anthropic({ ...clientOptions(count), baseURL: server.baseUrl }).beta.messages
          .stream({ ...request, max_tokens: 100 })
          .finalMessage(),
      "OpenAI's Chat Completions": (count) =>
        new OpenAI({ ...clientOptions(count), baseURL: server.openaiBaseUrl }).chat.completions
          .stream(request)
          .finalChatCompletion(),
      "OpenAI's Responses": (count) =>
        new OpenAI({ ...clientOptions(count), baseURL: server.openaiBaseUrl }).responses
          .stream({ model, input: content })
          .finalResponse(),
    };
    // One event of OpenAI's Responses is a response in progress, which its SDK gives back without an error.
    for (const [name, stream] of Object.entries(streams))
      for (const count of name === "OpenAI's Responses" ? [0, 2] : [0, 1, 2])
        it(`fails as bad-reply after ${count} events of ${name}`, async () => {
          const error = await failureOf(stream(count));
          assert.equal(error && causeOf(error), "bad-reply", String(error));
        });
  });
});
