import { stalledAfterMs } from "../config.js";
import type { ItemKey } from "../format/itemId.js";
import type { LossCause, RunEndReason } from "../format/record.js";
import type { ScanSummary } from "../format/scan.js";
import { type Eta, workingMs } from "./eta.js";
import { isGone, type JobState, latestRun, type OpenItem, type RunState } from "./jobState.js";
import type { PhaseCounts } from "./openItems.js";
import { etaOfRun, type RunEtaInput } from "./runEta.js";
import type { Span } from "./sleeps.js";

export type Progress =
  | "running"
  | "stalled"
  | "stopped"
  | "finished"
  | "finished-with-failures"
  | "empty"
  | "unreadable";

/** Who holds a job's lock, as far as the lock tells. */
export interface Holder {
  pid: number;
  host: string;
  /** The lock's token, which the run's first record repeats. */
  token: string;
  sinceMs: number;
  /** False where the process is of another host or namespace, so that only its renewals show it lives. */
  local: boolean;
}

export type RunEnding = RunEndReason | LossCause;

/** What a lock tells that a run left behind which no longer lives. */
export interface LostRun {
  /** The lock's token, which the run's first record repeats. */
  token: string;
  cause: LossCause;
  /** Of `out-of-memory`: `heap` where it was Node's own limit. */
  detail?: string;
}

/** Makes the estimate of a run that is live. */
export type Estimate = (input: RunEtaInput) => Eta | null;

export interface OpenEntry {
  item: ItemKey;
  open: OpenItem;
}

/** One job at one moment: what every surface shows. */
export interface JobStatus {
  progress: Progress;
  damaged: boolean;
  total: number | null;
  done: number;
  failed: number;
  inDoubt: number;
  inFlight: number;
  /** total − done − failed − inDoubt; null without a total. */
  remaining: number | null;
  gone: number;
  /** What the done items took: not spent again on a resume. Null where no record says. */
  saved: { usd: number | null; ms: number | null };
  holder: Holder | null;
  run: RunState | null;
  lastRun: { run: RunState; ended: RunEnding; detail?: string } | null;
  eta: Eta | null;
  /** Until when the live run begins nothing, and why; null where it is not paused. */
  pause: { untilMs: number; cause: string } | null;
  /** How many items the live run works on at a time at the moment; null where nothing runs or says so. */
  concurrency: number | null;
  /** Of the items in flight, those that failed and wait for their next attempt. */
  retrying: number;
  /** What all attempts of all runs took; null where no record says. */
  spent: { usd: number | null; tokens: number | null };
  /** The stages of the run, in order, and how many items have finished each; empty for a job without stages. */
  stages: { name: string; done: number }[];
  failedItems: OpenEntry[];
  inDoubtItems: OpenEntry[];
  inFlightItems: OpenEntry[];
}

/**
 * Counts a job's state at a moment.
 * @param holder who holds the job's lock and lives, or null
 * @param nowMs milliseconds since 1970
 * @param lost what the lock tells that a run left behind which no longer lives; null where there is none
 * @param estimate of the remaining time; left out: a new one, which takes a millisecond or two
 * @param asleep when the machine slept while the run was looked at: then it was not silent
 */
export function statusOf(
  state: JobState,
  scan: ScanSummary,
  holder: Holder | null,
  nowMs: number,
  lost: LostRun | null = null,
  estimate: Estimate = etaOfRun,
  asleep: readonly Span[] = [],
): JobStatus {
  const latest = latestRun(state) ?? null;
  const live = holder !== null && latest !== null && latest.token === holder.token ? latest : null;
  const isCounted = live === null && state.presence.size === 0;
  const lists = new OpenLists(state, live, isCounted ? state.open.packedPhases : undefined);
  let gone = 0;
  for (const [item, presence] of state.presence) if (presence.gone && state.done.has(item)) gone++;
  const { failed, inDoubt, inFlight } = lists.counts;
  const done = state.done.size - gone;
  const remaining = state.total === null ? null : Math.max(0, state.total - done - failed - inDoubt);
  const pause = pauseOf(live, nowMs);
  const counted = { holder, live, pause, remaining, failed, inDoubt };
  const progress = progressOf(state, scan, counted, nowMs, asleep);
  const concurrency = live?.pace?.concurrency ?? live?.concurrency ?? null;
  const underWay = (inFlight === 0 ? [] : lists.all.inFlightItems)
    .filter(({ open }) => open.phase === "started")
    .map(({ open }) => open);
  const retrying = inFlight - underWay.length;
  const waiting = Math.max(0, (remaining ?? 0) - underWay.length);
  // A run that did all its items and has not ended yet has no time left that could be told.
  const eta =
    live && remaining !== null && remaining > 0 && progress === "running"
      ? estimate({ run: live, durations: () => state.durations.newest(), underWay, waiting, nowMs, asleep })
      : null;
  return {
    progress,
    damaged: scan.damageCount > 0,
    total: state.total,
    done,
    failed,
    inDoubt,
    inFlight,
    remaining,
    gone,
    saved: { usd: state.doneUsage.usd, ms: state.doneMs },
    holder,
    run: live,
    lastRun: lastEnded(state, live, lost),
    eta,
    pause,
    concurrency,
    retrying,
    spent: { usd: state.usage.usd, tokens: tokensOf(state.usage) },
    stages: ((live ?? latest)?.stages ?? []).map((name) => ({ name, done: state.steps.get(name) ?? 0 })),
    get failedItems() {
      return lists.all.failedItems;
    },
    get inDoubtItems() {
      return lists.all.inDoubtItems;
    },
    get inFlightItems() {
      return lists.all.inFlightItems;
    },
  };
}

