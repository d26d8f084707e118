import { commonHeaders, errorAnswer, overloadedBody } from "./errorReplies.js";
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
    charged: fault !== "reset-early",
  };
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
  const events = { messages: messageEvents, chat: chatEvents, responses: responseEvents }[service](parts);
  if (!isBroken) return events.join("");
  const error = overloadedBody(service, requestId);
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
