/** How far estimates of the remaining time are from what then really remained, over many simulated runs. */
import { CheckpointScanner } from "../../../src/runtime/format/scan.js";
import { type Eta, estimateEta, workingMs } from "../../../src/runtime/state/eta.js";
import { applyRecord } from "../../../src/runtime/state/fold.js";
import { createJobState, type JobState } from "../../../src/runtime/state/jobState.js";
import { statusOf } from "../../../src/runtime/state/status.js";
import { naiveRemainingMs, TqdmEstimate } from "./etaRivals.js";
import { items, lognormal, type PlayedRun, play, type Scenario, token, workers } from "./etaSimulation.js";

/** Of a thousand the slowest takes five times the usual. */
const usual: Scenario["durationMs"] = (_, uniform) => lognormal(15_000, 0.5, uniform);

export interface RatedScenario extends Scenario {
  /** From which part of the run's work on estimates are rated, up to three quarters. Default a quarter. */
  fromShare?: number;
  /** The median error that is allowed, from 0 to 1; null where it only must not be above tqdm's. */
  maxError: number | null;
  /** Whether p90 must hold. Not where most of what is rated comes before something that nobody can know of. */
  isForeseeable?: false;
}

const halfWay = { durationMs: usual, drop: { afterShare: 0.5 }, maxError: null };

export const scenarios: RatedScenario[] = [
  { name: "plain", durationMs: usual, maxError: 0.04 },
  { name: "resumed", durationMs: usual, doneBefore: 600, maxError: 0.1 },
  { name: "pause", durationMs: usual, pause: { afterShare: 0.5, ms: 60_000 }, maxError: 0.17 },
  { name: "concurrency drop", durationMs: usual, drop: { afterShare: 0.3 }, maxError: 0.05 },
  {
    name: "drop, slow rise",
    durationMs: usual,
    drop: { afterShare: 0.3, riseEveryMs: 60_000 },
    maxError: 0.05,
  },
  { name: "drop half way", ...halfWay, isForeseeable: false },
  { name: "after it", ...halfWay, fromShare: 0.52 },
  { name: "cached first", durationMs: usual, cached: 300, maxError: 0.17 },
  {
    name: "heavy tail",
    durationMs: (_, uniform, seed) =>
      seed % 2 === 0 ? lognormal(10_000, 1.3, uniform) : 6_300 * (1 - uniform()) ** (-1 / 1.5),
    maxError: null,
  },
];

export interface Errors {
  name: string;
  checks: number;
  ours: number;
  tqdm: number;
  naive: number;
  /** The part of the checks in which no more than p90 remained. */
  held: number;
  /** p90 / p50 in the middle. */
  width: number;
  /** Of ours, before the part that is rated. */
  early: number;
  /** Checks in which ours knew nothing. */
  unknown: number;
}

/** @param moments how many times a run is asked, in equal steps of time from its start to its end */
export function errorsOf(scenario: RatedScenario, seeds: number, moments: number, withEarly = false): Errors {
  const errors = { ours: [] as number[], tqdm: [] as number[], naive: [] as number[], early: [] as number[] };
  const widths: number[] = [];
  const { fromShare = 0.25 } = scenario;
  let [held, unknown] = [0, 0];
  for (let seed = 1; seed <= seeds; seed++) {
    for (const check of checksOf(play(scenario, seed), scenario, moments, withEarly ? 0 : fromShare)) {
      const { eta, truthMs, share } = check;
      const errorOf = (ms: number | null) => (ms === null ? Infinity : Math.abs(ms - truthMs) / truthMs);
      if (share < fromShare) {
        errors.early.push(errorOf(eta?.p50Ms ?? null));
        continue;
      }
      errors.ours.push(errorOf(eta?.p50Ms ?? null));
      errors.tqdm.push(errorOf(check.tqdmMs));
      errors.naive.push(errorOf(check.naiveMs));
      if (eta === null) unknown++;
      else widths.push(eta.p90Ms / eta.p50Ms);
      if (eta !== null && truthMs <= eta.p90Ms) held++;
    }
  }
  return {
    name: scenario.name,
    checks: errors.ours.length,
    ours: median(errors.ours),
    tqdm: median(errors.tqdm),
    naive: median(errors.naive),
    held: held / errors.ours.length,
    width: median(widths),
    early: median(errors.early),
    unknown,
  };
}

