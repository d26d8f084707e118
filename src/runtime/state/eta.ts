/** Estimates of the remaining time by a simulated schedule. Pure: the same input gives the same answer. */
import { durationSampleSize } from "../config.js";

export interface EtaInput {
  /** Durations of items finished in this run, newest last, milliseconds; at most the last 400 are drawn from. */
  durationsMs: readonly number[];
  /** How long each item in flight has been going, milliseconds. */
  inFlightAgesMs: readonly number[];
  /** Items not yet started. */
  waiting: number;
  /** How many items are worked on at a time. */
  concurrency: number;
}

export interface Eta {
  p50Ms: number;
  p90Ms: number;
}

const simulations = 60;
/** Only the last this many items, or rounds of all slots, are scheduled one by one; what comes before them is a sum. */
const maxScheduledItems = 400;
const minScheduledRounds = 2;
const maxSlots = 2_000;
/** Fewer finished items than this say nothing yet. */
const minSamples = 2;

/**
 * Draws durations of this run at random for what is left, gives them to as many slots as are in use, and takes
 * the middle and the 90th percentile of when the last one ends. An item in flight draws from the durations
 * longer than its age. Null while there is nothing to draw from.
 */
export function estimateEta(input: EtaInput): Eta | null {
  const { inFlightAgesMs, waiting } = input;
  const durationsMs = input.durationsMs.slice(-durationSampleSize);
  if (waiting === 0 && inFlightAgesMs.length === 0) return { p50Ms: 0, p90Ms: 0 };
  if (durationsMs.length < minSamples) return null;
  const slots = Math.min(Math.max(1, Math.min(input.concurrency, waiting + inFlightAgesMs.length)), maxSlots);
  const scheduled = Math.min(waiting, Math.max(maxScheduledItems, minScheduledRounds * slots));
  const random = generator(durationsMs.length * 31 + waiting);
  const drawFrom = (pool: readonly number[]) => pool[Math.floor(random() * pool.length)]!;
  const sorted = [...durationsMs].sort((a, b) => a - b);
  const ends: number[] = [];
  for (let i = 0; i < simulations; i++) {
    const queue = new Slots(
      inFlightAgesMs.slice(0, slots).map((ageMs) => remainingOf(ageMs, sorted, random)),
    );
    while (queue.size < slots) queue.add(0);
    // What was seen is itself a draw from what items take: each schedule has its own view of that.
    const pool = durationsMs.map(() => drawFrom(durationsMs));
    const meanMs = pool.reduce((sum, ms) => sum + ms, 0) / pool.length;
    const headStartMs = ((waiting - scheduled) * meanMs) / slots;
    for (let n = 0; n < scheduled; n++) queue.extendFirst(drawFrom(pool));
    ends.push(headStartMs + queue.last);
  }
  ends.sort((a, b) => a - b);
  return { p50Ms: ends[Math.floor(simulations * 0.5)]!, p90Ms: ends[Math.floor(simulations * 0.9)]! };
}

/** When each slot is free, as a binary heap with the first to be free on top. */
class Slots {
  private readonly times: number[] = [];
  last = 0;

  constructor(times: readonly number[]) {
    for (const time of times) this.add(time);
  }

  get size(): number {
    return this.times.length;
  }

  add(time: number): void {
    let at = this.times.push(time) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && this.times[parent]! > time; parent = (at - 1) >> 1) {
      this.times[at] = this.times[parent]!;
      at = parent;
    }
    this.times[at] = time;
    this.last = Math.max(this.last, time);
  }

  /** Gives the slot that is free first something to do. */
  extendFirst(ms: number): void {
    const { times } = this;
    const time = times[0]! + ms;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < times.length && times[child + 1]! < times[child]!) child++;
      if (child >= times.length || times[child]! >= time) break;
      times[at] = times[child]!;
      at = child;
    }
    times[at] = time;
    this.last = Math.max(this.last, time);
  }
}

function remainingOf(ageMs: number, sorted: readonly number[], random: () => number): number {
  const from = sorted.findIndex((ms) => ms > ageMs);
  // Older than anything seen: as much again as the usual item, at the least.
  if (from === -1) return sorted[Math.floor(sorted.length / 2)]!;
  return sorted[from + Math.floor(random() * (sorted.length - from))]! - ageMs;
}

/** Mulberry32: small, good enough for resampling, and seeded so that a view does not jitter by itself. */
function generator(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
