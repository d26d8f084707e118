import {
  AgentJobsError,
  CheckpointWriteError,
  DeadlineError,
  JobDefinitionError,
  systemCodeOf,
} from "../errors.js";

/** Why an attempt failed, in the terms by which failures are grouped and retried. */
export type FailureCause =
  | "rate-limit"
  | "overloaded"
  | "timeout"
  | "network"
  | "auth"
  | "bad-request"
  | "bad-reply"
  | "worker-died"
  | "bug"
  | "other";

const byStatus: Record<number, FailureCause> = {
  400: "bad-request",
  401: "auth",
  403: "auth",
  404: "bad-request",
  408: "timeout",
  413: "bad-request",
  422: "bad-request",
  429: "rate-limit",
  503: "overloaded",
  504: "timeout",
  529: "overloaded",
};
const networkCodes = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_SOCKET",
]);
const timeoutCodes = new Set([
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);

/** Tells the cause of anything that `process` threw, from HTTP status, system code, and class. */
export function causeOf(error: unknown): FailureCause {
  for (let current: unknown = error, depth = 0; current && depth < 5; depth++) {
    const { status, statusCode, name } = current as {
      status?: unknown;
      statusCode?: unknown;
      name?: unknown;
    };
    const http =
      typeof status === "number" ? status : typeof statusCode === "number" ? statusCode : undefined;
    if (http !== undefined && http >= 400)
      return byStatus[http] ?? (http >= 500 ? "overloaded" : "bad-request");
    const code = systemCodeOf(current) ?? "";
    if (networkCodes.has(code)) return "network";
    if (timeoutCodes.has(code) || name === "TimeoutError") return "timeout";
    current = (current as { cause?: unknown }).cause;
  }
  // What `fetch` throws where it got no response at all.
  if (error instanceof TypeError && error.message === "fetch failed") return "network";
  const isBug = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return isBug ? "bug" : "other";
}

/** The cause of what an attempt threw. */
export function causeIn(error: unknown): string {
  if (error instanceof AgentJobsError && error.code === "AJ_RESULT") return "bad-reply";
  if (error instanceof DeadlineError) return "timeout";
  return (error as { failureCause?: string } | null)?.failureCause ?? causeOf(error);
}

/** Errors that no other item would escape either. */
export function isFatal(error: unknown): boolean {
  return (
    error instanceof CheckpointWriteError ||
    error instanceof JobDefinitionError ||
    (error instanceof AgentJobsError && error.code !== "AJ_RESULT" && !(error instanceof DeadlineError))
  );
}
