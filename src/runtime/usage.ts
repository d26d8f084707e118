import { summedUsage, type Usage } from "./format/record.js";

type Figures = Record<string, unknown>;

/**
 * Reads what a model's reply says of tokens and cost, in the meaning of `Usage`: input tokens are all of them.
 * Undefined where it says nothing of either.
 *
 * Read are, as the SDKs give them:
 * - Anthropic Messages, and a stream's `finalMessage()`: `input_tokens` is without `cache_read_input_tokens` and
 *   `cache_creation_input_tokens`, so they are added (https://docs.anthropic.com/en/api/messages);
 * - OpenAI Chat Completions, embeddings, and a stream's last chunk (`stream_options.include_usage`): `prompt_tokens` is
 *   with `cached_tokens`, `completion_tokens` with reasoning (https://platform.openai.com/docs/api-reference/chat);
 * - OpenAI Responses, and a stream's `response.completed`: `input_tokens` is with `cached_tokens`, as said by
 *   `input_tokens_details`;
 * - `{ model, inputTokens, outputTokens, cachedTokens, cacheWriteTokens, usd }` of one's own. Parts that are more than
 *   the whole were counted beside it, and are added to it.
 */
export function readUsage(reply: unknown): Usage | undefined {
  if (!isObject(reply)) return undefined;
  const isEvent = typeof reply.type === "string" && reply.type.startsWith("response.");
  const outer = isEvent && isObject(reply.response) ? reply.response : reply;
  const inner = isObject(outer.usage) ? outer.usage : outer;
  const usage: Usage = {};
  readInput(usage, inner);
  put(usage, "outputTokens", figure(inner.outputTokens, inner.output_tokens, inner.completion_tokens));
  put(usage, "usd", figure(inner.usd, outer.usd));
  if (usage.inputTokens === undefined && usage.outputTokens === undefined && usage.usd === undefined)
    return undefined;
  const model = [outer.model, inner.model].find((name) => typeof name === "string" && name !== "");
  if (model !== undefined) usage.model = model as string;
  return usage;
}

function readInput(usage: Usage, figures: Figures): void {
  const details = [figures.prompt_tokens_details, figures.input_tokens_details].find(isObject) ?? {};
  const lifetimes = isObject(figures.cache_creation) ? figures.cache_creation : {};
  const cached = figure(figures.cachedTokens, figures.cache_read_input_tokens, details.cached_tokens);
  const written = figure(
    figures.cacheWriteTokens,
    figures.cache_creation_input_tokens,
    details.cache_write_tokens,
  );
  const parts = (cached ?? 0) + (written ?? 0);
  const own = figure(figures.inputTokens, figures.prompt_tokens);
  const anthropic = figure(figures.cache_read_input_tokens, figures.cache_creation_input_tokens);
  let input = own ?? figure(figures.input_tokens);
  const isBeside = own === undefined && anthropic !== undefined;
  if (input !== undefined && (isBeside || parts > input)) input += parts;
  put(usage, "inputTokens", input);
  if (input === undefined) return; // parts of an unknown whole
  put(usage, "cachedTokens", cached);
  put(usage, "cacheWriteTokens", written);
  const hour = figure(figures.cacheWrite1hTokens, lifetimes.ephemeral_1h_input_tokens);
  if (hour !== undefined && hour > 0 && hour <= (written ?? 0)) usage.cacheWrite1hTokens = hour;
}

/** The sum of two usages; the model is the latest that was named. */
export function addUsages(a: Usage | undefined, b: Usage): Usage {
  const sum: Usage = { ...a, ...(b.model !== undefined && { model: b.model }) };
  sum.calls = (a?.calls ?? 0) + (b.calls ?? 1);
  for (const name of summedUsage) if (b[name] !== undefined) sum[name] = (a?.[name] ?? 0) + b[name];
  return sum;
}

function put(usage: Usage, name: (typeof summedUsage)[number], amount: number | undefined): void {
  if (amount !== undefined) usage[name] = amount;
}

function isObject(value: unknown): value is Figures {
  return typeof value === "object" && value !== null;
}

/** The first that is an amount. */
function figure(...candidates: unknown[]): number | undefined {
  return candidates.find(
    (value): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0,
  );
}
