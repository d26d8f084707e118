import { followIntervalMs, lockLookIntervalMs } from "../config.js";
import { type ItemKey, idValue } from "../format/itemId.js";
import type { CheckpointRecord } from "../format/record.js";
import type { ScannedRecord } from "../format/scan.js";
import type { JobState, RunState } from "../state/jobState.js";
import { Sleeps } from "../state/sleeps.js";
import {
  endingOf,
  type Holder,
  type JobStatus,
  type LostRun,
  type RunEnding,
  statusOf,
} from "../state/status.js";
import { CheckpointFollower } from "../store/follow.js";
import { lookAtLock } from "../store/lockHolder.js";
import { backupsOf } from "../store/replaceFile.js";
import { isStopRequested } from "../store/stopRequest.js";
import type { RunEvent } from "./events.js";

/** How a followed run ended. */
export interface FollowedEnd {
  /** Null where the run recorded nothing of itself, as programs may that write their checkpoint themselves. */
  run: RunState | null;
  ending: RunEnding | null;
  /** Of the whole run. */
  ms: number;
}

/** The events of a followed run: those of `RunEvent`, as far as its records tell; a foreign file tells less. */
export type FollowedEvent =
  | Extract<RunEvent, { event: "run-started" | "item-started" | "notice" | "run-stopping" | "pace" }>
  | PartOf<"item-done", "attempt" | "ms">
  | PartOf<"item-failed", "ms">
  | PartOf<"item-retry", "ms" | "delayMs">
  | Extract<RunEvent, { event: "run-ended" }>;

type PartOf<Name extends RunEvent["event"], Unsure extends string> = Unsured<
  Extract<RunEvent, { event: Name }>,
  Unsure
>;
type Unsured<Event, Unsure extends string> = Omit<Event, Unsure> & Partial<Pick<Event, Unsure & keyof Event>>;

/**
 * Follows a run that another process does, by its checkpoint and its lock: reads only what is new, changes nothing.
 * What was recorded before the first look is told as counts, not as events.
 */
export class FollowedRun {
  private follower: CheckpointFollower;
  private holder: Holder | null = null;
  private lost: LostRun | null = null;
  private isRead = false;
  private hasEnded = false;
  private isStopTold = false;
  private lockLookedAtMs = Number.NEGATIVE_INFINITY;
  /** Where the newest record lies, of lines with a checksum and without: a last line whose newline is missing comes twice. */
  private seenBytes = { own: -1, foreign: -1 };
  /** What was known before the file was read afresh. */
  private before: JobState | undefined;
  /** Items of an F2 file, whose every line repeats all that are done. */
  private readonly inSnapshots = new Set<ItemKey>();
  private readonly sleeps = new Sleeps();

  /**
   * @param job its name, where the checkpoint tells none
   * @param token the lock's, which names the run
   */
  constructor(
    private readonly checkpoint: string,
    private readonly job: string,
    private readonly token: string,
    private readonly onEvent: (event: FollowedEvent) => void,
  ) {
    this.follower = this.followerOf(checkpoint);
  }

  private followerOf(path: string): CheckpointFollower {
    let last: JobState | undefined;
    return new CheckpointFollower(path, {
      onRecord: (scanned) => {
        last = this.follower.state;
        this.take(scanned);
      },
      onRestart: () => {
        this.seenBytes = { own: -1, foreign: -1 };
        this.before ??= last;
      },
    });
  }

  get state(): JobState {
    return this.follower.state;
  }

  /** The process that has the run in hand, as its lock tells; null once it has ended. */
  get process(): Holder | null {
    return this.holder;
  }

  /** Where the checkpoint lies by now: at its own place, or in a backup since its job cleared it. */
  get checkpointNow(): string {
    return this.follower.path;
  }

  /** How the job stood at the latest look. */
  status(): JobStatus {
    const nowMs = Date.now();
    const { state, holder, lost } = this;
    return statusOf(state, this.follower.summary(), holder, nowMs, lost, undefined, this.sleeps.at(nowMs));
  }

  /** Looks until the run has ended, or the signal is aborted: then gives undefined. */
  async untilEnd(signal: AbortSignal): Promise<FollowedEnd | undefined> {
    while (!signal.aborted) {
      if (await this.look()) return this.end();
      await pause(followIntervalMs, signal);
    }
    return undefined;
  }

  /**
   * Reads what is new, and tells of it.
   * @returns whether the run has ended
   */
  async look(): Promise<boolean> {
    this.sleeps.at(Date.now());
    // The lock first: a run writes its last records before it gives the lock back.
    const isDue = performance.now() - this.lockLookedAtMs >= lockLookIntervalMs;
    if (isDue || this.hasEnded) {
      this.lockLookedAtMs = performance.now();
      const { holder, lost } = await lookAtLock(this.checkpoint);
      this.holder = holder?.token === this.token ? holder : null;
      this.lost = lost;
    }
    await this.follower.refresh();
    if (!this.follower.exists) await this.followMoved();
    this.before = undefined;
    const isFirst = !this.isRead;
    this.isRead = true;
    if (isFirst) this.tellStart();
    await this.tellStop();
    return this.holder === null;
  }

