import type { Fault } from "./plan.js";

/** Bodies and headers as the two services send them. */

export type Service = "messages" | "chat" | "responses";

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Whether the account is charged for it. */
  charged: boolean;
}

export interface AnswerParts {
  service: Service;
  fault: Fault | undefined;
  requestId: string;
  item: string;
  model: string;
  stream: boolean;
  inputTokens: number;
  outputTokens: number;
  /** What a 429 asks for. */
  retryAfterMs: number;
  nowMs: number;
}

const refusal = "I'm sorry, but I can't help with that.";

export function answerTo(parts: AnswerParts): Answer {
  const { service, fault, stream } = parts;
  const error = errorAnswer(parts);
  if (error) return error;
  const whole = stream ? streamText(parts) : JSON.stringify(replyBody(parts));
  return {
    status: 200,
    headers: {
      ...commonHeaders(service, parts.requestId),
      "content-type": stream ? "text/event-stream; charset=utf-8" : "application/json",
    },
    body: fault === "invalid-json" ? whole.slice(0, -Math.ceil(whole.length / 3)) : whole,
    charged: true,
  };
}

function commonHeaders(service: Service, requestId: string): Record<string, string> {
  return service === "messages"
    ? { "request-id": requestId, "anthropic-organization-id": "9e4f2c66-0000-4000-8000-6d1b51a2c0de" }
    : { "x-request-id": requestId, "openai-version": "2020-10-01", "openai-processing-ms": "12" };
}

interface ErrorSpec {
  status: number;
  type: string;
  code?: string;
  message: string;
  param?: string;
}

/** The first is Anthropic's, the second OpenAI's. */
const errorSpecs: Partial<Record<Fault, readonly [ErrorSpec, ErrorSpec]>> = {
  overloaded: [
    { status: 529, type: "overloaded_error", message: "Overloaded" },
    {
      ...{ status: 503, type: "server_error", code: "engine_overloaded" },
      message: "The engine is currently overloaded, please try again later",
    },
  ],
  "server-error": [
    { status: 500, type: "api_error", message: "Internal server error" },
    {
      ...{ status: 500, type: "server_error" },
      message:
        "The server had an error while processing your request. Sorry about that! You can retry your request.",
    },
  ],
  "context-too-long": [
    {
      ...{ status: 400, type: "invalid_request_error" },
      message: "prompt is too long: 208310 tokens > 200000 maximum",
    },
    {
      ...{ status: 400, type: "invalid_request_error", code: "context_length_exceeded", param: "messages" },
      message:
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 150022 tokens. Please reduce the length of the messages.",
    },
  ],
  "too-large": [
    {
      ...{ status: 413, type: "request_too_large" },
      message: "Request exceeds the maximum allowed number of bytes.",
    },
    {
      ...{ status: 429, type: "tokens", code: "rate_limit_exceeded" },
      message:
        "Request too large for gpt-4o in organization org-abc on tokens per min (TPM): Limit 30000, Requested 61337. The input or output tokens must be reduced in order to run successfully.",
    },
  ],
  "bad-request": [
    {
      ...{ status: 400, type: "invalid_request_error" },
      message: "max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens",
    },
    {
      ...{ status: 400, type: "invalid_request_error", code: "unsupported_value", param: "temperature" },
      message: "Unsupported value: 'temperature' does not support 0.2 with this model.",
    },
  ],
  "no-model": [
    { status: 404, type: "not_found_error", message: "model: claude-of-yesterday" },
    {
      ...{ status: 404, type: "invalid_request_error", code: "model_not_found" },
      message: "The model `gpt-of-yesterday` does not exist or you do not have access to it.",
    },
  ],
  unauthorized: [
    { status: 401, type: "authentication_error", message: "invalid x-api-key" },
    {
      ...{ status: 401, type: "invalid_request_error", code: "invalid_api_key" },
      message: "Incorrect API key provided. You can find your API key in your account's settings.",
    },
  ],
  forbidden: [
    {
      ...{ status: 403, type: "permission_error" },
      message: "Your API key does not have permission to use the specified resource.",
    },
    {
      ...{ status: 403, type: "request_forbidden", code: "unsupported_country_region_territory" },
      message: "Country, region, or territory not supported",
    },
  ],
  "no-credit": [
    {
      ...{ status: 400, type: "invalid_request_error" },
      message:
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
    },
    {
      ...{ status: 429, type: "insufficient_quota", code: "insufficient_quota" },
      message: "You exceeded your current quota, please check your plan and billing details.",
    },
  ],
  filtered: [
    {
      ...{ status: 400, type: "invalid_request_error" },
      message: "Output blocked by content filtering policy",
    },
    {
      ...{ status: 400, type: "invalid_request_error", code: "invalid_prompt" },
      message:
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt.",
    },
  ],
};
const rateLimited: readonly [ErrorSpec, ErrorSpec] = [
  {
    ...{ status: 429, type: "rate_limit_error" },
    message: "This request would exceed your organization's rate limit of 50 requests per minute.",
  },
  {
    ...{ status: 429, type: "requests", code: "rate_limit_exceeded" },
    message:
      "Rate limit reached for gpt-4o in organization org-abc on requests per min (RPM): Limit 500, Used 500, Requested 1. Please try again in 120ms.",
  },
];

