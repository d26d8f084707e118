import { type ConcurrencyRise, type Eta, estimateEta, workingMs } from "./eta.js";
import type { DurationSample, OpenItem, RunState } from "./jobState.js";
import { joined, type Span } from "./sleeps.js";

export interface RunEtaInput {
  run: RunState;
  /** Gives those of all runs, newest last. */
  durations: () => readonly DurationSample[];
  /** Those that an attempt is under way at. */
  underWay: readonly OpenItem[];
  /** Items that are not begun, and those that wait for another attempt. */
  waiting: number;
  nowMs: number;
  /** When the machine slept while the run was looked at. */
  asleep?: readonly Span[];
}

/** How long a live run still takes, going by what this run did: earlier runs had other days and other speeds. */
export function etaOfRun(input: RunEtaInput): Eta | null {
  const { run, durations, underWay, waiting, nowMs, asleep = [] } = input;
  const { pauses = [], pace } = run;
  const own = durations().filter((sample) => sample.run === run.run);
  const durationsMs = own.map(({ atMs, ms }) => workingMs(atMs - ms, atMs, pauses));
  // Items that ended tell their durations by a clock that may not have gone on meanwhile.
  const idle = asleep.length > 0 ? joined([...pauses, ...asleep]) : pauses;
  const workingUntil = (fromMs: number, toMs: number) => workingMs(fromMs, toMs, idle);
  const rise = riseOf(run, durationsMs);
  return estimateEta({
    durationsMs,
    inFlightAgesMs: underWay.map(({ atMs }) => workingUntil(atMs, nowMs)),
    inFlightProgress: underWay.map(({ atMs, progress }) =>
      progress ? { fraction: progress.fraction, ageMs: workingUntil(atMs, progress.atMs) } : undefined,
    ),
    waiting,
    concurrency: pace?.concurrency ?? run.concurrency ?? Math.max(1, underWay.length),
    pausedMs: Math.max(0, (pace?.untilMs ?? 0) - nowMs),
    ...(rise && { rise }),
  });
}

/**
 * After a single drop the concurrency comes back by one a round. A service that was too much asked more than once is
 * taken to stay as it is: it goes up and down about there.
 */
function riseOf(
  { pace, concurrency, drops = 0 }: RunState,
  durationsMs: readonly number[],
): ConcurrencyRise | undefined {
  if (!pace || concurrency === undefined || pace.concurrency >= concurrency) return undefined;
  if (drops !== 1 || durationsMs.length === 0) return undefined;
  const sorted = [...durationsMs].sort((a, b) => a - b);
  return { everyMs: Math.max(1, sorted[sorted.length >> 1]!), limit: concurrency };
}
