import { durationSampleSize } from "../config.js";
import type { DurationSample } from "./jobState.js";

/** Of each sample: ms, atMs, run, US dollars, tokens; NaN where nothing says. */
const columns = 5;
const mostSamples = 2 * durationSampleSize;
const firstSamples = 16;

/** Samples as data that another thread can be sent. */
export type PackedSamples = Float64Array<ArrayBuffer>;

/**
 * What the newest items took, at least the last 400 of them. Kept as numbers in a row: as objects, the samples of some hundred
 * jobs would be most of what a collection of garbage has to look at.
 */
export class DurationSamples implements Iterable<DurationSample> {
  private figures = new Float64Array(0);
  private count = 0;

  get length(): number {
    return this.count;
  }

  /** At twice the size the older half goes, whatever order they came in. */
  push({ ms, atMs, run, usd, tokens }: DurationSample): void {
    const at = this.count * columns;
    if (at === this.figures.length) {
      const grown = Math.min(mostSamples, Math.max(firstSamples, 2 * this.count)) * columns;
      const { figures } = this;
      this.figures = new Float64Array(grown);
      this.figures.set(figures);
    }
    const { figures } = this;
    figures[at] = ms;
    figures[at + 1] = atMs;
    figures[at + 2] = run;
    figures[at + 3] = usd ?? Number.NaN;
    figures[at + 4] = tokens ?? Number.NaN;
    if (++this.count < mostSamples) return;
    const newest = this.newest();
    this.count = 0;
    for (const sample of newest) this.push(sample);
  }

  *[Symbol.iterator](): Generator<DurationSample> {
    for (let i = 0; i < this.count; i++) yield this.at(i);
  }

  /** The newest, newest last, at most 400. */
  newest(): DurationSample[] {
    return [...this]
      .sort((a, b) => a.atMs - b.atMs || a.ms - b.ms || a.run - b.run)
      .slice(-durationSampleSize);
  }

  /** Milliseconds; null without samples. */
  get meanMs(): number | null {
    let sum = 0;
    for (let i = 0; i < this.count; i++) sum += this.figures[i * columns]!;
    return this.count === 0 ? null : sum / this.count;
  }

  pack(): PackedSamples {
    return this.figures.slice(0, this.count * columns);
  }

  static unpack(figures: PackedSamples): DurationSamples {
    return Object.assign(new DurationSamples(), { figures, count: figures.length / columns });
  }

  private at(index: number): DurationSample {
    const { figures } = this;
    const at = index * columns;
    const sample: DurationSample = { ms: figures[at]!, atMs: figures[at + 1]!, run: figures[at + 2]! };
    if (!Number.isNaN(figures[at + 3])) sample.usd = figures[at + 3]!;
    if (!Number.isNaN(figures[at + 4])) sample.tokens = figures[at + 4]!;
    return sample;
  }
}
