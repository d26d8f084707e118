import { deadlinePollIntervalMs } from "../config.js";
import { DeadlineError } from "../errors.js";

/** What a deadline goes by; the default is this process's monotonic clock. */
export interface DeadlineClock {
  /** Milliseconds since any moment. Never goes back, whatever is done to the time of day. */
  nowMs(): number;
  /** Calls back once after about `ms`, without keeping the process alive; what it gives calls that off. */
  wake(callback: () => void, ms: number): () => void;
}

const monotonicClock: DeadlineClock = {
  nowMs: () => performance.now(),
  wake(callback, ms) {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

/**
 * A time by which work has to end, for a whole job, an item, or a loop inside one. It ends nothing by itself: ask
 * `isPast` between items, call `check()`, or pass `signal` on to what can be cancelled.
 *
 * The clock is monotonic, so setting the time of day changes nothing. Whether a machine's sleep counts is up to the
 * system: on Linux it does not, on Windows and macOS it may. Either way a deadline never ends early, and one that
 * passed during a sleep is noticed within a second of waking.
 *
 * A deadline whose `signal` is in use looks at the clock once a second until it passes or is disposed of:
 * `using limit = deadline.child(30_000)`, or `limit.dispose()` where `using` is not to be had.
 */
export class Deadline {
  private controller: AbortController | undefined;
  private callOff: (() => void) | undefined;
  /** Since when its time stands still; undefined while it goes on. */
  private heldSinceMs: number | undefined;

  private constructor(
    private readonly clock: DeadlineClock,
    private endMs: number,
    /** How long it was, in milliseconds, when it was set; of a child that its parent cuts short, the parent's. */
    readonly limitMs: number,
    private readonly parent?: Deadline,
  ) {}

  /**
   * @param ms how long from now, in milliseconds; 0 has passed at once
   * @throws RangeError where `ms` is no finite number of at least 0
   */
  static after(ms: number, clock: DeadlineClock = monotonicClock): Deadline {
    return new Deadline(clock, clock.nowMs() + checkedMs(ms), ms);
  }

  /** Milliseconds until it passes, 0 once it has. */
  get remainingMs(): number {
    return Math.min(this.ownRemainingMs, this.parent?.remainingMs ?? Number.POSITIVE_INFINITY);
  }

  private get ownRemainingMs(): number {
    return Math.max(0, this.endMs - (this.heldSinceMs ?? this.clock.nowMs()));
  }

  get isPast(): boolean {
    return this.remainingMs === 0;
  }

  /** @throws DeadlineError (`AJ_DEADLINE`) once it has passed */
  check(): void {
    if (this.isPast) throw this.error();
  }

  /**
   * A deadline within this one, for a part of the work: the nearer of the two wins.
   * @param ms how long from now, in milliseconds
   * @throws RangeError where `ms` is no finite number of at least 0
   */
  child(ms: number): Deadline {
    return checkedMs(ms) < this.remainingMs
      ? new Deadline(this.clock, this.clock.nowMs() + ms, ms, this)
      : new Deadline(this.clock, Number.POSITIVE_INFINITY, this.limitMs, this);
  }

  /**
   * Lets its own time stand still, or go on; those that it lies within go on all the time.
   * @internal
   */
  hold(isHeld: boolean): void {
    const nowMs = this.clock.nowMs();
    if (!isHeld && this.heldSinceMs !== undefined) this.endMs += nowMs - this.heldSinceMs;
    this.heldSinceMs = isHeld ? (this.heldSinceMs ?? nowMs) : undefined;
    if (isHeld || !this.callOff) return;
    this.callOff();
    this.watch(this.controller!);
  }

  private get isHeld(): boolean {
    return this.heldSinceMs !== undefined || (this.parent?.isHeld ?? false);
  }

  /** Aborted with a `DeadlineError` when it passes. Does not keep the process alive. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      this.watch(this.controller);
    }
    return this.controller.signal;
  }

  /** Ends the watch that `signal` began: it is not aborted any more. All else goes on. */
  dispose(): void {
    this.callOff?.();
    this.callOff = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Waits in short turns: one long timer would oversleep with the machine, and above 2^31 ms fire at once. */
  private watch(controller: AbortController): void {
    const remainingMs = this.remainingMs;
    if (remainingMs === 0) {
      this.callOff = undefined;
      controller.abort(this.error());
    } else {
      // What does not become less is not to be looked at again after it.
      const waitMs = this.isHeld ? deadlinePollIntervalMs : Math.ceil(remainingMs);
      this.callOff = this.clock.wake(() => this.watch(controller), Math.min(waitMs, deadlinePollIntervalMs));
    }
  }

  private error(): DeadlineError {
    if (this.parent && this.ownRemainingMs > 0) return this.parent.error();
    const seconds = this.limitMs / 1000;
    return new DeadlineError(
      `The deadline of ${seconds} s has passed. What is done is kept; run again, or with a longer one, to go on.`,
      this.limitMs,
    );
  }
}

function checkedMs(ms: number): number {
  if (typeof ms !== "number" || !Number.isFinite(ms) || ms < 0)
    throw new RangeError(`Expected a deadline to be milliseconds of at least 0, got ${String(ms)}.`);
  return ms;
}
