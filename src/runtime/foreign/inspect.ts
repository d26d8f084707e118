import { type ItemKey, idText, keyOf } from "../format/itemId.js";
import type { Usage } from "../format/record.js";
import { addUsages } from "../usage.js";
import { textError } from "./failures.js";
import type { DocumentKind } from "./kind.js";
import {
  amountOf,
  isMembers,
  keyIn,
  type Members,
  measures,
  msOfDate,
  type Row,
  type SourceRow,
  valueAt,
} from "./row.js";

const statuses = new Set(["started", "success", "cancelled", "error"]);

/**
 * Logs of Inspect (UK AI Security Institute) in its JSON format; `.eval` logs are archives, and `inspect log convert`
 * makes these of them. Source: `EvalLog` and `EvalSample` in inspect_ai's `src/inspect_ai/log/_log.py`.
 *
 * A sample is named by its id and, where the evaluation has several epochs, the epoch: `q7 (epoch 2)`. Done is what ended
 * without an error and was not invalidated, whatever its score: a wrong answer is what an evaluation measures. One
 * that reached a limit of tokens, time or messages is done, since Inspect scores it.
 */
export const inspect: DocumentKind = {
  kind: "inspect",
  begins: ({ version, status, eval: spec }) =>
    typeof version === "number" &&
    typeof status === "string" &&
    statuses.has(status) &&
    isMembers(spec) &&
    typeof spec.task === "string",
  rows: ["samples"],
  members: [["status"], ["eval"], ["results"]],
  rowOf,
  totalOf(header) {
    const [results, spec] = [header.get("results"), header.get("eval")];
    const told = isMembers(results) ? amountOf(results.total_samples) : undefined;
    if (told) return told;
    const dataset = isMembers(spec) && isMembers(spec.dataset) ? spec.dataset : {};
    const ids = Array.isArray(dataset.sample_ids) ? dataset.sample_ids.length : 0;
    return ids > 0 ? ids * epochsOf(header) : null;
  },
};

function epochsOf(header: ReadonlyMap<string, unknown>): number {
  const spec = header.get("eval");
  const config = isMembers(spec) && isMembers(spec.config) ? spec.config : {};
  return Number.isSafeInteger(config.epochs) && (config.epochs as number) > 0 ? (config.epochs as number) : 1;
}

function rowOf(row: SourceRow, header: ReadonlyMap<string, unknown>): Row | undefined {
  const { value } = row;
  const id = keyIn(row, ["id"]);
  if (id === undefined) return undefined;
  const item = withEpoch(id, value.epoch, epochsOf(header));
  const { error, invalidation, output, scores, total_time: seconds } = value;
  const totalMs = amountOf(seconds);
  const took = measures({
    ms: totalMs === undefined ? undefined : Math.round(totalMs * 1000),
    usage: usageOf(value),
    atMs: msOfDate(value.completed_at),
  });
  if (error) {
    const text =
      isMembers(error) && typeof error.message === "string" ? error.message : JSON.stringify(error);
    return { item, state: "failed", ...textError(text), ...took };
  }
  if (invalidation)
    return { item, state: "failed", cause: "other", message: "The sample was invalidated.", ...took };
  // Older logs have the completion only where the model's message has it.
  const completion =
    valueAt(output, ["completion"]) ?? valueAt(output, ["choices", "0", "message", "content"]);
  return {
    item,
    state: "done",
    result: { output: completion ?? output ?? null, scores: scores ?? null },
    ...took,
  };
}

function withEpoch(id: ItemKey, epoch: unknown, epochs: number): ItemKey {
  if (!Number.isInteger(epoch) || (epochs === 1 && epoch === 1)) return id;
  return keyOf(`${idText(id)} (epoch ${epoch})`);
}

/** By model. Whether `input_tokens` is with what came from and went to a cache depends on the provider: `total_tokens` tells. */
function usageOf({ model_usage: byModel }: Members): Usage | undefined {
  let sum: Usage | undefined;
  for (const [model, figures] of Object.entries(isMembers(byModel) ? byModel : {})) {
    if (!isMembers(figures)) continue;
    const [input, output, read, written, usd] = [
      ...[figures.input_tokens, figures.output_tokens, figures.input_tokens_cache_read],
      ...[figures.input_tokens_cache_write, figures.total_cost],
    ].map(amountOf);
    const cache = (read ?? 0) + (written ?? 0);
    const isBeside = (amountOf(figures.total_tokens) ?? 0) >= (input ?? 0) + (output ?? 0) + cache;
    sum = addUsages(sum, {
      model,
      ...(input !== undefined && { inputTokens: isBeside ? input + cache : input }),
      ...(output !== undefined && { outputTokens: output }),
      ...(read !== undefined && { cachedTokens: read }),
      ...(written !== undefined && { cacheWriteTokens: written }),
      ...(usd !== undefined && { usd }),
    });
  }
  return sum;
}
