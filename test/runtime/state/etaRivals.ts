/** The estimates that other tools give, for comparison: milliseconds, null while they show none. */

const smoothing = 0.3;

/**
 * tqdm's: moving averages of the items and of the time between two of its updates, each with smoothing 0.3 and
 * corrected for its start, as in `EMA`, `update` and `format_meter` of its `std.py` with default options.
 */
export class TqdmEstimate {
  private readonly averageItems = new MovingAverage();
  private readonly averageMs = new MovingAverage();
  private readonly mustPassMs = 100;
  private mustCome = 0;
  private shown: { done: number; atMs: number };

  constructor(
    private readonly total: number,
    private readonly initial: number,
    private readonly beganMs: number,
  ) {
    this.shown = { done: initial, atMs: beganMs };
  }

  update(done: number, atMs: number): void {
    const came = done - this.shown.done;
    const passedMs = atMs - this.shown.atMs;
    if (came < this.mustCome || passedMs < this.mustPassMs) return;
    this.averageItems.add(came);
    this.averageMs.add(passedMs);
    this.mustCome = smoothing * came * (this.mustPassMs / passedMs) + (1 - smoothing) * this.mustCome;
    if (passedMs >= 10_000) this.mustCome = (came * this.mustPassMs) / passedMs;
    this.shown = { done, atMs };
  }

  remainingMs(nowMs: number): number | null {
    const { done } = this.shown;
    const rate = this.averageMs.value
      ? this.averageItems.value / this.averageMs.value
      : (done - this.initial) / (nowMs - this.beganMs);
    return rate > 0 ? (this.total - done) / rate : null;
  }
}

class MovingAverage {
  private last = 0;
  private calls = 0;

  add(x: number): void {
    this.last = smoothing * x + (1 - smoothing) * this.last;
    this.calls++;
  }

  get value(): number {
    return this.calls === 0 ? 0 : this.last / (1 - (1 - smoothing) ** this.calls);
  }
}

/** The time since the start, shared out among all that is done, restored items included. */
export function naiveRemainingMs(done: number, total: number, elapsedMs: number): number | null {
  return done === 0 ? null : (elapsedMs / done) * (total - done);
}