function tokensOf({ inputTokens, outputTokens }: JobState["usage"]): number | null {
  return inputTokens === null && outputTokens === null ? null : (inputTokens ?? 0) + (outputTokens ?? 0);
}

function pauseOf(live: RunState | null, nowMs: number): JobStatus["pause"] {
  const { untilMs, cause = "other" } = live?.pace ?? {};
  return untilMs !== undefined && untilMs > nowMs ? { untilMs, cause } : null;
}

/** Why an ended run ended: its own word, else what its successor wrote down, else what its lock still tells. */
export function endingOf(run: RunState, lost: LostRun | null = null): RunEnding {
  return run.ended?.reason ?? lossOf(run, lost)?.cause ?? "unknown";
}

function lossOf(run: RunState, lost: LostRun | null) {
  return run.lost ?? (lost !== null && run.token === lost.token ? lost : undefined);
}

/** Open items by what is known of them, and how many there are of each; lists of packed ones are made when somebody asks. */
class OpenLists {
  private made: ReturnType<typeof sortOpen> | undefined;
  readonly counts: { failed: number; inDoubt: number; inFlight: number };

  constructor(
    private readonly state: JobState,
    private readonly live: RunState | null,
    packed: PhaseCounts | undefined,
  ) {
    if (packed) {
      this.counts = { failed: packed.failed, inDoubt: packed.started, inFlight: 0 };
      return;
    }
    const { failedItems, inDoubtItems, inFlightItems } = this.all;
    this.counts = {
      failed: failedItems.length,
      inDoubt: inDoubtItems.length,
      inFlight: inFlightItems.length,
    };
  }

  get all(): ReturnType<typeof sortOpen> {
    this.made ??= sortOpen(this.state, this.live);
    return this.made;
  }
}

function sortOpen(state: JobState, live: RunState | null) {
  const failedItems: OpenEntry[] = [];
  const inDoubtItems: OpenEntry[] = [];
  const inFlightItems: OpenEntry[] = [];
  for (const [item, open] of state.open) {
    if (isGone(state, item) || open.attempt === 0) continue;
    const isLive = live !== null && open.run === live.run;
    if (isLive && (open.phase === "started" || (open.phase === "failed" && open.willRetry)))
      inFlightItems.push({ item, open });
    else if (open.phase === "failed") failedItems.push({ item, open });
    else if (open.phase === "started") inDoubtItems.push({ item, open });
  }
  return { failedItems, inDoubtItems, inFlightItems };
}

function lastEnded(state: JobState, live: RunState | null, lost: LostRun | null): JobStatus["lastRun"] {
  let last: RunState | null = null;
  for (const run of state.runs.values()) if (run !== live && (!last || run.run > last.run)) last = run;
  if (!last) return null;
  const detail = last.ended ? undefined : lossOf(last, lost)?.detail;
  return { run: last, ended: endingOf(last, lost), ...(detail !== undefined && { detail }) };
}

interface Counted {
  holder: Holder | null;
  live: RunState | null;
  pause: JobStatus["pause"];
  remaining: number | null;
  failed: number;
  inDoubt: number;
}

function progressOf(
  state: JobState,
  scan: ScanSummary,
  { holder, live, pause, remaining, failed, inDoubt }: Counted,
  nowMs: number,
  asleep: readonly Span[],
): Progress {
  if (scan.format === "unknown") return "unreadable";
  if (holder) {
    const pausedUntilMs = Math.min(nowMs, live?.pace?.untilMs ?? 0);
    const lastSignMs = Math.max(
      state.lastRecordAtMs ?? 0,
      live?.startedAtMs ?? holder.sinceMs,
      pausedUntilMs,
    );
    const silentMs = pause ? 0 : workingMs(lastSignMs, nowMs, asleep);
    return silentMs > stalledAfterMs && silentMs > stalledLimitMs(state.durations) ? "stalled" : "running";
  }
  if (scan.format === "empty" && state.done.size === 0 && state.open.size === 0 && state.runs.size === 0)
    return "empty";
  if (remaining !== 0 || inDoubt > 0) return "stopped";
  return failed > 0 ? "finished-with-failures" : "finished";
}

/** max(60 s, 5 × the 95th percentile of item time). */
function stalledLimitMs(durations: JobState["durations"]): number {
  if (durations.length === 0) return stalledAfterMs;
  const sorted = durations
    .newest()
    .map((sample) => sample.ms)
    .sort((a, b) => a - b);
  return Math.max(stalledAfterMs, 5 * sorted[Math.floor(sorted.length * 0.95)]!);
}
