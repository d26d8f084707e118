/** One timer for all that wait at the time: what is paced by the same beat goes on together. */
export class Beat {
  private pending: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** Resolves with the beat that others wait for already; where none do, after so many milliseconds. */
  next(pauseMs: number): Promise<void> {
    this.pending ??= new Promise((resolve) => {
      this.timer = setTimeout(() => {
        this.pending = undefined;
        resolve();
      }, pauseMs);
    });
    return this.pending;
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}

/**
 * Runs work at once, and again no sooner than an interval after it began. Requests that come meanwhile are made up
 * for by one more run, however many they were. Never two at a time.
 */
export class Pace {
  private readonly ownBeat = new Beat();
  private running: Promise<void> | undefined;
  /** The run that is to come, and that requests from now on share. */
  private next: Promise<void> | undefined;
  private lastStartMs = Number.NEGATIVE_INFINITY;
  private disposed = false;

  /**
   * @param work must not reject
   * @param beat runs that have to wait wait for it, together with those of others: it may come sooner than the interval is over
   */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly intervalMs: number,
    private readonly beat?: Beat,
  ) {}

  /** Asks for a run that begins after this call. Resolves when it has ended; where this is disposed before, maybe never. */
  request(): Promise<void> {
    this.next ??= this.runNext();
    return this.next;
  }

  dispose(): void {
    this.disposed = true;
    this.ownBeat.dispose();
  }

  private async runNext(): Promise<void> {
    await this.running;
    const pauseMs = this.lastStartMs + this.intervalMs - performance.now();
    if (pauseMs > 0) await (this.beat ?? this.ownBeat).next(pauseMs);
    // What changes from here on needs another run.
    this.next = undefined;
    if (this.disposed) return;
    this.lastStartMs = performance.now();
    this.running = this.work();
    await this.running;
  }
}
