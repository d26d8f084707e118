import { memberOf } from "./errors.js";
import type { FailureCause } from "./failureCause.js";

/**
 * What the two big services, and those that speak as they do, mean by their errors. Sources: Anthropic's "Errors" page
 * (`error.type`), OpenAI's "Error codes" guide (`error.code`, `error.type`), and bodies as users report them.
 */

const byStatus: Record<number, FailureCause> = {
  401: "auth",
  402: "auth",
  403: "auth",
  407: "auth",
  408: "timeout",
  409: "overloaded", // "lock timeout": both SDKs retry it
  413: "context-too-long",
  425: "overloaded",
  429: "rate-limit",
  499: "timeout",
  501: "bad-request",
  504: "timeout",
  505: "bad-request",
  522: "timeout",
  524: "timeout",
};

/** Codes and types that say more than the status beside them. */
const decisive = new Map<string, FailureCause>(
  Object.entries({
    "rate-limit": [
      "rate_limit_error",
      "rate_limit_exceeded",
      "ThrottlingException",
      "TooManyRequestsException",
    ],
    overloaded: ["overloaded_error", "engine_overloaded", "server_is_overloaded", "slow_down"],
    timeout: ["timeout_error"],
    // Who pays, or may not call: nothing but a person's act helps, and no other item fares better.
    auth: [
      ...["authentication_error", "permission_error", "billing_error", "invalid_api_key"],
      ...["insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "account_deactivated"],
      ...["unsupported_country_region_territory", "AccessDeniedException"],
    ],
    "context-too-long": [
      ...["context_length_exceeded", "request_too_large", "string_above_max_length"],
      "exceed_context_size_error",
    ],
    refused: [
      ...["content_filter", "content_policy_violation", "invalid_prompt", "moderation_blocked"],
      "ResponsibleAIPolicyViolation",
    ],
  } satisfies Partial<Record<FailureCause, string[]>>).flatMap(([cause, codes]) =>
    codes.map((code) => [code, cause as FailureCause] as const),
  ),
);

/** Types that count only where no status came with them, as in an event of a stream. */
const withoutStatus: Record<string, FailureCause> = {
  invalid_request_error: "bad-request",
  not_found_error: "bad-request",
  model_not_found: "bad-request",
  api_error: "overloaded",
  server_error: "overloaded",
  internal_server_error: "overloaded",
};

/** What only the wording of a 4xx tells. A service that words it otherwise gives "bad-request", which costs no retry either. */
const byMessage: [RegExp, FailureCause][] = [
  [
    /prompt is too long|context (?:limit|length|window|size)|input (?:is|length|token count)\b.*\b(?:too long|exceed)/i,
    "context-too-long",
  ],
  [/credit balance is too low|reached your specified .*usage limits/i, "auth"],
  [/content (?:filtering|management) policy|flagged as potentially violating/i, "refused"],
];
/** OpenAI's 429 for a request that no waiting makes fit. */
const neverFits = /^(?:429 )?request too large/i;
const messageChars = 1_000;

/** The cause by what a service answered; undefined where this part of an error tells of no answer. */
export function serviceCause(part: unknown): FailureCause | undefined {
  const status = statusOf(part);
  const bodies = bodiesOf(part);
  const codes = bodies.flatMap((body) => [memberOf(body, "code"), memberOf(body, "type")]);
  const messages = bodies.map((body) => memberOf(body, "message")).filter((text) => typeof text === "string");
  const said = (pattern: RegExp) => messages.some((text) => pattern.test(text.slice(0, messageChars)));

  if (status === 429 && said(neverFits)) return "context-too-long";
  for (const code of codes) {
    const cause = typeof code === "string" ? decisive.get(code) : undefined;
    if (cause) return cause;
  }
  const general = codes.find(
    (code): code is string => typeof code === "string" && Object.hasOwn(withoutStatus, code),
  );
  if (status === undefined ? general !== undefined : status < 500 && status !== 429) {
    const worded = byMessage.find(([pattern]) => said(pattern));
    if (worded) return worded[1];
  }
  if (status !== undefined) return byStatus[status] ?? (status >= 500 ? "overloaded" : "bad-request");
  return general === undefined ? undefined : withoutStatus[general];
}

/** The HTTP status of an error answer, from where the SDKs, fetch's Response, axios, got and AWS's SDK keep it. */
function statusOf(part: unknown): number | undefined {
  const response = memberOf(part, "response");
  const candidates = [
    ...[memberOf(part, "status"), memberOf(part, "statusCode")],
    ...[memberOf(response, "status"), memberOf(response, "statusCode")],
    memberOf(memberOf(part, "$metadata"), "httpStatusCode"),
  ];
  return candidates.find(
    (value): value is number => typeof value === "number" && value >= 400 && value <= 599,
  );
}

/** The error itself and the bodies that it carries, innermost first: the innermost names the code. */
function bodiesOf(part: unknown): unknown[] {
  const outer = [
    ...[memberOf(part, "error"), memberOf(part, "data"), memberOf(part, "body")],
    memberOf(memberOf(part, "response"), "data"),
  ];
  const bodies = outer.flatMap((body) => [memberOf(body, "error"), body]);
  return [...bodies, part].filter((body) => body !== null && typeof body === "object");
}
