/** Round figures for axes. Zero is always there. */

export interface Scale {
  most: number;
  ticks: number[];
}

/** At most five ticks from zero; the last is at or above what is shown. */
export function scaleOf(most: number, isWhole = false): Scale {
  if (!(most > 0)) return { most: 1, ticks: [0] };
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = [1, 2, 2.5, 5, 10].map((factor) => factor * power);
  const step = steps.find((one) => one >= rough && (!isWhole || Number.isInteger(one))) ?? 10 * power;
  return from0(most, isWhole ? Math.max(1, step) : step);
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const timeSteps = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 5, 10, 20, 50, 100].map((n) => n * day),
];

export function durationScale(mostMs: number): Scale {
  const step = timeSteps.find((one) => one >= mostMs / 4) ?? mostMs / 4;
  // A minute and a half is told as 2 min, which is the next tick.
  return from0(mostMs, step === 30 * second && mostMs > minute ? minute : step);
}

function from0(most: number, step: number): Scale {
  const count = Math.max(1, Math.ceil(most / step - 1e-9));
  // Without the digits that binary fractions add.
  const ticks = Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
  return { most: ticks.at(-1)!, ticks };
}

/** Round times of the day in a stretch of time, at most so many. */
export function timesIn(fromMs: number, toMs: number, most: number): number[] {
  const step = timeSteps.find((one) => (toMs - fromMs) / one <= most) ?? 1_000 * day;
  const shiftMs = new Date(fromMs).getTimezoneOffset() * minute;
  const first = Math.ceil((fromMs - shiftMs) / step) * step + shiftMs;
  const times: number[] = [];
  for (let at = first; at <= toMs && times.length < most; at += step) times.push(at);
  return times;
}

const roundDurations = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => n),
  ...[1, 2, 5, 10, 20, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 30].map((n) => n * minute),
  ...[1, 2, 5, 10, 24, 48, 240].map((n) => n * hour),
];

/** Round durations between two, at most so many: for an axis on which equal steps are equal factors. */
export function durationsIn(fromMs: number, toMs: number, most = 7): number[] {
  const inside = roundDurations.filter((ms) => ms >= fromMs && ms <= toMs);
  const every = Math.ceil(inside.length / most);
  return inside.filter((_, i) => i % every === 0);
}
