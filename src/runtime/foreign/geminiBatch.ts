import type { Usage } from "../format/record.js";
import { serviceError, textError } from "./failures.js";
import type { LineKind } from "./kind.js";
import {
  amountOf,
  isMembers,
  keyIn,
  type Members,
  measures,
  msOfDate,
  type Row,
  type SourceRow,
} from "./row.js";

/**
 * Results of the Gemini API's batch mode, and of Vertex AI's where its requests had a `key`. Sources:
 * https://ai.google.dev/gemini-api/docs/batch-api (each line is the request's `key` with a `GenerateContentResponse` as
 * `response`, or a status object as `error`), and
 * https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-from-cloud-storage (`status` holds
 * the error of a row that failed, and is empty for the others; `processed_time`).
 *
 * A reply without a candidate, or whose candidates were all stopped by a filter, is refused.
 */
export const geminiBatch: LineKind = {
  kind: "gemini-batch",
  begins: (first) =>
    (typeof first.key === "string" || typeof first.key === "number") &&
    ((isMembers(first.response) && ("candidates" in first.response || "usageMetadata" in first.response)) ||
      (isMembers(first.error) && typeof first.error.code === "number")),
  rowOf,
};

/** Codes of google.rpc.Status by what HTTP would say. */
const httpOf: Record<number, number> = {
  3: 400,
  4: 504,
  5: 404,
  7: 403,
  8: 429,
  9: 400,
  13: 500,
  14: 503,
  16: 401,
};
const filters = new Set(["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"]);

function rowOf(row: SourceRow): Row | undefined {
  const { response, error, status, processed_time: time } = row.value;
  const item = keyIn(row, ["key"]);
  if (item === undefined || !("response" in row.value || "error" in row.value || "status" in row.value))
    return undefined;
  const reply: Members = isMembers(response) ? response : {};
  const took = measures({ ms: undefined, usage: usageOf(reply), atMs: msOfDate(time) });
  if (error) {
    const code = isMembers(error) && typeof error.code === "number" ? error.code : undefined;
    const http = code === undefined || code >= 400 ? code : httpOf[code];
    const told = isMembers(error) ? { message: error.message, status: error.status } : error;
    return { item, state: "failed", ...serviceError(told, http), ...took };
  }
  if (typeof status === "string" && status !== "")
    return { item, state: "failed", ...textError(status), ...took };
  const failed = (cause: string, message: string): Row => ({
    item,
    state: "failed",
    cause,
    message,
    ...took,
  });
  const candidates = Array.isArray(reply.candidates) ? reply.candidates.filter(isMembers) : [];
  const { promptFeedback: feedback } = reply;
  if (isMembers(feedback) && typeof feedback.blockReason === "string")
    return failed("refused", `The prompt was blocked (${feedback.blockReason}).`);
  if (candidates.length === 0) return failed("bad-reply", "The row has neither a candidate nor an error.");
  const reasons = candidates.map(({ finishReason }) => finishReason);
  if (reasons.every((reason) => typeof reason === "string" && filters.has(reason)))
    return failed("refused", `A filter stopped the reply (${reasons[0]}).`);
  return { item, state: "done", result: response, ...took };
}

function usageOf({ usageMetadata, modelVersion }: Members): Usage | undefined {
  if (!isMembers(usageMetadata)) return undefined;
  const inputTokens = amountOf(usageMetadata.promptTokenCount);
  const thought = amountOf(usageMetadata.thoughtsTokenCount) ?? 0;
  const output = amountOf(usageMetadata.candidatesTokenCount);
  const cachedTokens = amountOf(usageMetadata.cachedContentTokenCount);
  if (inputTokens === undefined && output === undefined) return undefined;
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(output !== undefined && { outputTokens: output + thought }),
    ...(cachedTokens !== undefined && { cachedTokens }),
    ...(typeof modelVersion === "string" && { model: modelVersion }),
  };
}
