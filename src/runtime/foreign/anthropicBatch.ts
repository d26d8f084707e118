import { readUsage } from "../usage.js";
import { serviceError } from "./failures.js";
import type { LineKind } from "./kind.js";
import { isMembers, keyIn, measures, type Row, type SourceRow } from "./row.js";

const ends = new Set(["succeeded", "errored", "canceled", "expired"]);

/**
 * Results of Anthropic's Message Batches. Source: `MessageBatchIndividualResponse` of the official SDK
 * (`@anthropic-ai/sdk/resources/messages/batches`): `{ custom_id, result: { type: "succeeded", message } |
 * { type: "errored", error: { type: "error", error: { type, message } } } | { type: "canceled" } | { type: "expired" } }`.
 *
 * What was canceled or expired was never sent; `canceled` is a cause of its own, expired ones are timeouts.
 */
export const anthropicBatch: LineKind = {
  kind: "anthropic-batch",
  begins: ({ custom_id: id, result }) =>
    typeof id === "string" && isMembers(result) && typeof result.type === "string" && ends.has(result.type),
  rowOf,
};

function rowOf(row: SourceRow): Row | undefined {
  const { result } = row.value;
  const item = keyIn(row, ["custom_id"]);
  if (item === undefined || !isMembers(result)) return undefined;
  const { type, message, error } = result;
  const failed = (cause: string, text: string): Row => ({ item, state: "failed", cause, message: text });
  switch (type) {
    case "succeeded": {
      if (!isMembers(message)) return failed("bad-reply", "The row says succeeded and has no message.");
      if (error || message.type === "error")
        return { item, state: "failed", ...serviceError(error ?? message) };
      const took = measures({ ms: undefined, usage: readUsage(message), atMs: undefined });
      if (message.stop_reason === "refusal")
        return { ...failed("refused", "The model refused (stop_reason: refusal)."), ...took };
      return { item, state: "done", result: message, ...took };
    }
    case "errored":
      return { item, state: "failed", ...serviceError(error) };
    case "canceled":
      return failed("canceled", "The batch was canceled before this request was sent.");
    case "expired":
      return failed("timeout", "The batch expired before this request was sent.");
    default:
      return undefined;
  }
}
