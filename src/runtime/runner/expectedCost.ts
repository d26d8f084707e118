import { JobDefinitionError, messageOf } from "../errors.js";
import type { Usage } from "../format/record.js";
import type { DurationSample, JobState } from "../state/jobState.js";
import type { Estimate, JobDefinition } from "./defineJob.js";
import type { PriceList } from "./prices.js";

/** What an item is expected to take: US dollars and tokens; undefined where nothing says. */
export interface ExpectedCost {
  usd?: number;
  tokens?: number;
}

const percentile = 0.95;
/** So many samples are looked at one by one; after them, so many at a time. */
const firstSamples = 16;

/** Says what items are expected to take, by the job's own `estimate`, else by what its items took so far. */
export class CostModel {
  /** How many samples `high` is of. */
  private count = 0;
  private high: ExpectedCost = {};

  constructor(
    private readonly definition: JobDefinition,
    private readonly prices: Pick<PriceList, "priceOf">,
    private readonly state: JobState,
  ) {}

  /** @throws JobDefinitionError AJ_JOB where `estimate` throws */
  async of(item: unknown): Promise<ExpectedCost> {
    return { ...this.seen(), ...(await this.estimateOf(item)) };
  }

  /** By the job's own `estimate` alone. @throws as `of` does */
  async estimateOf(item: unknown): Promise<ExpectedCost> {
    const estimated = this.estimated(item);
    if (!estimated) return {};
    const { inputTokens, outputTokens } = estimated;
    const isCounted = inputTokens !== undefined || outputTokens !== undefined;
    const tokens = isCounted ? (inputTokens ?? 0) + (outputTokens ?? 0) : undefined;
    const usd = estimated.usd ?? (await this.prices.priceOf(this.asUsage(estimated)));
    return { ...(usd !== undefined && { usd }), ...(tokens !== undefined && { tokens }) };
  }

  private estimated(item: unknown): Estimate | undefined {
    let estimate: Estimate | undefined;
    try {
      estimate = this.definition.estimate?.(item);
    } catch (error) {
      throw new JobDefinitionError(`\`estimate\` threw: ${messageOf(error)}. Mend or remove it.`, {
        cause: error,
      });
    }
    // A sum with NaN is never above a budget, which would then hold nothing.
    for (const name of ["inputTokens", "outputTokens", "usd"] as const) {
      const amount: unknown = estimate?.[name];
      if (amount === undefined || (Number.isFinite(amount) && (amount as number) >= 0)) continue;
      throw new JobDefinitionError(
        `\`estimate\` gave ${String(amount)} as \`${name}\`: expected a number of at least 0. Mend or remove it.`,
      );
    }
    return estimate;
  }

  private asUsage({ inputTokens, outputTokens, model }: Estimate): Usage {
    const named = (this.definition.params as { model?: unknown } | null | undefined)?.model;
    const which = model ?? (typeof named === "string" ? named : undefined);
    return {
      inputTokens: inputTokens ?? 0,
      outputTokens: outputTokens ?? 0,
      ...(which !== undefined && { model: which }),
    };
  }

  /** The 95th percentile of what the newest items took. */
  private seen(): ExpectedCost {
    const { durations } = this.state;
    const isNew = this.count > durations.length;
    // The first few tell the most; sorting for each one later would cost more than it tells.
    const isDue = durations.length < firstSamples || durations.length >= this.count + firstSamples;
    if (!isNew && (durations.length === this.count || !isDue)) return this.high;
    this.count = durations.length;
    const samples = [...durations];
    this.high = { ...highOf(samples, "usd"), ...highOf(samples, "tokens") };
    return this.high;
  }
}

function highOf(samples: readonly DurationSample[], unit: "usd" | "tokens"): ExpectedCost {
  const amounts = samples.map((sample) => sample[unit]).filter((amount) => amount !== undefined);
  if (amounts.length === 0) return {};
  return { [unit]: amounts.sort((a, b) => a - b)[Math.ceil(amounts.length * percentile) - 1]! };
}
