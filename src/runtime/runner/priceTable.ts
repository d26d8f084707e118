/** The list prices that come with this package: large, so a file of its own (`dist/prices.cjs`), loaded when needed. */
import { calcPrice } from "@pydantic/genai-prices";
import type { CountedTokens } from "./prices.js";

/**
 * US dollars of one call by the list price of today. `not-listed` where the list has no price a token for the model;
 * `not-counted` where it charges for tokens whose number is unknown.
 */
export function listPrice(model: string, tokens: CountedTokens): number | "not-listed" | "not-counted" {
  const amounts = {
    input_tokens: tokens.input ?? 0,
    cache_read_tokens: tokens.cached,
    cache_write_tokens: tokens.written,
    cache_write_1h_tokens: tokens.written1h,
    output_tokens: tokens.output ?? 0,
  };
  // Names that no provider claims may be OpenAI's nevertheless: only `gpt-…` and the like are claimed by it.
  const price = calcPrice(amounts, model) ?? calcPrice(amounts, model, { providerId: "openai" });
  if (!price) return "not-listed";
  const { input_mtok, output_mtok } = price.model_price;
  // Speech is priced by the hour and so on: the list gives 0 for its tokens.
  if (input_mtok === undefined || (output_mtok === undefined && tokens.output)) return "not-listed";
  if (tokens.input === undefined && input_mtok !== 0) return "not-counted";
  if (tokens.output === undefined && output_mtok) return "not-counted";
  return price.total_price;
}
