import { maxTimerMs } from "../config.js";

/** Lets one loop wait for the next change of anything it looks at. */
export class NextChange {
  private wakeUp: (() => void) | undefined;

  /** Resolves at the next change, or at a time by `performance.now`, if not before it: whoever waits looks again. */
  wait(atMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const waitMs = atMs === undefined ? undefined : Math.ceil(atMs - performance.now());
      const timer = waitMs === undefined ? undefined : setTimeout(resolve, Math.min(waitMs, maxTimerMs));
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  tell(): void {
    this.wakeUp?.();
  }
}
