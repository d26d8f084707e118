import { type ItemKey, keyOf } from "../format/itemId.js";
import type { Usage } from "../format/record.js";
import { shortened, textError } from "./failures.js";
import type { DocumentKind, LineKind } from "./kind.js";
import { amountOf, isMembers, type Members, measures, type Row, type SourceRow } from "./row.js";

/** `ResultFailureReason` of promptfoo: what makes a result that is no success. */
const byAssertion = 1;

/**
 * What `promptfoo eval -o results.json` writes; fixtures were made with promptfoo 0.123.1. A result is named by its
 * test, its column (each prompt of each provider has one) and the provider's label, all counted from 0 as in the file:
 * `1/2/large`. Its `id` there is a random number.
 *
 * Done is what passed. A failed assertion is a reply that came and cannot be used, `bad-reply`; an error of the provider
 * has its own cause. Neither counts as done, as in promptfoo's own summary.
 */
export const promptfoo: DocumentKind = {
  kind: "promptfoo",
  begins: ({ results, evalId, config }) =>
    isMembers(results) &&
    (typeof results.version === "number" || Array.isArray(results.results)) &&
    (typeof evalId === "string" || evalId === null || isMembers(config) || Array.isArray(results.prompts)),
  rows: ["results", "results"],
  members: [["results", "stats"]],
  rowOf,
  totalOf(header) {
    const stats = header.get("results.stats");
    if (!isMembers(stats)) return null;
    const counts = [stats.successes, stats.failures, stats.errors ?? 0].map(amountOf);
    return counts.reduce<number>((sum, count) => sum + (count ?? Number.NaN), 0) || null;
  },
};

/** What `promptfoo eval -o results.jsonl` writes: the same results, one a line, as they come. */
export const promptfooLines: LineKind = {
  kind: "promptfoo-jsonl",
  begins: (first) =>
    Number.isInteger(first.testIdx) &&
    Number.isInteger(first.promptIdx) &&
    typeof first.success === "boolean",
  rowOf: (row) => rowOf(row),
};

function rowOf({ value }: SourceRow): Row | undefined {
  const item = idOf(value);
  if (item === undefined) return undefined;
  const { success, failureReason, error, response, gradingResult } = value;
  const took = measures({ ms: amountOf(value.latencyMs), usage: usageOf(value), atMs: undefined });
  const reply: Members = isMembers(response) ? response : {};
  const told = [error, reply.error].find((text) => typeof text === "string" && text !== "") as
    | string
    | undefined;
  if (success === true && told === undefined && (failureReason ?? 0) === 0)
    return { item, state: "done", result: "output" in reply ? reply.output : (response ?? null), ...took };
  const reason = isMembers(gradingResult) ? gradingResult.reason : undefined;
  const isGraded =
    failureReason === undefined ? reason !== undefined && !reply.error : failureReason === byAssertion;
  if (isGraded) {
    const message = told ?? (typeof reason === "string" ? reason : "An assertion failed.");
    return { item, state: "failed", cause: "bad-reply", message: shortened(message), ...took };
  }
  return {
    item,
    state: "failed",
    ...textError(told ?? "The result is no success, and says no error."),
    ...took,
  };
}

function idOf({ testIdx, promptIdx, provider, id }: Members): ItemKey | undefined {
  if (!Number.isInteger(testIdx) || !Number.isInteger(promptIdx))
    return typeof id === "string" && id !== "" ? keyOf(id) : undefined;
  const name = isMembers(provider) ? provider.label || provider.id : provider;
  return keyOf(`${testIdx}/${promptIdx}${typeof name === "string" && name !== "" ? `/${name}` : ""}`);
}

function usageOf({ tokenUsage, cost }: Members): Usage | undefined {
  const tokens: Members = isMembers(tokenUsage) ? tokenUsage : {};
  const [input, output, usd] = [tokens.prompt, tokens.completion, cost].map(amountOf);
  if (input === undefined && output === undefined && usd === undefined) return undefined;
  return {
    ...(input !== undefined && { inputTokens: input }),
    ...(output !== undefined && { outputTokens: output }),
    ...(usd !== undefined && { usd }),
  };
}
