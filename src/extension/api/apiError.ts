import type { AgentJobsApiErrorCode } from "./extensionApi.js";

export class AgentJobsApiError extends Error {
  override readonly name = "AgentJobsApiError";
  constructor(
    readonly code: AgentJobsApiErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
