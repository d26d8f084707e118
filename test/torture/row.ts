/** What every row of the torture is given. */
export interface TortureContext {
  random: Random;
  /** How many cases: what the caller asked for, else the row's `full` or `reduced` number. */
  times: number;
  /** Tells that something is under way; rows take minutes. */
  progress(text: string): void;
}

/** What a row found. Anything but zeros is a failure. */
export interface RowOutcome {
  cases: number;
  /** Acknowledged things that were gone, or done again. */
  lost: number;
  /** Values, counts or states that were not what they have to be. */
  wrong: number;
  /** Programs that crashed, hung, or ended with another exit code than they should. */
  thrown: number;
  /** One sentence for each of those, the first ones. */
  problems: string[];
  /** What else the figures say. */
  note?: string;
  /** Of a row that has parts: why some of them were not run. */
  skippedParts?: Record<string, string>;
}

export interface Skipped {
  /** What is missing, in words. */
  skipped: string;
}

/** One row of the table. A new one is a new file in rows/, and a line in rows/index.ts. */
export interface Row {
  name: string;
  what: string;
  /** What `times` counts. */
  unit: string;
  /** How many of them `npm run torture` does. */
  full: number;
  /** How many of them the tests do. */
  reduced: number;
  /** Of what the row does, what can be done or skipped by itself; problems begin with the name of theirs. */
  parts?: readonly string[];
  run(context: TortureContext): Promise<RowOutcome | Skipped>;
}

/** Counts what a row finds. */
export class Findings {
  readonly problems: string[] = [];
  private readonly counts = { lost: 0, wrong: 0, thrown: 0 };

  add(kind: "lost" | "wrong" | "thrown", problem: string): void {
    this.counts[kind]++;
    if (this.problems.length < 20) this.problems.push(`${kind}: ${problem}`);
  }

  outcome(cases: number, note?: string): RowOutcome {
    return { cases, ...this.counts, problems: this.problems, ...(note !== undefined && { note }) };
  }
}

/** Numbers that a seed repeats (mulberry32). The moments of kills depend on the machine all the same. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(values: readonly T[]): T {
    return values[this.between(0, values.length - 1)]!;
  }
}
