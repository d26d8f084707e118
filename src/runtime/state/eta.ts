/** Estimates of the remaining time by a simulated schedule. Pure: the same input gives the same answer. */

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
/** Above this many items the rest is scaled: a sum of so many draws hardly varies. */
const maxSimulatedItems = 400;
/** Fewer finished items than this say nothing yet. */
const minSamples = 2;

/**
 * Draws durations of this run at random for what is left, gives them to as many slots as are in use, and takes
 * the middle and the 90th percentile of when the last one ends. An item in flight draws from the durations
 * longer than its age. Null while there is nothing to draw from.
 */
export function estimateEta(input: EtaInput): Eta | null {
  const { durationsMs, inFlightAgesMs, waiting } = input;
  if (waiting === 0 && inFlightAgesMs.length === 0) return { p50Ms: 0, p90Ms: 0 };
  if (durationsMs.length < minSamples) return null;
  const slots = Math.max(1, Math.min(input.concurrency, waiting + inFlightAgesMs.length));
  const simulated = Math.min(waiting, maxSimulatedItems);
  const scale = simulated > 0 ? waiting / simulated : 1;
  const random = generator(durationsMs.length * 31 + waiting);
  const draw = () => durationsMs[Math.floor(random() * durationsMs.length)]!;
  const sorted = [...durationsMs].sort((a, b) => a - b);
  const ends: number[] = [];
  for (let i = 0; i < simulations; i++) {
    const free = new Array<number>(slots).fill(0);
    for (const [slot, ageMs] of inFlightAgesMs.slice(0, slots).entries())
      free[slot] = remainingOf(ageMs, sorted, random);
    // The items in flight end once; only what waits is scaled up.
    const inFlight = [...free];
    for (let n = 0; n < simulated; n++) {
      const next = indexOfLeast(free);
      free[next] = free[next]! + draw() * scale;
    }
    ends.push(simulated > 0 ? Math.max(...free) : Math.max(...inFlight));
  }
  ends.sort((a, b) => a - b);
  return { p50Ms: ends[Math.floor(simulations * 0.5)]!, p90Ms: ends[Math.floor(simulations * 0.9)]! };
}

function remainingOf(ageMs: number, sorted: readonly number[], random: () => number): number {
  const from = sorted.findIndex((ms) => ms > ageMs);
  // Older than anything seen: as much again as the usual item, at the least.
  if (from === -1) return sorted[Math.floor(sorted.length / 2)]!;
  return sorted[from + Math.floor(random() * (sorted.length - from))]! - ageMs;
}

function indexOfLeast(values: readonly number[]): number {
  let least = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! < values[least]!) least = i;
  return least;
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
