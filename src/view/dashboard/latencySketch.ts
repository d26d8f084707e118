import type { HistogramBin } from "../report/throughput.js";

/** Bins to a doubling: a value is known to 4%. */
const perDoubling = 16;
const maxBins = 28;

/**
 * How many items took how long, in bins that each reach a little further than the one before: bounded, whatever is added,
 * and in whatever order.
 */
export class LatencySketch {
  count = 0;
  leastMs = Number.POSITIVE_INFINITY;
  mostMs = 0;
  /** The first bin is what took less than a millisecond. */
  private readonly bins: number[] = [];

  add(ms: number): void {
    if (!(ms >= 0)) return;
    this.count++;
    this.leastMs = Math.min(this.leastMs, ms);
    this.mostMs = Math.max(this.mostMs, ms);
    const at = ms < 1 ? 0 : 1 + Math.floor(Math.log2(ms) * perDoubling);
    while (this.bins.length <= at) this.bins.push(0);
    this.bins[at]!++;
  }

  /** The duration that a share of the items did not pass. Only of a sketch that holds some. */
  percentile(share: number): number {
    let left = Math.max(1, Math.ceil(share * this.count));
    const at = this.bins.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return Math.min(this.mostMs, Math.max(this.leastMs, startOf(at + 0.5)));
  }

  /** For a chart: a few dozen bins from the quickest item to the slowest, each as many times as wide as it begins. */
  histogram(): HistogramBin[] {
    if (this.count === 0) return [];
    const first = this.bins.findIndex((count) => count > 0);
    const used = this.bins.length - first;
    const step = 2 ** Math.max(0, Math.ceil(Math.log2(used / maxBins)));
    return Array.from({ length: Math.ceil(used / step) }, (_, i) => {
      const from = first + i * step;
      const counts = this.bins.slice(from, from + step);
      return {
        ...{ fromMs: startOf(from), toMs: startOf(from + step) },
        count: counts.reduce((sum, count) => sum + count, 0),
      };
    });
  }
}

const startOf = (bin: number): number => (bin < 1 ? Math.max(0.5, bin) : 2 ** ((bin - 1) / perDoubling));
