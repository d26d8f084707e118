/**
 * Plays runs of a job event by event, and compares estimates of their remaining time with what then really remained.
 * The log of a run is made of real records, folded into a state and counted as every surface does it.
 */
import { type ItemKey, keyOf } from "../../../src/runtime/format/itemId.js";
import type { CheckpointRecord } from "../../../src/runtime/format/record.js";
import { randomSource } from "../../support/random.js";

export const items = 1_000;
export const workers = 20;
const startMs = 1_748_107_200_000;
const dayMs = 86_400_000;
/** The lock's, by which the run that is played is the live one. */
export const token = "token-of-the-run";

/** What happens in a run beside its items. All shares are of the items that the run itself has to do. */
export interface Scenario {
  name: string;
  /** What item `i` takes, milliseconds, from numbers between 0 and 1. */
  durationMs(i: number, uniform: () => number, seed: number): number;
  /** So many items were done by a run that ended three days before. */
  doneBefore?: number;
  /** So many items come first whose steps an earlier run had finished: they take next to nothing. */
  cached?: number;
  /** The run is told to wait. Half of the items in flight wait with it, the others run to their ends. */
  pause?: { afterShare: number; ms: number };
  /** The concurrency halves, and rises by one each so often, if at all. */
  drop?: { afterShare: number; riseEveryMs?: number };
}

/** What one run did, and what it left in its log. */
export interface PlayedRun {
  /** In the order of their times. */
  records: CheckpointRecord[];
  beganMs: number;
  endedMs: number;
  pauses: { fromMs: number; toMs: number }[];
  /** The concurrency from a time on, in order. */
  limits: { fromMs: number; limit: number }[];
  /** When each of the run's own items began and ended, in the order of their ends. */
  own: { fromMs: number; toMs: number }[];
  doneBefore: number;
}

/** Lognormal: what a call of a model takes, or a few of them. */
export function lognormal(medianMs: number, sigma: number, uniform: () => number): number {
  const gaussian = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return medianMs * Math.exp(sigma * gaussian);
}

interface Running {
  key: ItemKey;
  fromMs: number;
  leftMs: number;
  waits: boolean;
}

export function play(scenario: Scenario, seed: number): PlayedRun {
  return new Player(scenario, seed).play();
}

class Player {
  private readonly uniform: () => number;
  private readonly run: PlayedRun;
  private readonly running: Running[] = [];
  private nowMs = startMs;
  private next: number;
  private limit = workers;
  private riseAtMs = Number.POSITIVE_INFINITY;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly scenario: Scenario,
    private readonly seed: number,
  ) {
    const random = randomSource(seed * 7919 + 17);
    this.uniform = () => random(1_000_000_000) / 1_000_000_000;
    const doneBefore = scenario.doneBefore ?? 0;
    this.next = doneBefore;
    this.run = {
      records: [],
      beganMs: startMs,
      endedMs: startMs,
      pauses: [],
      limits: [{ fromMs: startMs, limit: workers }],
      own: [],
      doneBefore,
    };
  }

  play(): PlayedRun {
    const { run, running } = this;
    const isSecond = run.doneBefore > 0 || this.scenario.cached !== undefined;
    if (isSecond) this.writeEarlierRun();
    this.writeStart(isSecond ? 2 : 1, startMs, token);
    while (run.own.length < items - run.doneBefore) {
      const isPaused = this.nowMs < this.pausedUntilMs;
      while (!isPaused && running.length < this.limit && this.next < items) this.startItem(isSecond ? 2 : 1);
      this.goOn();
      this.rise();
      for (const item of running.filter(({ leftMs }) => leftMs <= 1e-6))
        this.finishItem(item, isSecond ? 2 : 1);
    }
    run.endedMs = this.nowMs;
    return run;
  }

  /** Up to the next thing that happens. */
  private goOn(): void {
    const isPaused = this.nowMs < this.pausedUntilMs;
    const moving = this.running.filter(({ waits }) => !(isPaused && waits));
    const ends = moving.map(({ leftMs }) => leftMs);
    if (isPaused) ends.push(this.pausedUntilMs - this.nowMs);
    ends.push(this.riseAtMs - this.nowMs);
    const stepMs = Math.min(...ends);
    for (const item of moving) item.leftMs -= stepMs;
    this.nowMs += stepMs;
  }

  private rise(): void {
    if (this.nowMs < this.riseAtMs) return;
    const { riseEveryMs } = this.scenario.drop!;
    this.setLimit(this.limit + 1);
    this.riseAtMs = this.limit < workers ? this.nowMs + riseEveryMs! : Number.POSITIVE_INFINITY;
  }

  private setLimit(limit: number): void {
    this.limit = limit;
    this.run.limits.push({ fromMs: this.nowMs, limit });
  }

  private startItem(run: number): void {
    const i = this.next++;
    const { cached = 0 } = this.scenario;
    const durationMs = this.scenario.durationMs(i, this.uniform, this.seed);
    const leftMs = i < cached ? 1 + 20 * this.uniform() : durationMs;
    const key = keyOf(`item-${i}`);
    this.running.push({ key, fromMs: this.nowMs, leftMs, waits: false });
    this.write({ type: "started", atMs: this.nowMs, item: key, run, attempt: i < cached ? 2 : 1 });
  }

  private finishItem(item: Running, run: number): void {
    this.running.splice(this.running.indexOf(item), 1);
    const { fromMs, key } = item;
    this.run.own.push({ fromMs, toMs: this.nowMs });
    this.write({ type: "done", atMs: this.nowMs, item: key, run, ms: this.nowMs - fromMs });
    const { pause, drop } = this.scenario;
    const isAfter = (share: number) =>
      this.run.own.length === Math.round(share * (items - this.run.doneBefore));
    if (pause && isAfter(pause.afterShare)) {
      this.pausedUntilMs = this.nowMs + pause.ms;
      this.run.pauses.push({ fromMs: this.nowMs, toMs: this.pausedUntilMs });
      for (const each of this.running) each.waits = this.uniform() < 0.5;
    }
    if (drop && isAfter(drop.afterShare)) {
      this.setLimit(this.limit / 2);
      if (drop.riseEveryMs !== undefined) this.riseAtMs = this.nowMs + drop.riseEveryMs;
    }
  }

  private write(record: CheckpointRecord): void {
    this.run.records.push(record);
  }

  private writeStart(run: number, atMs: number, its: string): void {
    const of = { atMs, run };
    this.write({ ...of, type: "run-started", pid: 7, host: "ada", token: its, concurrency: workers });
    this.write({ ...of, type: "input", total: items });
  }

  /** Three days ago, when the same items took half as long; it finished some items, or a step of some. */
  private writeEarlierRun(): void {
    const { doneBefore } = this.run;
    let atMs = startMs - 3 * dayMs;
    this.writeStart(1, atMs, "token-of-another-run");
    for (let i = 0; i < doneBefore + (this.scenario.cached ?? 0); i++) {
      const ms = this.scenario.durationMs(i, this.uniform, this.seed) / 2;
      const of = { item: keyOf(`item-${i}`), run: 1, attempt: 1 };
      this.write({ ...of, type: "started", atMs });
      atMs += ms / workers;
      if (i < doneBefore) this.write({ ...of, type: "done", atMs, ms });
      else this.write({ ...of, type: "step", atMs, ms, step: "ask", op: `op-${i}` });
    }
    this.write({ type: "run-ended", atMs, run: 1, reason: "stopped" });
  }
}
