/** What an item of a run takes, as far as its finished items and those still under way show. Pure. */

/** So many equally likely durations stand for all: fine enough that the slowest of 400 items keeps its weight. */
const quantiles = 4_096;
/**
 * An item older than all that finished: the chance that it takes x times its age is x^-this. With 2 it takes 1.4
 * times its age in the middle: the longer it has been going, the longer it will.
 */
const tailExponent = 2;
/** The slowest part of the durations is taken to follow a power law; more of it would see one where none is. */
const tailShare = 0.04;
const maxTailSpread = 0.8;
/** Of fewer finished items the slowest part is one item. */
const minForTail = 40;
/** Finished items that took less than this part of what is usual now came from a cache, or found nothing to do. */
const instantShare = 1 / 50;
const recentItems = 20;

/**
 * The run's first items are left out where each took next to nothing beside what is usual now: they were cached
 * by the job itself, and tell nothing of the rest. Such items in between are part of what the rest will be like.
 * @param finishedMs in the order in which they finished
 */
export function withoutInstantStart(
  finishedMs: readonly number[],
  agesMs: readonly number[],
): readonly number[] {
  const usual = median([...finishedMs.slice(-recentItems), ...agesMs]);
  const first = finishedMs.findIndex((ms) => ms > usual * instantShare);
  return finishedMs.slice(first === -1 && usual > 0 ? finishedMs.length : Math.max(0, first));
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/**
 * Equally likely durations, ascending: the product-limit estimate (Kaplan and Meier, 1958) over the finished items
 * and over those under way, of which is known only that they take longer than their age. Without the latter a run's
 * first minutes would know quick items alone.
 */
export class DurationModel {
  private readonly likelyMs = new Float64Array(quantiles);

  constructor(finishedMs: readonly number[], agesMs: readonly number[]) {
    const finished = Float64Array.from(finishedMs).sort();
    const ages = Float64Array.from(agesMs).sort();
    let [filled, survival, passed] = [0, 1, 0];
    for (const [i, ms] of finished.entries()) {
      while (passed < ages.length && ages[passed]! < ms) passed++;
      survival -= survival / (finished.length - i + ages.length - passed);
      const until = Math.round((1 - survival) * quantiles);
      this.likelyMs.fill(ms, filled, until);
      filled = Math.max(filled, until);
    }
    const longest = finished.at(-1) ?? 0;
    this.fillTail(
      filled,
      ages.filter((ms) => ms >= longest),
    );
    if (finished.length >= minForTail) this.smoothTail();
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
   * are to come: the top follows a power law of its own spread (Hill, 1975).
   */
  private smoothTail(): void {
    const top = this.likelyMs.subarray(Math.round(quantiles * (1 - tailShare)));
    const leastMs = top[0]!;
    if (leastMs <= 0) return;
    const spread = top.reduce((sum, ms) => sum + Math.log(ms / leastMs), 0) / top.length;
    const exponent = Math.min(spread, maxTailSpread);
    for (let i = 0; i < top.length; i++) top[i] = leastMs * (1 - (i + 0.5) / top.length) ** -exponent;
  }

  draw(random: () => number): number {
    return this.likelyMs[Math.floor(random() * quantiles)]!;
  }

  /** What an item of this age takes in all. */
  drawLongerThan(ageMs: number, random: () => number): number {
    const first = this.firstLonger(ageMs);
    if (first === quantiles) return ageMs * (1 - random()) ** (-1 / tailExponent);
    return this.likelyMs[first + Math.floor(random() * (quantiles - first))]!;
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
