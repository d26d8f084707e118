import { readUsage } from "../usage.js";
import { serviceError } from "./failures.js";
import type { LineKind } from "./kind.js";
import { isMembers, keyIn, measures } from "./row.js";

/**
 * Output of Amazon Bedrock's batch inference (`NAME.jsonl.out`). Source: "View the results of a batch inference job",
 * https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html: `{ recordId, modelInput,
 * modelOutput }`, and `error: { errorCode, errorMessage }` in the place of `modelOutput` where the inference failed.
 */
export const bedrockBatch: LineKind = {
  kind: "bedrock-batch",
  begins: (first) =>
    typeof first.recordId === "string" &&
    "modelInput" in first &&
    ("modelOutput" in first || isMembers(first.error)),
  rowOf(row) {
    const { modelOutput, error } = row.value;
    const item = keyIn(row, ["recordId"]);
    if (item === undefined || !("modelOutput" in row.value || "error" in row.value)) return undefined;
    if (error) {
      const status = isMembers(error) ? Number(error.errorCode) : Number.NaN;
      return {
        item,
        state: "failed",
        ...serviceError(error, status >= 400 && status < 600 ? status : undefined),
      };
    }
    if (modelOutput === undefined || modelOutput === null)
      return {
        item,
        state: "failed",
        cause: "bad-reply",
        message: "The record has neither an output nor an error.",
      };
    const took = measures({ ms: undefined, usage: readUsage(modelOutput), atMs: undefined });
    if (isMembers(modelOutput) && modelOutput.stop_reason === "refusal")
      return {
        item,
        state: "failed",
        cause: "refused",
        message: "The model refused (stop_reason: refusal).",
        ...took,
      };
    return { item, state: "done", result: modelOutput, ...took };
  },
};
