/**
 * Runs work at once, and again no sooner than an interval after it began. Requests that come meanwhile are made up
 * for by one more run, however many they were. Never two at a time.
 */
export class Pace {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  /** The run that is to come, and that requests from now on share. */
  private next: Promise<void> | undefined;
  private lastStartMs = Number.NEGATIVE_INFINITY;
  private disposed = false;

  /** @param work must not reject */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly intervalMs: number,
  ) {}

  /** Asks for a run that begins after this call. Resolves when it has ended; never, where this is disposed before. */
  request(): Promise<void> {
    this.next ??= this.runNext();
    return this.next;
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
  }

  private async runNext(): Promise<void> {
    await this.running;
    const pauseMs = this.lastStartMs + this.intervalMs - performance.now();
    if (pauseMs > 0)
      await new Promise<void>((resolve) => {
        this.timer = setTimeout(resolve, pauseMs);
      });
    // What changes from here on needs another run.
    this.next = undefined;
    if (this.disposed) return;
    this.lastStartMs = performance.now();
    this.running = this.work();
    await this.running;
  }
}