function errorAnswer(parts: AnswerParts): Answer | undefined {
  const { service, requestId, fault, stream } = parts;
  if (fault === undefined) return undefined;
  const headers = { ...commonHeaders(service, requestId), "content-type": "application/json" };
  if (fault === "unavailable") {
    const body = "<html><head><title>503 Service Temporarily Unavailable</title></head></html>";
    return { status: 503, headers: { "content-type": "text/html" }, body, charged: false };
  }
  const isRateLimit = fault.startsWith("rate-limit");
  const key = fault === "stream-error" && !stream ? "server-error" : fault;
  const spec = (isRateLimit ? rateLimited : errorSpecs[key])?.[service === "messages" ? 0 : 1];
  if (!spec) return undefined;
  return {
    status: spec.status,
    headers: {
      ...headers,
      ...(isRateLimit && retryHeaders(parts)),
      "x-should-retry": spec.status === 429 || spec.status >= 500 ? "true" : "false",
    },
    body: JSON.stringify(errorBody(service, spec, requestId)),
    charged: false,
  };
}

function errorBody(service: Service, spec: ErrorSpec, requestId: string): object {
  const { type, message, code = null, param = null } = spec;
  return service === "messages"
    ? { type: "error", error: { type, message }, request_id: requestId }
    : { error: { message, type, param, code } };
}

function retryHeaders({ fault, retryAfterMs, nowMs }: AnswerParts): Record<string, string> {
  if (fault === "rate-limit-seconds") return { "retry-after": String(retryAfterMs / 1000) };
  if (fault === "rate-limit-ms") return { "retry-after-ms": String(retryAfterMs) };
  if (fault !== "rate-limit-date") return {};
  // A date has whole seconds: never earlier than was meant.
  return { "retry-after": new Date(Math.ceil((nowMs + retryAfterMs) / 1000) * 1000).toUTCString() };
}

function replyText({ fault, item }: AnswerParts): string {
  if (fault === "prose") return `Sure! Here is what you asked for, about ${item}.`;
  return JSON.stringify({ item, summary: `What there is to say about ${item}.` });
}

