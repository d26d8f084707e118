import type { Usage } from "../format/record.js";

type Figures = Record<string, unknown>;

/**
 * Reads the tokens of a model's response as the SDKs give it, or of `{ model, inputTokens, outputTokens, usd }`.
 * Undefined where it says nothing of tokens or cost.
 *
 * Shapes: Anthropic Messages (`usage.input_tokens`, `cache_read_input_tokens`), OpenAI Chat Completions
 * (`usage.prompt_tokens`, `prompt_tokens_details.cached_tokens`) and Responses (`usage.input_tokens`,
 * `input_tokens_details.cached_tokens`).
 */
export function readUsage(reply: unknown): Usage | undefined {
  if (reply === null || typeof reply !== "object") return undefined;
  const outer = reply as Figures;
  const inner = (typeof outer.usage === "object" && outer.usage !== null ? outer.usage : outer) as Figures;
  const input = figure(inner.inputTokens, inner.input_tokens, inner.prompt_tokens);
  const output = figure(inner.outputTokens, inner.output_tokens, inner.completion_tokens);
  const details = (inner.prompt_tokens_details ?? inner.input_tokens_details ?? {}) as Figures;
  const cached = figure(inner.cachedTokens, inner.cache_read_input_tokens, details.cached_tokens);
  const usd = figure(inner.usd, outer.usd);
  if (input === undefined && output === undefined && usd === undefined) return undefined;
  const model = typeof outer.model === "string" ? outer.model : undefined;
  return {
    ...(input !== undefined && { inputTokens: input }),
    ...(output !== undefined && { outputTokens: output }),
    ...(cached !== undefined && { cachedTokens: cached }),
    ...(usd !== undefined && { usd }),
    ...(model !== undefined && { model }),
  };
}

/** The sum of two usages; the model is the latest that was named. */
export function addUsages(a: Usage | undefined, b: Usage): Usage {
  const sum: Usage = { ...a, ...(b.model !== undefined && { model: b.model }), calls: (a?.calls ?? 0) + 1 };
  for (const name of ["inputTokens", "outputTokens", "cachedTokens", "usd"] as const)
    if (b[name] !== undefined) sum[name] = (a?.[name] ?? 0) + b[name];
  return sum;
}

function figure(...candidates: unknown[]): number | undefined {
  return candidates.find(
    (value): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0,
  );
}
