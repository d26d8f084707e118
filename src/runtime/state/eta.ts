/** Estimates of the remaining time by a simulated schedule. Pure: the same input gives the same answer. */
import { durationSampleSize } from "../config.js";
import { DurationModel, withoutInstantStart } from "./durationModel.js";
import type { Span } from "./sleeps.js";
import { Slots } from "./slots.js";

/** All times are milliseconds on a clock that stands still while the run pauses, see `workingMs`; so does the estimate. */
export interface EtaInput {
  /**
   * Durations of items finished in this run, newest last; at most the last 400 are drawn from. Items whose steps were
   * all restored are to be left out; items at the run's start that took next to nothing are left out here.
   */
  durationsMs: readonly number[];
  /** How long each item in flight has been going. */
  inFlightAgesMs: readonly number[];
  /** The latest progress of the items in flight, in the order of `inFlightAgesMs`; undefined where one told none. */
  inFlightProgress?: readonly (ItemProgress | undefined)[];
  /** Items not yet started. */
  waiting: number;
  /**
   * How many items are worked on at a time, as observed: now, not as configured. A fraction where slots stand empty
   * between items. Fewer than are in flight means that not every item which ends is followed by another.
   */
  concurrency: number;
  /** How the concurrency is expected to come back after a drop. Left out: it stays as it is. */
  rise?: ConcurrencyRise;
  /** How long the run will still be paused: added to both ends of the range. Default 0. */
  pausedMs?: number;
}

/** One more item at a time, each so often, up to a limit. */
export interface ConcurrencyRise {
  everyMs: number;
  limit: number;
}

export interface ItemProgress {
  /** How much of the item is done, from 0 to 1. */
  fraction: number;
  /** The item's age when it said so. */
  ageMs: number;
}

export interface Eta {
  p50Ms: number;
  p90Ms: number;
}

const maxSimulations = 60;
const minSimulations = 20;
/** Together the simulations schedule about this many items. */
const maxDraws = 30_000;
/** Only the last this many items, or rounds of all slots, are scheduled one by one; what comes before them is a sum. */
const maxScheduledItems = 400;
const minScheduledRounds = 2;
const maxSlots = 2_000;
/** Fewer finished items than this say nothing yet. */
const minSamples = 2;
/** Items that say less than this of themselves count as if they said nothing. */
const minFraction = 0.02;
/** The standard deviation of the logarithm of the remaining time by what no sample shows: a service that slows down, a pause. */
const unforeseen = 0.1;
/** The same by the shape of the durations, of which a single sample shows nothing. It falls with their square root. */
const unknownShape = 0.3;
/** How much further out p90 is taken where the slowest items follow a power law, of which a few show little. */
const tailDoubt = 0.12;
const z90 = 1.2816;

/**
 * Draws durations of this run at random for what is left, gives them to as many slots as are in use, and takes
 * the middle and the 90th percentile of when the last one ends. An item in flight draws from the durations
 * longer than its age, and goes by its own progress as far as it tells some. Null while there is nothing to go by.
 */
