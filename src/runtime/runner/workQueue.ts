import { abandonAfterMs } from "../config.js";
import type { AttemptSpending } from "./attempt.js";
import type { RunEvent } from "./events.js";
import type { ExpectedCost } from "./expectedCost.js";
import type { InputItem } from "./items.js";

/** What `item-failed` tells of an attempt. */
export type ItemFailure = Omit<Extract<RunEvent, { event: "item-failed" }>, "event">;

/** Something to be done: an item, from its beginning, once more, or from its next stage on. */
export interface Work {
  input: InputItem;
  /** How many attempts of this run have failed. */
  tries: number;
  /** How many stages are behind it, where all items go through one before the next. */
  pass: number;
  /** Whether it counts as begun. */
  isBegun: boolean;
  /** What its attempt used in the stages behind it. */
  before?: AttemptSpending;
  /** How its last attempt of this run failed, where another is to follow. */
  failure?: ItemFailure;
  expected?: ExpectedCost;
}

type Source = AsyncIterator<InputItem> | Iterator<InputItem>;

/** What a run has to do, in order: what is to be tried again and is due, else the next item of the input. */
export class WorkQueue {
  private readonly retries: { work: Work; dueMs: number }[] = [];
  private readonly parked: Work[] = [];
  private ready: Work[] = [];
  private isFetching = false;
  private hasEnded = false;

  /** @param onChange called when an item has come, or the input has ended */
  constructor(
    private readonly source: Source,
    private readonly onChange: (error?: unknown) => void,
  ) {}

  /** The next thing to do; "wait": it has still to come; "end": nothing will come by itself. */
  next(nowMs: number): Work | "wait" | "end" {
    if (this.retries.length > 0 && this.retries[0]!.dueMs <= nowMs) return this.retries.shift()!.work;
    const work = this.ready.shift();
    if (work) return work;
    const fresh = this.hasEnded ? undefined : this.fetch();
    if (fresh) return fresh;
    return this.retries.length > 0 || !this.hasEnded ? "wait" : "end";
  }

  /** When the first retry is due; undefined where there is none. */
  get nextDueMs(): number | undefined {
    return this.retries[0]?.dueMs;
  }

  /** What waits for another attempt. */
  get waitingForRetry(): readonly Work[] {
    return this.retries.map(({ work }) => work);
  }

  retryAt(dueMs: number, work: Work): void {
    const at = this.retries.findIndex((other) => other.dueMs > dueMs);
    this.retries.splice(at === -1 ? this.retries.length : at, 0, { work, dueMs });
  }

  /** Keeps it until all others have come as far. */
  park(work: Work): void {
    this.parked.push(work);
  }

  /** Takes up what was parked. @returns whether there was any */
  unpark(): boolean {
    this.ready = this.parked.splice(0);
    return this.ready.length > 0;
  }

  /** Takes no further item from the input. */
  endInput(): void {
    this.hasEnded = true;
  }

  /**
   * Takes no more, and lets the input close what it has open; waits for that, but not for ever.
   * @throws what the input throws at that
   */
  async close(): Promise<void> {
    this.endInput();
    const closing = Promise.resolve(this.source.return?.());
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      // One that is waiting for its next item cannot close before it has come.
      timer = setTimeout(resolve, this.isFetching ? 0 : abandonAfterMs);
    });
    try {
      await Promise.race([closing, enough]);
    } finally {
      clearTimeout(timer);
      closing.catch(() => {});
    }
  }

  /** The next item of the input, where it is there at once. */
  private fetch(): Work | undefined {
    if (this.isFetching) return undefined;
    const given = this.source.next();
    if (!(given instanceof Promise)) return this.take(given);
    this.isFetching = true;
    given.then(
      (result) => {
        this.isFetching = false;
        const work = this.take(result);
        if (work) this.ready.push(work);
        this.onChange();
      },
      (error: unknown) => this.onChange(error),
    );
    return undefined;
  }

  private take({ done, value }: IteratorResult<InputItem>): Work | undefined {
    if (done) this.hasEnded = true;
    return done ? undefined : { input: value, tries: 0, pass: 0, isBegun: false };
  }
}
