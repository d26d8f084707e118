import { maxTimerMs } from "../config.js";
import type { Deadline } from "../session/deadline.js";

/** How long one attempt may take. The time for which the run's own pace holds it back does not count. */
export class TimeLimit {
  private timer: NodeJS.Timeout | undefined;
  private leftMs: number;
  private sinceMs = 0;
  private onPassed: (() => void) | undefined;

  /**
   * @param ms undefined: no limit
   * @param deadline what tells the attempt of it; undefined where that is the run's
   */
  constructor(
    private readonly ms: number | undefined,
    private readonly deadline: Deadline | undefined,
  ) {
    this.leftMs = ms ?? 0;
  }

  start(onPassed: () => void): void {
    if (this.ms === undefined) return;
    this.onPassed = onPassed;
    this.goOn();
  }

  /** Lets its time stand still, or go on. */
  hold(isHeld: boolean): void {
    this.deadline?.hold(isHeld);
    if (!this.onPassed) return;
    clearTimeout(this.timer);
    if (isHeld) this.leftMs -= performance.now() - this.sinceMs;
    else this.goOn();
  }

  clear(): void {
    clearTimeout(this.timer);
    this.onPassed = undefined;
  }

  private goOn(): void {
    this.sinceMs = performance.now();
    const passed = () => {
      const { onPassed } = this;
      this.clear();
      onPassed?.();
    };
    this.timer = setTimeout(passed, Math.min(Math.max(0, this.leftMs), maxTimerMs));
  }
}
