import type { Fault } from "./plan.js";
import type { Answer, AnswerParts, Service } from "./replies.js";

/** The two services' errors: status, headers and body. */

export function commonHeaders(service: Service, requestId: string): Record<string, string> {
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

/** Undefined where the fault is no error answer. */
export function errorAnswer(parts: AnswerParts): Answer | undefined {
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

/** What a stream ends with where the service gives up in the middle of it. */
export function overloadedBody(service: Service, requestId: string): object {
  return errorBody(service, errorSpecs.overloaded![service === "messages" ? 0 : 1], requestId);
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