export function estimateEta(input: EtaInput): Eta | null {
  if (input.waiting === 0 && input.inFlightAgesMs.length === 0) return { p50Ms: 0, p90Ms: 0 };
  const plan = planOf(input);
  const { inFlight } = plan;
  const durationsMs = input.durationsMs.slice(-durationSampleSize);
  const finishedMs = withoutInstantStart(
    durationsMs,
    inFlight.map((item) => item.ageMs),
  );
  const told = inFlight.filter((item) => item.told !== undefined);
  if (finishedMs.length < minSamples && told.length === 0) return null;
  const isWholeRun = finishedMs.length < durationSampleSize;
  const model = new DurationModel({
    finishedMs: [...finishedMs, ...told.map((item) => item.told!.totalMs)],
    agesMs: inFlight.filter((item) => item.told === undefined).map((item) => item.ageMs),
    weight: input.inFlightAgesMs.length / Math.max(1, inFlight.length),
    // All slots together spend the durations in it.
    windowMs: isWholeRun ? Number.POSITIVE_INFINITY : sum(finishedMs) / plan.concurrency,
  });
  const samples = finishedMs.length + told.length;
  const spread = logSpreadOf(finishedMs);
  const scheduled = Math.min(plan.waiting, Math.max(maxScheduledItems, minScheduledRounds * plan.slots));
  const simulations = Math.round(
    Math.min(maxSimulations, Math.max(minSimulations, maxDraws / (scheduled + 1))),
  );
  // Always the same numbers, so that a view does not jitter by itself.
  const random = generator(1);
  const remaining = inFlight.map((item) => remainingOf(item, model, spread, random));
  const pool = new Float64Array(samples);
  const ends = Array.from({ length: simulations }, () => {
    // What was seen is itself a draw from what items take: each schedule has its own view of that.
    for (let n = 0; n < samples; n++) pool[n] = model.draw(random) * plan.stretch;
    const leftMs = remaining.map((draw) => draw());
    return endOf(plan, scheduled, leftMs, pool, random);
  });
  const doubt = Math.hypot(unforeseen, unknownShape / Math.sqrt(samples));
  return rangeOf(ends, doubt, 0.9 + tailDoubt * model.tailSpread, input.pausedMs ?? 0);
}

/** One schedule: the items that come before the scheduled ones are a sum that the slots share out evenly. */
function endOf(
  plan: Plan,
  scheduled: number,
  leftMs: number[],
  pool: Float64Array,
  random: () => number,
): number {
  const headMs = sumOf(plan.waiting - scheduled, pool, random);
  const head = headMs === 0 ? { ms: 0, slots: plan.slots, riseMs: plan.rise.everyMs } : headOf(headMs, plan);
  const schedule = new Slots();
  for (const ms of leftMs) schedule.addBusy(ms);
  for (let n = leftMs.length; n > head.slots; n--) schedule.removeFirst();
  while (schedule.size < head.slots) schedule.addIdle(0);
  for (
    let slots = head.slots, atMs = head.riseMs;
    slots < plan.rise.limit;
    slots++, atMs += plan.rise.everyMs
  )
    schedule.addIdle(atMs);
  for (let n = 0; n < scheduled; n++) schedule.extendFirst(pool[Math.floor(random() * pool.length)]!);
  return head.ms + schedule.last;
}

/** How long so much work takes, how many slots there are by then, and in what time there will be one more. */
function headOf(workMs: number, { slots, rise }: Plan): { ms: number; slots: number; riseMs: number } {
  let [ms, leftMs, riseMs] = [0, workMs, rise.everyMs];
  while (slots < rise.limit && leftMs > slots * riseMs) {
    leftMs -= slots * riseMs;
    ms += riseMs;
    riseMs = rise.everyMs;
    slots++;
  }
  const lastMs = leftMs / slots;
  return { ms: ms + lastMs, slots, riseMs: riseMs - lastMs };
}

/**
 * How much of a stretch of time a run was at work, milliseconds.
 * @param pauses when the run was paused, in any order and not overlapping; `toMs` may be in the future
 */
export function workingMs(fromMs: number, toMs: number, pauses: readonly Span[]): number {
  let ms = toMs - fromMs;
  for (const pause of pauses) ms -= Math.max(0, Math.min(toMs, pause.toMs) - Math.max(fromMs, pause.fromMs));
  return Math.max(0, ms);
}

interface InFlight {
  ageMs: number;
  /** What its progress says that it takes in all, and the standard deviation of that number's logarithm. */
  told: { totalMs: number; doubt: number } | undefined;
}

interface Plan {
  inFlight: InFlight[];
  waiting: number;
  slots: number;
  /** As it is, before slots stand for several. */
  concurrency: number;
  rise: ConcurrencyRise;
  /** What an item of a slot that stands empty in between takes, in parts of its duration. */
  stretch: number;
}