function* checksOf(run: PlayedRun, scenario: Scenario, moments: number, fromShare: number) {
  const state = createJobState();
  const tqdm = new TqdmEstimate(items, run.doneBefore, run.beganMs);
  const workMs = run.own.reduce((sum, { fromMs, toMs }) => sum + workingMs(fromMs, toMs, run.pauses), 0);
  let [nextRecord, done] = [0, run.doneBefore];
  for (let n = 0; n < moments; n++) {
    const nowMs = run.beganMs + ((n + 0.5) / moments) * (run.endedMs - run.beganMs);
    for (; (run.records[nextRecord]?.atMs ?? Infinity) <= nowMs; nextRecord++) {
      const record = run.records[nextRecord]!;
      applyRecord(state, record);
      if (record.type === "done" && record.run !== undefined && record.atMs >= run.beganMs)
        tqdm.update(++done, record.atMs);
    }
    const workedMs = run.own.reduce((sum, { fromMs, toMs }) => {
      return sum + (fromMs < nowMs ? workingMs(fromMs, Math.min(toMs, nowMs), run.pauses) : 0);
    }, 0);
    const share = workedMs / workMs;
    if (share > 0.75) return;
    if (share < fromShare) continue;
    yield {
      share,
      truthMs: run.endedMs - nowMs,
      eta: etaOf(state, run, scenario, nowMs),
      tqdmMs: tqdm.remainingMs(nowMs),
      naiveMs: naiveRemainingMs(done, items, nowMs - run.beganMs),
    };
  }
}

const scan = { ...new CheckpointScanner().summary(), format: "agent-jobs" as const };

function etaOf(state: JobState, run: PlayedRun, scenario: Scenario, nowMs: number): Eta | null {
  const holder = { pid: 7, host: "ada", token, sinceMs: run.beganMs, local: true };
  const status = statusOf(state, scan, holder, nowMs);
  if (!scenario.pause && !scenario.drop) return status.eta;
  const { inFlightItems, remaining } = status;
  const pauses = run.pauses.filter(({ fromMs }) => fromMs <= nowMs);
  return estimateEta({
    durationsMs: state.durations
      .newest()
      .filter((sample) => sample.run === status.run!.run)
      .map(({ atMs, ms }) => workingMs(atMs - ms, atMs, pauses)),
    inFlightAgesMs: inFlightItems.map(({ open }) => workingMs(open.atMs, nowMs, pauses)),
    waiting: remaining! - inFlightItems.length,
    concurrency: run.limits.findLast(({ fromMs }) => fromMs <= nowMs)!.limit,
    ...(scenario.drop?.riseEveryMs !== undefined && {
      rise: { everyMs: scenario.drop.riseEveryMs, limit: workers },
    }),
    pausedMs: Math.max(0, ...pauses.map(({ toMs }) => toMs - nowMs)),
  });
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const percent = (share: number, digits = 1) =>
  Number.isNaN(share) ? "" : `${(100 * share).toFixed(digits)} %`;

/** What is wrong with a scenario's errors, in words. */
export function faultsOf(row: Errors, { maxError, isForeseeable }: RatedScenario): string[] {
  const faults = [
    row.unknown > 0 && `${row.unknown} estimates knew nothing`,
    maxError !== null && row.ours > maxError && `an error of ${row.ours}, above ${maxError}`,
    row.ours > row.tqdm && `an error of ${row.ours}, above tqdm's ${row.tqdm}`,
    isForeseeable !== false && row.held < 0.85 && `p90 holds in ${row.held} of the checks, below 0.85`,
  ];
  return faults.filter((fault) => fault !== false).map((fault) => `${row.name}: ${fault}`);
}

export function tableOf(rows: readonly Errors[]): string {
  const cells = rows.map((row) => [
    row.name,
    percent(row.ours),
    percent(row.tqdm),
    percent(row.naive),
    percent(row.held, 0),
    row.width.toFixed(2),
    percent(row.early),
    `${row.checks}`,
  ]);
  const all = [["", "ours", "tqdm", "naive", "p90 holds", "p90/p50", "ours before", "checks"], ...cells];
  const widths = all[0]!.map((_, at) => Math.max(...all.map((row) => row[at]!.length)));
  const lines = all.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join("  "),
  );
  return lines.join("\n");
}
