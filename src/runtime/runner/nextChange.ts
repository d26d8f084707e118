import { maxTimerMs } from "../config.js";

/** Lets one loop wait for the next change of anything it looks at. */
export class NextChange {
  private wakeUp: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** Resolves at the next change, or at a time by `performance.now`, if not before it: whoever waits looks again. */
  wait(atMs?: number): Promise<void> {
    return new Promise((resolve) => {
      this.wakeUp = resolve;
      if (atMs === undefined) return;
      const waitMs = Math.ceil(atMs - performance.now());
      this.timer = setTimeout(resolve, Math.min(waitMs, maxTimerMs));
    });
  }

  tell(): void {
    if (!this.wakeUp) return;
    clearTimeout(this.timer);
    this.wakeUp();
    this.wakeUp = undefined;
  }
}
