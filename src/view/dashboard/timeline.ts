import { type CheckpointRecord, isTimed } from "../../runtime/format/record.js";
import type { ScannedRecord, ScanSummary } from "../../runtime/format/scan.js";
import { type JobState, latestRun } from "../../runtime/state/jobState.js";
import { statusOf } from "../../runtime/state/status.js";
import { noteSign } from "../report/timeline.js";
import { LatencySketch } from "./latencySketch.js";
import { addTo, nothing, TimeBuckets, type Untimed } from "./timeBuckets.js";

/** How long a run would still take, as estimated by what was known at a moment. */
export interface EtaSample {
  atMs: number;
  run: number;
  p50Ms: number;
  p90Ms: number;
}

const maxEtas = 128;
/** So many estimates are made of what a file holds already: each takes a millisecond or two. */
const etasOfHistory = 64;
const minStrideBytes = 200;

/** For an estimate alone, which does not depend on what lines are damaged. */
const undamaged: ScanSummary = {
  ...{ format: "agent-jobs", faults: [], faultCount: 0, damageCount: 0, unverified: 0 },
  ...{ tornTail: false, openTail: false, lines: 0 },
};

/**
 * What a dashboard shows over time and the state does not keep. Bounded, however many items there are. Each record is
 * given once the fold has applied it: what is counted is by how much the fold's own sums grew, so that repeats count
 * here as little as they do there.
 */
export class DashboardTimeline {
  readonly buckets = new TimeBuckets();
  /** What has no place among them: files of other tools need not say when. */
  readonly untimed: Untimed = { ...nothing };
  readonly latency = new LatencySketch();
  /** The newest record of each run: the last sign of one that left no end. */
  readonly lastSignMs = new Map<number, number>();
  etas: EtaSample[] = [];
  private sums = sumsOf(undefined);
  private readonly failedOfRuns = new Map<number, number>();
  private strideBytes: number;
  private sinceBytes = 0;

  /** @param sizeBytes how much there is to read already */
  constructor(sizeBytes: number) {
    this.strideBytes = Math.max(minStrideBytes, sizeBytes / etasOfHistory);
  }

  /** @param state after the record was applied to it */
  take({ record, lengthBytes }: Pick<ScannedRecord, "record" | "lengthBytes">, state: JobState): void {
    noteSign(this.lastSignMs, record);
    const before = this.sums;
    const sums = sumsOf(state);
    this.sums = sums;
    const failed = this.newlyFailed(record, state);
    const tookMs = sums.doneMs - before.doneMs;
    const done = sums.done - before.done;
    if (tookMs > 0) this.latency.add(tookMs);
    else if (record.type === "done" && done > 0 && record.ms === 0) this.latency.add(0);
    const usd = sums.usd - before.usd;
    const inputTokens = sums.inputTokens - before.inputTokens;
    const outputTokens = sums.outputTokens - before.outputTokens;
    if (done > 0 || failed > 0 || usd > 0 || inputTokens > 0 || outputTokens > 0)
      this.place(momentOf(record), { done, failed, usd, inputTokens, outputTokens });
    this.sinceBytes += lengthBytes;
    if (this.sinceBytes >= this.strideBytes) this.estimate(record.atMs, state);
  }

  private place(atMs: number, happened: Untimed): void {
    if (isTimed(atMs)) this.buckets.add(atMs, happened);
    else addTo(this.untimed, happened);
  }

  private newlyFailed(record: CheckpointRecord, state: JobState): number {
    if (record.type === "failed" && !(record.run > 0)) return 1; // files of other tools know of no runs
    const runs = record.type === "compacted" ? record.runs : record.type === "failed" ? [record] : [];
    let count = 0;
    for (const { run } of runs) {
      const failed = state.runs.get(run)?.failed ?? 0;
      count += failed - (this.failedOfRuns.get(run) ?? 0);
      this.failedOfRuns.set(run, failed);
    }
    return count;
  }

  private estimate(atMs: number, state: JobState): void {
    this.sinceBytes = 0;
    const run = latestRun(state);
    if (!run?.token || run.ended) return;
    const holder = { pid: run.pid, host: run.host, token: run.token, sinceMs: run.startedAtMs, local: true };
    const { eta } = statusOf(state, undamaged, holder, atMs);
    if (!eta) return;
    this.etas.push({ atMs, run: run.run, ...eta });
    if (this.etas.length <= maxEtas) return;
    this.etas = this.etas.filter((_, i) => i % 2 === 1);
    this.strideBytes *= 2;
  }
}

/** Sums that a compaction wrote down are of the runs that it summed up, not of its own time. */
function momentOf(record: CheckpointRecord): number {
  if (record.type !== "compacted") return record.atMs;
  return Math.min(record.atMs, ...record.runs.map(({ ts }) => ts * 1_000));
}

/** What a person marked as done is left out of what was done when: nothing was worked on then. */
function sumsOf(state: JobState | undefined) {
  const { usd, inputTokens, outputTokens } = state?.usage ?? {};
  return {
    ...{ done: (state?.done.size ?? 0) - (state?.doneByPerson ?? 0), doneMs: state?.doneMs ?? 0 },
    ...{ usd: usd ?? 0, inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0 },
  };
}
