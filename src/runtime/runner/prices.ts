import type { Usage } from "../format/record.js";

/** What a model costs, in US dollars for a million tokens. */
export interface ModelPrice {
  /** Input that is neither read from a cache nor written to one. */
  inputPerMillion: number;
  /** Output, with what the model thought. */
  outputPerMillion: number;
  /** Input read from a cache; default `inputPerMillion`. */
  cachedPerMillion?: number;
  /** Input written to a cache; default `inputPerMillion`. */
  cacheWritePerMillion?: number;
  /** Input written to a cache for an hour; default `cacheWritePerMillion`. */
  cacheWrite1hPerMillion?: number;
}

/** Prices by the exact name that replies give the model: often with a date, as in `gpt-4o-2024-08-06`. */
export type Prices = Readonly<Record<string, ModelPrice>>;

/** The tokens of one call: `cached` and `written` are parts of `input`, `written1h` is one of `written`. */
export interface CountedTokens {
  input: number | undefined;
  cached: number;
  written: number;
  written1h: number;
  output: number | undefined;
}

/**
 * What calls cost: as the usage itself says (`usd`), else by the prices given here, else by the list prices of
 * `@pydantic/genai-prices`, which are loaded when one is first asked for. A usage names no provider, so the list is
 * searched by the model alone. It has the prices of text at the standard tier: audio, images, searches of the web,
 * batches and faster tiers are not told apart.
 *
 * Prices are of one call: some models charge more for each token of a long one, so sum prices rather than tokens.
 */
export class PriceList {
  private readonly overrides: ReadonlyMap<string, ModelPrice>;
  private readonly unknown = new Set<string>();
  private table: typeof import("./priceTable.js") | undefined;
  private loading: Promise<void> | undefined;

  /**
   * @param overrides prices that count before the list's, for other contracts and models that it does not have
   * @param onUnknown is told of each model without a price, once
   * @throws RangeError for a price that is no number of at least 0
   */
  constructor(
    overrides: Prices = {},
    private readonly onUnknown: (model: string) => void = () => {},
  ) {
    this.overrides = new Map(
      Object.entries(overrides).map(([model, price]) => [model, checked(model, price)]),
    );
  }

  /** The models that were asked for and have no price. */
  get unknownModels(): ReadonlySet<string> {
    return this.unknown;
  }

  /** US dollars of one call; undefined, never a guess, for an unknown model or where tokens were not counted. */
  async priceOf(usage: Usage): Promise<number | undefined> {
    if (this.needsTable(usage)) await this.load();
    return this.priceNow(usage);
  }

  /** Loads the list prices, once, for `priceNow`. */
  load(): Promise<void> {
    this.loading ??= import("./priceTable.js").then((table) => {
      this.table = table;
    });
    return this.loading;
  }

  /**
   * `priceOf` without waiting.
   * @throws TypeError where the list prices are needed and `load()` has not ended
   */
  priceNow(usage: Usage): number | undefined {
    if (usage.usd !== undefined) return usage.usd;
    const { model } = usage;
    const tokens = tokensOf(usage);
    if (model === undefined || !tokens) return undefined;
    const override = this.overrides.get(model);
    if (override) return priceBy(override, tokens);
    if (!this.table) throw new TypeError(`Expected load() to have ended before ${model} is looked up.`);
    const price = this.table.listPrice(model, tokens);
    if (price === "not-listed") this.tell(model);
    return typeof price === "number" ? price : undefined;
  }

  private needsTable(usage: Usage): boolean {
    return usage.usd === undefined && usage.model !== undefined && !this.overrides.has(usage.model);
  }

  private tell(model: string): void {
    if (this.unknown.has(model)) return;
    this.unknown.add(model);
    this.onUnknown(model);
  }
}

function checked(model: string, price: ModelPrice): ModelPrice {
  const { inputPerMillion, outputPerMillion, ...optional } = price;
  const members = { inputPerMillion, outputPerMillion, ...optional };
  for (const [name, value] of Object.entries(members)) {
    const isOptional = !(name === "inputPerMillion" || name === "outputPerMillion");
    if (isOptional && value === undefined) continue;
    if (!isAmount(value))
      throw new RangeError(
        `Expected ${name} of ${JSON.stringify(model)} to be US dollars of at least 0, got ${String(value)}.`,
      );
  }
  return members;
}

/** Undefined where there are none, or a figure is none. The parts of the input are kept within it. */
function tokensOf(usage: Usage): CountedTokens | undefined {
  const { inputTokens: input, outputTokens: output } = usage;
  const { cachedTokens = 0, cacheWriteTokens = 0, cacheWrite1hTokens = 0 } = usage;
  if (input === undefined && output === undefined) return undefined;
  const figures = [input ?? 0, output ?? 0, cachedTokens, cacheWriteTokens, cacheWrite1hTokens];
  if (!figures.every(isAmount)) return undefined;
  const cached = Math.min(cachedTokens, input ?? 0);
  const written = Math.min(cacheWriteTokens, (input ?? 0) - cached);
  return { input, cached, written, written1h: Math.min(cacheWrite1hTokens, written), output };
}

function priceBy(price: ModelPrice, tokens: CountedTokens): number | undefined {
  const { inputPerMillion, outputPerMillion } = price;
  const { cachedPerMillion = inputPerMillion, cacheWritePerMillion = inputPerMillion } = price;
  const { cacheWrite1hPerMillion = cacheWritePerMillion } = price;
  const { input, cached, written, written1h, output } = tokens;
  // What was not counted has no price, unless it is free.
  if (input === undefined && inputPerMillion > 0) return undefined;
  if (output === undefined && outputPerMillion > 0) return undefined;
  const microDollars =
    ((input ?? 0) - cached - written) * inputPerMillion +
    cached * cachedPerMillion +
    (written - written1h) * cacheWritePerMillion +
    written1h * cacheWrite1hPerMillion +
    (output ?? 0) * outputPerMillion;
  return microDollars / 1e6;
}

const isAmount = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;
