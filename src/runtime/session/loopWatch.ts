import type { Usage } from "../format/record.js";
import type { LoopFigures, StopCondition, StopReason } from "./stopConditions.js";

/**
 * Watches a loop, such as an agent's turns within an item, and says when it stops:
 *
 * ```ts
 * const loop = new LoopWatch(anyOf(maxIterations(20), maxUsd(0.5)));
 * let usage: Usage | undefined;
 * while (loop.next(usage)) usage = await turn();
 * console.log(loop.stopped?.message);
 * ```
 *
 * It looks between iterations, and interrupts none: for that there is `Deadline.signal`.
 */
export class LoopWatch {
  private readonly startMs: number;
  private progressMs: number;
  private begun = 0;
  private tokens = 0;
  private usd = 0;
  private unpricedCalls = 0;
  private reason: StopReason | undefined;

  /** @param nowMs a monotonic clock, milliseconds since any moment; default `performance.now` */
  constructor(
    private readonly condition: StopCondition,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    if (typeof condition?.evaluate !== "function")
      throw new TypeError("Expected a condition, such as maxIterations(20).");
    this.startMs = nowMs();
    this.progressMs = this.startMs;
  }

  /**
   * Whether another iteration may begin; if so, it counts as begun. Once false it stays so.
   * @param usage what the iteration before took
   */
  next(usage?: Usage): boolean {
    if (usage) this.count(usage);
    this.reason ??= this.condition.evaluate(this.figures);
    if (this.reason) return false;
    this.begun++;
    return true;
  }

  /** Counts a call: where an iteration makes several, each but the one that `next` is given. */
  count(usage: Usage): void {
    const tokens = (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
    this.tokens += tokens;
    if (usage.usd !== undefined) this.usd = exact(this.usd + usage.usd);
    else if (tokens > 0) this.unpricedCalls += usage.calls ?? 1;
  }

  /** Notes that the loop got on, for `noProgress`. */
  progress(): void {
    this.progressMs = this.nowMs();
  }

  /** Which condition stopped the loop; undefined while it goes on. */
  get stopped(): StopReason | undefined {
    return this.reason;
  }

  /** What the loop has come to. */
  get figures(): LoopFigures {
    const nowMs = this.nowMs();
    return {
      iterations: this.begun,
      elapsedMs: nowMs - this.startMs,
      tokens: this.tokens,
      usd: this.usd,
      sinceProgressMs: nowMs - this.progressMs,
      ...(this.unpricedCalls > 0 && { unpricedCalls: this.unpricedCalls }),
    };
  }
}

/** Binary fractions add up to just below a limit that was reached. */
const exact = (usd: number): number => Math.round(usd * 1e10) / 1e10;