  /** A job that clears its checkpoint once it has succeeded does so as soon as its run has given the lock back. */
  private async followMoved(): Promise<void> {
    const backup = (await backupsOf(this.checkpoint).catch(() => [])).at(-1);
    if (backup === undefined) return;
    const before = this.follower;
    this.follower = this.followerOf(backup);
    await this.follower.refresh();
    if (this.run() === null) this.follower = before;
  }

  private end(): FollowedEnd {
    const run = this.run();
    const ending = run && endingOf(run, this.lost);
    const { total, remaining } = this.status();
    const { done = 0 } = run ?? {};
    // Attempts that were repeated are no failed items.
    let failed = 0;
    for (const open of this.state.open.values())
      if (open.phase === "failed" && open.run === run?.run) failed++;
    const endedAtMs = run?.ended?.atMs ?? this.state.lastRecordAtMs ?? Date.now();
    const ms = run ? Math.max(0, Math.round(endedAtMs - run.startedAtMs)) : 0;
    const detail = run?.ended?.detail;
    this.onEvent({
      ...{ event: "run-ended", reason: ending ?? "unknown", done, failed, total, remaining, ms },
      ...(detail !== undefined && { detail }),
    });
    return { run, ending, ms };
  }

  private run(): RunState | null {
    return [...this.state.runs.values()].findLast(({ token }) => token === this.token) ?? null;
  }

  private tellStart(): void {
    const run = this.run();
    const { total, done, failed, inDoubt } = this.status();
    this.onEvent({
      ...{
        event: "run-started",
        job: this.state.job ?? this.job,
        run: run?.run ?? 0,
        checkpoint: this.checkpoint,
      },
      ...{ total, done, failed, inDoubt },
      at: new Date(run?.startedAtMs ?? this.holder?.sinceMs ?? Date.now()).toISOString(),
    });
  }

  private async tellStop(): Promise<void> {
    if (this.isStopTold || this.holder === null) return;
    if (!(await isStopRequested(this.checkpoint, this.token).catch(() => false))) return;
    this.isStopTold = true;
    this.onEvent({ event: "run-stopping", reason: "stopped", inFlight: this.status().inFlight });
  }

  private take({ record, offsetBytes, verified }: ScannedRecord): void {
    const kind = verified ? "own" : "foreign";
    if (offsetBytes <= this.seenBytes[kind]) return;
    this.seenBytes[kind] = offsetBytes;
    if (record.type === "run-ended" && record.run === this.run()?.run) this.hasEnded = true;
    const fresh = record.type === "snapshot" ? record.items.filter((item) => this.isNew(item)) : [];
    if (!this.isRead || (this.before && isKnown(this.before, record))) return;
    for (const item of fresh) this.onEvent({ event: "item-done", item: idValue(item) });
    this.tell(record);
  }

  private isNew(item: ItemKey): boolean {
    const isNew = !this.inSnapshots.has(item);
    this.inSnapshots.add(item);
    return isNew;
  }

  private tell(record: CheckpointRecord): void {
    if (record.type === "started") {
      const { item, attempt } = record;
      this.onEvent({ event: "item-started", item: idValue(item), attempt });
    } else if (record.type === "done") {
      const { item, attempt, ms, usage } = record;
      this.onEvent({
        ...{ event: "item-done", item: idValue(item) },
        ...(attempt !== undefined && { attempt }),
        ...(ms !== undefined && { ms: Math.round(ms) }),
        ...(usage && { usage }),
      });
    } else if (record.type === "failed") {
      const { item, attempt, ms, cause, message } = record;
      const measured = ms !== undefined && { ms: Math.round(ms) };
      const event = record.retry ? ("item-retry" as const) : ("item-failed" as const);
      this.onEvent({ event, item: idValue(item), attempt, ...measured, cause, message });
    } else if (record.type === "pace") {
      const { concurrency, until, cause, atMs } = record;
      const pause = until === undefined ? {} : { pauseMs: Math.max(0, Math.round(until * 1000 - atMs)) };
      this.onEvent({ event: "pace", concurrency, ...pause, ...(cause !== undefined && { cause }) });
    }
  }
}

function isKnown(before: JobState, record: CheckpointRecord): boolean {
  if (record.type !== "started" && record.type !== "failed" && record.type !== "done") return false;
  if (before.done.has(record.item)) return true;
  if (record.type === "done") return false;
  const open = before.open.get(record.item);
  const attempt = record.type === "started" ? open?.attempt : open?.failure?.attempt;
  return attempt !== undefined && attempt >= record.attempt;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
    function end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
  });
}