function replyBody(parts: AnswerParts): object {
  const { service, fault, requestId, model, inputTokens, outputTokens, nowMs } = parts;
  const id = requestId.slice(4);
  const refused = fault === "refusal";
  const text = replyText(parts);
  const created = Math.floor(nowMs / 1000);
  const total_tokens = inputTokens + outputTokens;
  if (service === "messages")
    return {
      ...{ id: `msg_${id}`, type: "message", role: "assistant", model },
      content: refused ? [] : [{ type: "text", text }],
      ...{ stop_reason: refused ? "refusal" : "end_turn", stop_sequence: null },
      usage: {
        ...{ input_tokens: inputTokens, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
        ...{ output_tokens: outputTokens, service_tier: "standard" },
      },
    };
  if (service === "chat")
    return {
      ...{ id: `chatcmpl-${id}`, object: "chat.completion", created, model },
      choices: [
        {
          index: 0,
          message: {
            ...{ role: "assistant", content: refused ? null : text },
            ...{ refusal: refused ? refusal : null, annotations: [] },
          },
          ...{ logprobs: null, finish_reason: "stop" },
        },
      ],
      usage: {
        ...{ prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens },
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
      },
      ...{ service_tier: "default", system_fingerprint: "fp_5e2d0c1b9a" },
    };
  const content = refused
    ? { type: "refusal", refusal }
    : { type: "output_text", text, annotations: [], logprobs: [] };
  return {
    ...{ id: `resp_${id}`, object: "response", created_at: created, status: "completed", model },
    ...{ error: null, incomplete_details: null, parallel_tool_calls: true, tools: [], metadata: {} },
    output: [
      { type: "message", id: `msg_${id}`, status: "completed", role: "assistant", content: [content] },
    ],
    usage: {
      ...{ input_tokens: inputTokens, input_tokens_details: { cached_tokens: 0 } },
      ...{ output_tokens: outputTokens, output_tokens_details: { reasoning_tokens: 0 }, total_tokens },
    },
  };
}

/** The reply as server-sent events: a start, the text in one piece, and an end; or an error after the start. */
function streamText(parts: AnswerParts): string {
  const { service, fault, requestId } = parts;
  const isBroken = fault === "stream-error";
  const specs = errorSpecs.overloaded!;
  const events = { messages: messageEvents, chat: chatEvents, responses: responseEvents }[service](parts);
  if (!isBroken) return events.join("");
  const error = errorBody(service, specs[service === "messages" ? 0 : 1], requestId);
  return `${events[0]}${event(service === "messages" ? "error" : undefined, error)}`;
}

function event(name: string | undefined, data: object | string): string {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return `${name ? `event: ${name}\n` : ""}data: ${text}\n\n`;
}

const named = (data: { type: string }) => event(data.type, data);

function messageEvents(parts: AnswerParts): string[] {
  const { content: _, ...message } = replyBody(parts) as { content: unknown; stop_reason: string };
  const start = { ...message, content: [], stop_reason: null };
  const delta = { stop_reason: message.stop_reason, stop_sequence: null };
  const deltas = [
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: replyText(parts) } },
    { type: "content_block_stop", index: 0 },
  ];
  return [
    named({ type: "message_start", message: start } as { type: string }),
    ...(parts.fault === "refusal" ? [] : deltas.map(named)),
    named({ type: "message_delta", delta, usage: { output_tokens: parts.outputTokens } } as { type: string }),
    named({ type: "message_stop" }),
  ];
}

function chatEvents(parts: AnswerParts): string[] {
  const { choices, usage, ...base } = replyBody(parts) as {
    choices: { message: { content: string | null; refusal: string | null } }[];
    usage: object;
  };
  const { content, refusal } = choices[0]!.message;
  const chunk = (delta: object, finish_reason: string | null, more: object = {}) =>
    event(undefined, {
      ...{ ...base, object: "chat.completion.chunk" },
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...more,
    });
  return [
    chunk({ role: "assistant", content: "", refusal: null }, null),
    chunk(refusal === null ? { content } : { refusal }, null),
    chunk({}, "stop"),
    event(undefined, { ...base, object: "chat.completion.chunk", choices: [], usage }),
    event(undefined, "[DONE]"),
  ];
}

function responseEvents(parts: AnswerParts): string[] {
  const response = replyBody(parts) as { output: { id: string }[] };
  const place = { item_id: response.output[0]!.id, output_index: 0, content_index: 0 };
  const started = { ...response, status: "in_progress", output: [], usage: null };
  const events = [
    { type: "response.created", response: started },
    { type: "response.output_text.delta", ...place, delta: replyText(parts) },
    { type: "response.completed", response },
  ];
  return events.map((data, sequence_number) => event(data.type, { ...data, sequence_number }));
}
