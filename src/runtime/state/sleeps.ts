/** Times in which nobody could work: the machine slept, or its clock was set forward. Pure: who looks says when it is. */
import { maxSleeps, sleepAfterMs } from "../config.js";

/** Milliseconds since 1970. */
export interface Span {
  fromMs: number;
  toMs: number;
}

/**
 * Knows when whoever asks it again and again could not: no clock tells that alike on all systems, since some monotonic
 * ones stand still while the machine sleeps, and some do not.
 */
export class Sleeps {
  private spans: readonly Span[] = [];
  private lookedAtMs: number | undefined;

  /**
   * Those until now; to be asked for every few seconds while something runs.
   * @param nowMs milliseconds since 1970
   */
  at(nowMs: number): readonly Span[] {
    const fromMs = this.lookedAtMs ?? nowMs;
    this.lookedAtMs = nowMs;
    if (nowMs - fromMs > sleepAfterMs)
      this.spans = [...this.spans, { fromMs, toMs: nowMs }].slice(-maxSleeps);
    // Where the clock was set back, what is to come is not taken for asleep.
    else if (nowMs < fromMs) this.spans = this.spans.filter(({ toMs }) => toMs <= nowMs);
    return this.spans;
  }

  /** Nothing runs any more: until something does, nobody needs to ask. */
  rest(): void {
    this.lookedAtMs = undefined;
    this.spans = [];
  }
}

/** The same stretches of time in order, none of which overlap. */
export function joined(spans: readonly Span[]): Span[] {
  const apart: Span[] = [];
  for (const { fromMs, toMs } of [...spans].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = apart.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else apart.push({ fromMs, toMs });
  }
  return apart;
}
