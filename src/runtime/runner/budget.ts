/** Whether an item may begin: now, once another has ended, or not at all within the budget. */
export type Admission = "now" | "later" | "never";

/**
 * A limit on what a job spends, held by admission: what is spent, what items in flight are expected to take, and what
 * the next one is expected to take must not pass it together. One sum; US dollars or tokens.
 */
export class Budget {
  private readonly reserved = new Map<object, number>();
  /** An item of which nobody knows what it takes runs alone. */
  private alone: object | undefined;
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
   * Admits an attempt at an item, and reserves what it is expected to take.
   * @param expected undefined where nothing says
   */
  admit(attempt: object, expected: number | undefined): Admission {
    if (this.isSpent) return this.reserved.size > 0 ? "later" : "never";
    if (this.alone !== undefined) return "later";
    if (expected === undefined) {
      if (this.reserved.size > 0) return "later";
      this.alone = attempt;
      this.reserved.set(attempt, 0);
      return "now";
    }
    let sum = this.spent + expected;
    for (const amount of this.reserved.values()) sum += amount;
    if (sum > this.limit) return this.reserved.size > 0 ? "later" : "never";
    this.reserved.set(attempt, expected);
    return "now";
  }

  /** An attempt in flight has spent something. */
  spend(attempt: object, amount: number): void {
    this.spent += amount;
    const left = this.reserved.get(attempt);
    if (left !== undefined) this.reserved.set(attempt, Math.max(0, left - amount));
  }

  /** An attempt has ended, having taken so much in all. */
  release(attempt: object, took: number): void {
    this.reserved.delete(attempt);
    if (this.alone === attempt) this.alone = undefined;
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
