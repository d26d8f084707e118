import { AgentJobsError, memberOf, systemCodeOf } from "../errors.js";
import type { FailureCause } from "../failureCause.js";
import { serviceCause } from "../serviceErrors.js";
import { classNamesOf, errorsIn } from "./errorParts.js";

const causes: Record<FailureCause, true> = {
  ...{ "rate-limit": true, overloaded: true, timeout: true, network: true, auth: true, "bad-request": true },
  ...{ "context-too-long": true, refused: true, "bad-reply": true, "worker-died": true, budget: true },
  ...{ bug: true, other: true },
};

/** System codes by what they begin with, the longest first; Node's, undici's and axios's. */
const bySystemCode: [RegExp, FailureCause][] = [
  [/^(?:ETIMEDOUT|ESOCKETTIMEDOUT|ETIMEOUT|UND_ERR_\w+_TIMEOUT|UND_ERR_ABORTED|ERR_\w*TIMEOUT)$/, "timeout"],
  [/^(?:ECONN\w+|EHOST\w+|ENET\w+|EPIPE|EPROTO|EADDRNOTAVAIL|ENOTFOUND|EAI_\w+|ENODATA)$/, "network"],
  [/^(?:UND_ERR_(?:SOCKET|CLOSED|DESTROYED)|ERR_NETWORK|ERR_STREAM_PREMATURE_CLOSE|HPE_\w+)$/, "network"],
  [/^(?:ERR_(?:TLS|SSL|HTTP2)_\w+|CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+)$/, "network"],
];

/** Classes by name, for errors that carry neither a status nor a code. The SDKs are recognised without being there. */
const byClass: [RegExp, FailureCause][] = [
  [/Timeout(?:Error|Exception)?$|^(?:APIUser)?AbortError$/, "timeout"],
  [/^(?:APIConnectionError|FetchError|SocketError)$/, "network"],
  [/^RateLimitError$/, "rate-limit"],
  [/^(?:OverloadedError|InternalServerError|ServiceUnavailableError)$/, "overloaded"],
  [/^(?:AuthenticationError|PermissionDeniedError|PaymentRequiredError)$/, "auth"],
  [/^ContentTooLargeError$/, "context-too-long"],
  [/^(?:BadRequestError|UnprocessableEntityError)$/, "bad-request"],
  [/^ContentFilterFinishReasonError$/, "refused"],
  [
    /^(?:LengthFinishReasonError|ZodError|ValiError|AI_(?:JSONParse|TypeValidation|NoObjectGenerated)Error)$/,
    "bad-reply",
  ],
  [/^(?:TypeError|ReferenceError|RangeError|SyntaxError)$/, "bug"],
];

/**
 * What the official SDKs say, by errors without a class of their own, of a streamed reply that ends too soon or lacks a
 * part, and of one that does not fit its schema.
 */
const brokenReply =
  /^(?:Failed to parse structured output|(?:stream|request) ended without |missing (?:[\w.]+ for choice |choices\[|message in |(?:output|content) at index )|Unexpected event order, |Unable to parse tool parameter JSON )/;

/**
 * Tells the cause of anything that was thrown, from what it says itself (`failureCause`), what the service answered
 * (HTTP status, `error.type`, `error.code`), the system's codes, and the names of the official SDKs' classes. Looks
 * through causes and AggregateErrors. Never throws, whatever it is given; "other" where nothing tells.
 */
export function causeOf(error: unknown): FailureCause {
  const parts = errorsIn(error);
  for (const part of parts) {
    const cause = declaredCause(part) ?? serviceCause(part) ?? systemCause(part);
    if (cause) return cause;
  }
  // The innermost knows best: "Connection error." says less than the abort or the mistake that it wraps.
  for (const part of parts.reverse()) {
    const cause = replyCause(part) ?? classCause(part);
    if (cause) return cause;
  }
  return "other";
}

/** The cause of what an attempt threw: as `causeOf`, but a worker's own word for it stands. */
export function causeIn(error: unknown): string {
  const own = memberOf(error, "failureCause");
  return typeof own === "string" && own !== "" ? own : causeOf(error);
}

/** Errors that no other item would escape either. */
export function isFatal(error: unknown): boolean {
  try {
    return error instanceof AgentJobsError && !failsItsItemAlone.has(error.code);
  } catch {
    return false; // a revoked proxy
  }
}

const failsItsItemAlone: ReadonlySet<string> = new Set([
  "AJ_RESULT",
  "AJ_REFUSED",
  "AJ_BAD_REPLY",
  "AJ_BUDGET",
  "AJ_DEADLINE",
  "AJ_ITEMS_FAILED",
]);

function declaredCause(part: unknown): FailureCause | undefined {
  const own = memberOf(part, "failureCause");
  if (typeof own === "string" && Object.hasOwn(causes, own)) return own as FailureCause;
  const code = memberOf(part, "code");
  if (code === "AJ_DEADLINE") return "timeout";
  return code === "AJ_RESULT" ? "bad-reply" : undefined;
}

function systemCause(part: unknown): FailureCause | undefined {
  const code = systemCodeOf(part);
  return code === undefined ? undefined : bySystemCode.find(([pattern]) => pattern.test(code))?.[1];
}

/** `JSON.parse` of a reply, whoever called it, and the SDKs' own checks. Other SyntaxErrors come from code. */
function replyCause(part: unknown): FailureCause | undefined {
  const message = memberOf(part, "message");
  if (typeof message !== "string") return undefined;
  const isJson = memberOf(part, "name") === "SyntaxError" && message.includes("JSON");
  return isJson || brokenReply.test(message) ? "bad-reply" : undefined;
}

function classCause(part: unknown): FailureCause | undefined {
  const message = memberOf(part, "message");
  // What `fetch` throws where it got no answer, or only a part of one.
  if (message === "fetch failed" || message === "terminated") return "network";
  for (const name of classNamesOf(part)) {
    const cause = byClass.find(([pattern]) => pattern.test(name))?.[1];
    if (cause) return cause;
  }
  return undefined;
}
