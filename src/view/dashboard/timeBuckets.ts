/** What happened in a stretch of time. */
export interface TimeBucket {
  /** When the first of it happened: a moment at which something ran. */
  firstMs: number;
  done: number;
  /** Attempts that failed. */
  failed: number;
  usd: number;
  inputTokens: number;
  outputTokens: number;
}

const firstWidthMs = 1_000;
/** Times as many as a chart has bars, so that a bar's edge which lies inside a bucket shifts little of it. */
const defaultMost = 4_096;

/**
 * What happened when, in a bounded number of equal stretches of time. Those in which nothing happened take no room; with
 * too many others all become twice as wide. The order in which things are added changes nothing.
 */
export class TimeBuckets {
  private widthMs = firstWidthMs;
  private buckets = new Map<number, TimeBucket>();

  constructor(private readonly most = defaultMost) {}

  add(atMs: number, happened: Partial<Untimed>): void {
    const place = Math.floor(atMs / this.widthMs);
    const bucket = { ...nothing, ...happened, firstMs: atMs };
    const known = this.buckets.get(place);
    if (known) return join(known, bucket);
    this.buckets.set(place, bucket);
    while (this.buckets.size > this.most) this.widen();
  }

  /** Oldest first. */
  sorted(): TimeBucket[] {
    return [...this.buckets.values()].sort((a, b) => a.firstMs - b.firstMs);
  }

  private widen(): void {
    this.widthMs *= 2;
    const wider = new Map<number, TimeBucket>();
    for (const [place, bucket] of this.buckets) {
      const known = wider.get(Math.floor(place / 2));
      if (known) join(known, bucket);
      else wider.set(Math.floor(place / 2), bucket);
    }
    this.buckets = wider;
  }
}

/** What happened at a time that nothing tells. */
export type Untimed = Omit<TimeBucket, "firstMs">;

export const nothing: Untimed = { done: 0, failed: 0, usd: 0, inputTokens: 0, outputTokens: 0 };

function join(into: TimeBucket, other: TimeBucket): void {
  addTo(into, other);
  into.firstMs = Math.min(into.firstMs, other.firstMs);
}

export function addTo(into: Untimed, other: Untimed): void {
  for (const name of Object.keys(nothing) as (keyof Untimed)[]) into[name] += other[name];
}