/** Of more slots than are simulated each stands for several, and for their share of the items. */
function planOf(input: EtaInput): Plan {
  const { inFlightAgesMs, inFlightProgress, concurrency, rise } = input;
  const items = input.waiting + inFlightAgesMs.length;
  const used = Math.min(Math.max(concurrency, Number.EPSILON), items);
  const limit = Math.max(used, Math.min(rise?.limit ?? 0, items));
  const scale = Math.max(1, Math.ceil(limit) / maxSlots);
  const slots = Math.ceil(Math.ceil(used) / scale);
  const inFlight: InFlight[] = [];
  for (let at = 0; at < inFlightAgesMs.length; at += scale) {
    const index = Math.floor(at);
    const ageMs = Math.max(0, inFlightAgesMs[index]!);
    inFlight.push({ ageMs, told: toldBy(inFlightProgress?.[index], ageMs) });
  }
  return {
    inFlight,
    waiting: Math.ceil(input.waiting / scale),
    slots,
    concurrency: used,
    rise: rise
      ? { everyMs: Math.max(1, rise.everyMs) * scale, limit: Math.ceil(limit / scale) }
      : { everyMs: 0, limit: 0 },
    stretch: slots / (used / scale),
  };
}

function toldBy(progress: ItemProgress | undefined, ageMs: number): InFlight["told"] {
  if (!progress || !(progress.fraction >= minFraction) || !(progress.ageMs > 0)) return undefined;
  const fraction = Math.min(1, progress.fraction);
  // The less is done the less it says of the rest: as if the pace were a random walk.
  const doubt = 0.2 * Math.sqrt((1 - fraction) / fraction);
  return { totalMs: Math.max(ageMs, progress.ageMs / fraction), doubt };
}

/** Draws it by the item's own progress and by what others took, each as far as it can be relied on. */
function remainingOf(
  { ageMs, told }: InFlight,
  model: DurationModel,
  spread: number | null,
  random: () => number,
): () => number {
  const drawOthersMs = model.longerThan(ageMs);
  if (!told) return () => drawOthersMs(random) - ageMs;
  const drawToldMs = () => told.totalMs * Math.exp(told.doubt * gaussian(random));
  if (spread === null) return () => Math.max(0, drawToldMs() - ageMs);
  const weight = spread ** 2 / (spread ** 2 + told.doubt ** 2 || 1);
  return () => Math.max(0, drawToldMs() ** weight * drawOthersMs(random) ** (1 - weight) - ageMs);
}

/** The standard deviation of the durations' logarithms; null where there are too few. */
function logSpreadOf(durationsMs: readonly number[]): number | null {
  if (durationsMs.length < minSamples) return null;
  const logs = durationsMs.map((ms) => Math.log(Math.max(1, ms)));
  const mean = sum(logs) / logs.length;
  return Math.sqrt(sum(logs.map((log) => (log - mean) ** 2)) / logs.length);
}

/** What so many items take together: a draw from the normal distribution that the sum of many comes near to. */
function sumOf(count: number, pool: Float64Array, random: () => number): number {
  if (count === 0) return 0;
  const mean = sum(pool) / pool.length;
  let squares = 0;
  for (let n = 0; n < pool.length; n++) squares += (pool[n]! - mean) ** 2;
  const variance = squares / pool.length;
  return Math.max(0, count * mean + Math.sqrt(count * variance) * gaussian(random));
}

function rangeOf(ends: number[], doubt: number, share: number, pausedMs: number): Eta {
  ends.sort((a, b) => a - b);
  const middle = ends.slice(Math.floor(ends.length * 0.4), Math.ceil(ends.length * 0.6));
  const p50Ms = sum(middle) / middle.length;
  const simulatedMs = ends[Math.floor(ends.length * share)]!;
  const factor =
    p50Ms > 0 ? Math.exp(Math.hypot(Math.log(Math.max(1, simulatedMs / p50Ms)), z90 * doubt)) : 1;
  return { p50Ms: pausedMs + p50Ms, p90Ms: pausedMs + Math.max(simulatedMs, p50Ms * factor) };
}

function sum(values: readonly number[] | Float64Array): number {
  let total = 0;
  // Without an iterator, which takes most of an estimate's time where this was not compiled yet.
  for (let n = 0; n < values.length; n++) total += values[n]!;
  return total;
}

/** Box and Muller. */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Mulberry32: small, and good enough for resampling. */
function generator(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
