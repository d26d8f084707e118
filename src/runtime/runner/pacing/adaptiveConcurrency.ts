/**
 * How many at a time a service bears: halved where it says that it is too much, one more after each round that went
 * well (additive increase, multiplicative decrease, as TCP does; Chiu and Jain, 1989).
 */
export class AdaptiveConcurrency {
  private level: number;
  private lastDropMs = Number.NEGATIVE_INFINITY;

  /** @param adapts false keeps it at `max` */
  constructor(
    readonly max: number,
    private readonly adapts: boolean,
  ) {
    this.level = max;
  }

  /** From 1 to `max`. */
  get allowed(): number {
    return Math.floor(this.level);
  }

  /**
   * The service was overloaded by what began at `startedAtMs`: what began before the last drop says nothing of the
   * level since.
   * @returns whether fewer are allowed than before
   */
  onOverload(startedAtMs: number, nowMs: number): boolean {
    if (!this.adapts || startedAtMs < this.lastDropMs) return false;
    const before = this.allowed;
    this.level = Math.max(1, before / 2);
    this.lastDropMs = nowMs;
    return this.allowed < before;
  }

  /** @returns whether more are allowed than before */
  onSuccess(startedAtMs: number): boolean {
    if (this.level >= this.max || startedAtMs < this.lastDropMs) return false;
    const before = this.allowed;
    this.level = Math.min(this.max, this.level + 1 / this.level);
    return this.allowed > before;
  }
}
