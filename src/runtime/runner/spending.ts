import type { Usage } from "../format/record.js";
import type { JobState } from "../state/jobState.js";
import { type Admission, Budget } from "./budget.js";
import type { JobDefinition } from "./defineJob.js";
import { CostModel, type ExpectedCost } from "./expectedCost.js";
import { PriceList } from "./prices.js";

/** What a run spends: prices, budgets, and what items are expected to take. */
export class Spending {
  readonly prices: PriceList;
  /** In this run. */
  usd = 0;
  tokens = 0;
  unpricedCalls = 0;
  private readonly budgets: Budget[] = [];
  private readonly costs: CostModel;

  /** @param onUnknown is told of each model whose price nobody knows */
  constructor(definition: JobDefinition, state: JobState, onUnknown: (model: string) => void) {
    this.prices = new PriceList(definition.prices ?? {}, onUnknown);
    this.costs = new CostModel(definition, this.prices, state);
    const { usd, tokens } = definition.budget ?? {};
    const { usage } = state;
    const before = (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
    if (usd !== undefined) this.budgets.push(new Budget("usd", usd, usage.usd ?? 0));
    if (tokens !== undefined) this.budgets.push(new Budget("tokens", tokens, before));
  }

  get hasBudget(): boolean {
    return this.budgets.length > 0;
  }

  get hasUsdBudget(): boolean {
    return this.budgets.some(({ unit }) => unit === "usd");
  }

  expect(item: unknown): Promise<ExpectedCost> {
    return this.costs.of(item);
  }

  /**
   * Whether all budgets admit an attempt; only then it is reserved in each.
   * @param attempt any object that is its own: the next attempt at the same item may be admitted before it is released
   */
  admit(attempt: object, expected: ExpectedCost): Admission {
    const taken: Budget[] = [];
    for (const budget of this.budgets) {
      const admission = budget.admit(attempt, expected[budget.unit]);
      if (admission !== "now") {
        for (const other of taken) other.release(attempt, 0);
        return admission;
      }
      taken.push(budget);
    }
    return "now";
  }

  spend(attempt: object, usage: Usage): void {
    const tokens = (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
    this.tokens += tokens;
    this.usd += usage.usd ?? 0;
    if (usage.usd === undefined && tokens > 0) this.unpricedCalls++;
    for (const budget of this.budgets)
      budget.spend(attempt, budget.unit === "usd" ? (usage.usd ?? 0) : tokens);
  }

  /** An attempt has ended, having taken so much. */
  release(attempt: object, used: Usage | undefined): void {
    const tokens = (used?.inputTokens ?? 0) + (used?.outputTokens ?? 0);
    for (const budget of this.budgets)
      budget.release(attempt, budget.unit === "usd" ? (used?.usd ?? 0) : tokens);
  }

  /** Why no request may be sent any more; undefined where one may. */
  refusal(): string | undefined {
    const spent = this.budgets.find((budget) => budget.isSpent);
    return (
      spent &&
      `the budget of ${amountText(spent.unit, spent.limit)} is spent. Raise \`budget\`, then run again.`
    );
  }

  /** How the budgets stand, for a person. */
  budgetText(): string {
    return this.budgets
      .map(({ unit, spent, limit }) => `${amountText(unit, spent)} of ${amountText(unit, limit)}`)
      .join(", ");
  }

  /** By how much items in flight may still pass the budgets, judging by the dearest item so far. */
  overshootText(): string {
    return this.budgets.map(({ unit, mayOvershootBy }) => amountText(unit, mayOvershootBy)).join(", ");
  }
}

function amountText(unit: Budget["unit"], amount: number): string {
  if (unit === "tokens") return `${Math.round(amount)} tokens`;
  return `$${amount === 0 || amount >= 0.1 ? amount.toFixed(2) : Number(amount.toPrecision(2))}`;
}

/** What to do about a model without a price, and what follows from it. */
export function unknownPrice(model: string, hasUsdBudget: boolean): string {
  const what = `No price is known for the model ${model}`;
  const next = `Give it in \`prices: { ${JSON.stringify(model)}: { inputPerMillion, outputPerMillion } }\``;
  return hasUsdBudget
    ? `${what}, so the budget cannot be held. ${next}, or remove the budget, then run again.`
    : `${what}: what its calls cost is not counted. ${next}.`;
}
