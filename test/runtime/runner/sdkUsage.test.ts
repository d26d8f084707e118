import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { readUsage } from "../../../src/runtime/usage.js";
import { type ModelServer, type Reply, startModelServer } from "../../support/replyServer.js";

const messageUsage = {
  input_tokens: 21,
  cache_creation_input_tokens: 188,
  cache_read_input_tokens: 1000,
  cache_creation: { ephemeral_5m_input_tokens: 188, ephemeral_1h_input_tokens: 0 },
  output_tokens: 393,
  service_tier: "standard",
};
const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5-20250929",
  content: [{ type: "text", text: "Hello" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: messageUsage,
};
const messageFigures = {
  inputTokens: 1209,
  outputTokens: 393,
  cachedTokens: 1000,
  cacheWriteTokens: 188,
  model: message.model,
};

const completionUsage = {
  prompt_tokens: 1200,
  completion_tokens: 300,
  total_tokens: 1500,
  prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 250, accepted_prediction_tokens: 0 },
};
const completion = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-4o-2024-08-06",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
  usage: completionUsage,
};
const completionFigures = {
  inputTokens: 1200,
  outputTokens: 300,
  cachedTokens: 1024,
  model: completion.model,
};
const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: completion.model };

const response = {
  id: "resp_1",
  object: "response",
  created_at: 1,
  status: "completed",
  model: "gpt-5-2025-08-07",
  output: [],
  usage: {
    input_tokens: 75,
    input_tokens_details: { cached_tokens: 32, cache_write_tokens: 0 },
    output_tokens: 1186,
    output_tokens_details: { reasoning_tokens: 1024 },
    total_tokens: 1261,
  },
};
const responseFigures = {
  ...{ inputTokens: 75, outputTokens: 1186, cachedTokens: 32, cacheWriteTokens: 0 },
  model: response.model,
};

const streamedMessage: Reply = {
  named: true,
  events: [
    {
      type: "message_start",
      message: { ...message, content: [], stop_reason: null, usage: { ...messageUsage, output_tokens: 1 } },
    },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello" } },
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 393 },
    },
    { type: "message_stop" },
  ],
};
const streamedCompletion: Reply = {
  events: [
    {
      ...chunk,
      choices: [{ index: 0, delta: { role: "assistant", content: "Hello" }, finish_reason: null }],
      usage: null,
    },
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: null },
    { ...chunk, choices: [], usage: completionUsage },
    "[DONE]",
  ],
};
const streamedResponse: Reply = {
  named: true,
  events: [
    {
      type: "response.created",
      sequence_number: 0,
      response: { ...response, status: "in_progress", usage: null },
    },
    { type: "response.completed", sequence_number: 1, response },
  ],
};
const embeddings = {
  object: "list",
  model: "text-embedding-3-small",
  data: [{ object: "embedding", index: 0, embedding: Buffer.alloc(8).toString("base64") }],
  usage: { prompt_tokens: 8, total_tokens: 8 },
};

/** A service whose every path answers so, and both SDKs as its clients. */
async function withClients(
  replies: Record<string, Reply>,
  use: (clients: { anthropic: Anthropic; openai: OpenAI }) => Promise<void>,
): Promise<void> {
  const server: ModelServer = await startModelServer(replies);
  const options = { apiKey: "none", maxRetries: 0 };
  try {
    await use({
      anthropic: new Anthropic({ ...options, baseURL: server.url }),
      openai: new OpenAI({ ...options, baseURL: server.url }),
    });
  } finally {
    await server.close();
  }
}

describe("the usage that the official SDKs give", () => {
  const request = {
    model: "any",
    max_tokens: 10,
    messages: [{ role: "user" as const, content: "Hello" }],
  };

  it("of a message", () =>
    withClients({ "/v1/messages": { json: message } }, async ({ anthropic }) => {
      assert.deepEqual(readUsage(await anthropic.messages.create(request)), messageFigures);
    }));

  it("of a streamed message, once it is final", () =>
    withClients({ "/v1/messages": streamedMessage }, async ({ anthropic }) => {
      assert.deepEqual(readUsage(await anthropic.messages.stream(request).finalMessage()), messageFigures);
    }));

  it("of a chat completion", () =>
    withClients({ "/chat/completions": { json: completion } }, async ({ openai }) => {
      assert.deepEqual(readUsage(await openai.chat.completions.create(request)), completionFigures);
    }));

  it("of a streamed chat completion, in one chunk of all", () =>
    withClients({ "/chat/completions": streamedCompletion }, async ({ openai }) => {
      const stream = await openai.chat.completions.create({
        ...request,
        stream: true,
        stream_options: { include_usage: true },
      });
      const usages = [];
      for await (const part of stream) usages.push(readUsage(part));
      assert.deepEqual(usages, [undefined, undefined, completionFigures]);
    }));

  it("of a chat completion that the SDK's stream put together", () =>
    withClients({ "/chat/completions": streamedCompletion }, async ({ openai }) => {
      const stream = openai.chat.completions.stream({ ...request, stream_options: { include_usage: true } });
      assert.deepEqual(readUsage(await stream.finalChatCompletion()), completionFigures);
    }));

  it("of a response", () =>
    withClients({ "/responses": { json: response } }, async ({ openai }) => {
      const reply = await openai.responses.create({ model: "any", input: "Hello" });
      assert.deepEqual(readUsage(reply), responseFigures);
    }));

  it("of a streamed response, in one event of all", () =>
    withClients({ "/responses": streamedResponse }, async ({ openai }) => {
      const usages = [];
      for await (const event of await openai.responses.create({
        model: "any",
        input: "Hello",
        stream: true,
      }))
        usages.push(readUsage(event));
      assert.deepEqual(usages, [undefined, responseFigures]);
    }));

  it("of embeddings", () =>
    withClients({ "/embeddings": { json: embeddings } }, async ({ openai }) => {
      const reply = await openai.embeddings.create({ model: "any", input: "Hello" });
      assert.deepEqual(readUsage(reply), { inputTokens: 8, model: "text-embedding-3-small" });
    }));
});
