/** Lets one loop wait for the next change of anything it looks at. */
export class NextChange {
  private wakeUp: (() => void) | undefined;

  /** Resolves at the next change, or at a time by `performance.now`. */
  wait(atMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = atMs === undefined ? undefined : setTimeout(resolve, Math.ceil(atMs - performance.now()));
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
