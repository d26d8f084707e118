import type { ItemKey } from "../format/itemId.js";

/** Whether an item may begin: now, once another has ended, or not at all within the budget. */
export type Admission = "now" | "later" | "never";

/**
 * A limit on what a job spends, held by admission: what is spent, what items in flight are expected to take, and what
 * the next one is expected to take must not pass it together. One sum; US dollars or tokens.
 */
export class Budget {
  private readonly reserved = new Map<ItemKey, number>();
  /** An item of which nobody knows what it takes runs alone. */
  private alone: ItemKey | undefined;
  private dearest = 0;

  /**
   * @param limit of the whole job, all runs
   * @param spent by earlier runs
   */
  constructor(
    readonly unit: "usd" | "tokens",
    readonly limit: number,
    public spent: number,
  ) {}

  get isSpent(): boolean {
    return this.spent >= this.limit;
  }

  /**
   * Admits an item, and reserves what it is expected to take.
   * @param expected undefined where nothing says
   */
  admit(item: ItemKey, expected: number | undefined): Admission {
    if (this.isSpent) return this.reserved.size > 0 ? "later" : "never";
    if (this.alone !== undefined) return "later";
    if (expected === undefined) {
      if (this.reserved.size > 0) return "later";
      this.alone = item;
      this.reserved.set(item, 0);
      return "now";
    }
    let sum = this.spent + expected;
    for (const amount of this.reserved.values()) sum += amount;
    if (sum > this.limit) return this.reserved.size > 0 ? "later" : "never";
    this.reserved.set(item, expected);
    return "now";
  }

  /** An item in flight has spent something. */
  spend(item: ItemKey, amount: number): void {
    this.spent += amount;
    const left = this.reserved.get(item);
    if (left !== undefined) this.reserved.set(item, Math.max(0, left - amount));
  }

  /** An item has ended, having taken so much in all. */
  release(item: ItemKey, took: number): void {
    this.reserved.delete(item);
    if (this.alone === item) this.alone = undefined;
    this.dearest = Math.max(this.dearest, took);
  }

  /** By how much items in flight could still pass it, judging by the dearest item so far. */
  get mayOvershootBy(): number {
    const left = Math.max(0, this.limit - this.spent);
    const worst = [...this.reserved.values()].reduce(
      (sum, amount) => sum + Math.max(amount, this.dearest),
      0,
    );
    return Math.max(0, worst - left);
  }
}
