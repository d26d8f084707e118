/** What an item of a run takes, as far as its finished items and those still under way show. Pure. */

/** So many equally likely durations stand for all: fine enough that the slowest of 400 items keeps its weight. */
const quantiles = 4_096;
/**
 * An item older than all that finished: the chance that it takes x times its age is x^-this. With 3 it takes 1.26
 * times its age in the middle: the longer it has been going, the longer it will.
 */
const tailExponent = 3;
/** The slowest part of the durations is taken to follow a power law; more of it would see one where none is. */
const tailShare = 0.04;
const maxTailSpread = 0.8;
/** The slowest of those, at least so many items: where they lie close together the durations have an end. */
const endShare = 0.01;
const minEndItems = 4;
const minEndSpread = 0.3;
/** Of fewer finished items the slowest part is one item. */
const minForTail = 40;
/** Items that took less than this part of what is usual now came from a cache, or found nothing to do. */
const instantShare = 1 / 50;
const maxRecentItems = 20;
/** Fewer instant items at the start change little. */
const minInstantStart = 5;
/** So many items after an instant start show that it is over, if not more than this part of them is instant too. */
const minAfterStart = 3;
const maxInstantAfter = 0.2;

/**
 * The run's first items are left out where they took next to nothing beside what is usual now: they were cached by
 * the job itself, and tell nothing of the rest. Where such items go on to come in between, they are part of what the
 * rest will be like. Nothing is left while it cannot be told which of the two it is.
 * @param finishedMs in the order in which they finished
 */
export function withoutInstantStart(
  finishedMs: readonly number[],
  agesMs: readonly number[],
): readonly number[] {
  const recent = Math.max(1, Math.min(maxRecentItems, agesMs.length));
  const instantMs = median([...finishedMs.slice(-recent), ...agesMs]) * instantShare;
  const first = finishedMs.findIndex((ms) => ms > instantMs);
  const start = first === -1 ? finishedMs.length : first;
  if (instantMs === 0 || start < minInstantStart) return finishedMs;
  const after = finishedMs.slice(start);
  const slowAfter = after.filter((ms) => ms > instantMs).length;
  if (slowAfter + agesMs.filter((ms) => ms > instantMs).length < minAfterStart) return [];
  return slowAfter < (1 - maxInstantAfter) * after.length ? finishedMs : after;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** What is known of the items of a stretch of time, the last one that `finishedMs` is of. */
export interface Observed {
  /** In the order in which they finished. */
  finishedMs: readonly number[];
  /** Of the items under way. */
  agesMs: readonly number[];
  /** How many items under way each of `agesMs` stands for. */
  weight: number;
  /** How long that stretch is, milliseconds; infinite where it is the whole run. */
  windowMs: number;
}

/**
 * Equally likely durations, ascending: the product-limit estimate (Kaplan and Meier, 1958) over the finished items
 * and over those under way, of which is known only that they take longer than their age. Without the latter a run's
 * first minutes would know quick items alone. Items that began before the stretch of time that is known count from
 * the age that they had then (left truncation), as those of them which ended before it are not known.
 */
export class DurationModel {
  private readonly likelyMs = new Float64Array(quantiles);
  /** The inverse of the exponent of the power law that the slowest follow; 0 where they follow none. */
  tailSpread = 0;

  constructor({ finishedMs, agesMs, weight, windowMs }: Observed) {
    const finished = Float64Array.from(finishedMs).sort();
    const ages = Float64Array.from(agesMs).sort();
    const share = windowMs / finished.length;
    const finishedFrom = Float64Array.from(finishedMs, (ms, i) => Math.max(0, ms - share * (i + 1))).sort();
    const agesFrom = ages.map((ms) => Math.max(0, ms - windowMs));
    let [filled, survival] = [0, 1];
    let [passed, finishedKnown, agesKnown] = [0, 0, 0];
    for (const [i, ms] of finished.entries()) {
      while (passed < ages.length && ages[passed]! < ms) passed++;
      while (finishedKnown < finished.length && finishedFrom[finishedKnown]! <= ms) finishedKnown++;
      while (agesKnown < ages.length && agesFrom[agesKnown]! <= ms) agesKnown++;
      survival -= survival / Math.max(1, finishedKnown - i + weight * (agesKnown - passed));
      const until = Math.round((1 - survival) * quantiles);
      this.likelyMs.fill(ms, filled, until);
      filled = Math.max(filled, until);
    }
    const longest = finished.at(-1) ?? 0;
    const older = ages.filter((ms) => ms >= longest);
    this.fillTail(filled, older.length > 0 ? older : Float64Array.of(longest));
    if (finished.length >= minForTail) this.smoothTail(finished.length);
  }

  /** The share that no finished item speaks for is spread evenly over the items that are older than all of them. */
  private fillTail(from: number, ages: Float64Array): void {
    const rest = this.likelyMs.subarray(from);
    for (let i = 0; i < rest.length; i++) {
      const place = ((i + 0.5) / rest.length) * ages.length;
      const whole = Math.floor(place);
      rest[i] = ages[whole]! * (1 - (place - whole)) ** (-1 / tailExponent);
    }
    rest.sort();
  }

  /**
   * The slowest items take a part of the whole that grows with how few they are, and slower ones than any so far
   * are to come: the top follows a power law of its own spread (Hill, 1975), unless the durations have an end.
   */
  private smoothTail(items: number): void {
    const spread = this.logSpreadOfTop(tailShare);
    if (this.logSpreadOfTop(Math.max(endShare, minEndItems / items)) <= minEndSpread * spread) return;
    this.tailSpread = Math.min(spread, maxTailSpread);
    const top = this.top(tailShare);
    const leastMs = top[0]!;
    for (let i = 0; i < top.length; i++) top[i] = leastMs * (1 - (i + 0.5) / top.length) ** -this.tailSpread;
  }

  private top(share: number): Float64Array {
    return this.likelyMs.subarray(Math.round(quantiles * (1 - share)));
  }

  private logSpreadOfTop(share: number): number {
    const top = this.top(share);
    const leastMs = top[0]!;
    return leastMs > 0 ? top.reduce((sum, ms) => sum + Math.log(ms / leastMs), 0) / top.length : 0;
  }

  draw(random: () => number): number {
    return this.likelyMs[Math.floor(random() * quantiles)]!;
  }

  /** What an item of this age takes in all, as a function that draws it. */
  longerThan(ageMs: number): (random: () => number) => number {
    const first = this.firstLonger(ageMs);
    if (first === quantiles) return (random) => ageMs * (1 - random()) ** (-1 / tailExponent);
    return (random) => this.likelyMs[first + Math.floor(random() * (quantiles - first))]!;
  }

  private firstLonger(ms: number): number {
    let [low, high] = [0, quantiles];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.likelyMs[middle]! > ms) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
