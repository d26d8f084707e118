/** What one request, or its tokens, count for in a window. */
export interface Charge {
  amount: number;
  /** Until then it counts, by the window's clock. */
  countsUntilMs: number;
}

/** A request is at the service at most this long after it was sent: an answer that comes sooner says so earlier. */
const maxTravelMs = 2_000;

/**
 * At most `limit` in any span of `windowMs`, as the service sees it: a request counts from when it may have arrived at
 * the latest, not from when it was sent, so that a slow one and a fast one never come too close.
 */
export class RateWindow {
  private charges: Charge[] = [];

  /** @param limit at least 1 */
  constructor(
    readonly limit: number,
    readonly windowMs: number,
  ) {}

  /** How long to wait until an amount fits, milliseconds; more than the limit fits once nothing else counts. */
  waitMs(nowMs: number, amount: number): number {
    this.charges = this.charges.filter((charge) => charge.countsUntilMs > nowMs);
    let over = this.charges.reduce((sum, charge) => sum + charge.amount, 0) + amount - this.limit;
    if (over <= 0 || this.charges.length === 0) return 0;
    for (const { amount: freed, countsUntilMs } of this.charges.sort(
      (a, b) => a.countsUntilMs - b.countsUntilMs,
    )) {
      over -= freed;
      if (over <= 0) return countsUntilMs - nowMs;
    }
    return this.charges.at(-1)!.countsUntilMs - nowMs;
  }

  take(nowMs: number, amount: number): Charge {
    const charge = { amount, countsUntilMs: nowMs + maxTravelMs + this.windowMs };
    this.charges.push(charge);
    return charge;
  }

  /** The service has answered: the request was there by now. */
  arrived(charge: Charge, nowMs: number): void {
    charge.countsUntilMs = Math.min(charge.countsUntilMs, nowMs + this.windowMs);
  }

  /** It was not sent after all. */
  giveBack(charge: Charge): void {
    charge.amount = 0;
    charge.countsUntilMs = Number.NEGATIVE_INFINITY;
  }
}
