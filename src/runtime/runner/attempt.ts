import { abandonAfterMs, progressIntervalMs } from "../config.js";
import { AgentJobsError, messageOf } from "../errors.js";
import type { ItemKey } from "../format/itemId.js";
import type { Usage } from "../format/record.js";
import type { Deadline } from "../session/deadline.js";
import { type OperationCache, operationId } from "../session/operationCache.js";
import type { Session } from "../session/session.js";
import { addUsages, readUsage } from "../usage.js";
import { AttemptFetch } from "./attemptFetch.js";
import type { ItemContext } from "./defineJob.js";
import { type ItemLog, logText } from "./itemLog.js";
import type { RequestGate, Ticket } from "./pacing/requestGate.js";
import { TimeLimit } from "./timeLimit.js";
import type { Work } from "./workQueue.js";

/** What an attempt used so far, and how many records have told of it. */
export interface AttemptSpending {
  used?: Usage | undefined;
  records: number;
}

/** What attempts need of their run. */
export interface AttemptRun {
  session: Session;
  cache: OperationCache;
  log: ItemLog;
  gate: RequestGate;
  /** How long one may take, milliseconds; undefined: as long as it wants. */
  timeoutMs: number | undefined;
  deadline: Deadline | undefined;
  /** US dollars of one call; undefined where nobody knows. */
  priceOf(usage: Usage): Promise<number | undefined>;
  /** Why no request may be sent any more; undefined where one may. */
  refusal(): string | undefined;
  onSpent(work: Work, usage: Usage): void;
  onProgress(work: Work, attempt: number, fraction: number): void;
}

export interface AttemptParts {
  run: AttemptRun;
  work: Work;
  attempt: number;
  /** The request that an attempt counts for as long as it sends none by `ctx.fetch`. */
  prepaid: Ticket;
  /** The attempt's own, or the run's. */
  deadline: Deadline | undefined;
}

/** One attempt at an item: its context, what it used, and its end. */
export class Attempt {
  readonly item: ItemKey;
  readonly context: ItemContext;
  readonly startedAtMs: number;
  /** What it used in all; complete once `settled` has resolved. */
  used: Usage | undefined;
  private readonly controller = new AbortController();
  /** Made for its first request: most attempts send theirs by other means. */
  private fetching: AttemptFetch | undefined;
  private readonly steps = new Map<string, Promise<unknown>>();
  private readonly pricing = new Set<Promise<void>>();
  /** What no record has told yet. */
  private unrecorded: Usage | undefined;
  private spendRecords: number;
  private toldProgressMs = Number.NEGATIVE_INFINITY;
  private isOver = false;
  private wasHeldBack = false;
  private readonly limit: TimeLimit;
  /** Until it is left behind. */
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: AttemptParts) {
    this.startedAtMs = parts.prepaid.startedAtMs;
    const { run, work, deadline } = parts;
    this.item = work.input.key;
    this.used = work.before?.used;
    this.spendRecords = work.before?.records ?? 0;
    this.limit = new TimeLimit(run.timeoutMs, deadline === run.deadline ? undefined : deadline);
    this.context = contextOf(this, this.controller.signal, parts);
  }

  /** Whether requests went through `ctx.fetch`: then it has told what the service said of them. */
  get hasFetched(): boolean {
    return (this.fetching?.count ?? 0) > 0;
  }

  /** Whether it was ended by its time limit. */
  get isTimedOut(): boolean {
    const reason: unknown = this.controller.signal.reason;
    return reason instanceof DOMException && reason.name === "TimeoutError";
  }

  /**
   * Whether the run was ended while the attempt waited for its first request to be let through, none of its calls was
   * answered but by being turned away, and it told of none: then nothing that it did can be done, or paid for, twice.
   */
  get hasDoneNothing(): boolean {
    const { before } = this.parts.work;
    const hasPaid = (this.used?.calls ?? 0) > (before?.used?.calls ?? 0) || this.pricing.size > 0;
    return this.wasHeldBack && !hasPaid && !this.fetching?.mayHaveTaken;
  }

  /**
   * Does the work, for as long as it may take: then its signal is aborted, and a moment later the attempt is over,
   * whether the work heeds that or not.
   * @throws what the work throws; a DOMException "TimeoutError"
   */
  run(work: () => Promise<unknown>): Promise<unknown> {
    const { timeoutMs } = this.parts.run;
    if (timeoutMs === undefined) return work();
    return new Promise((resolve, reject) => {
      const stop = () => {
        const message = `It took longer than ${timeoutMs} ms (itemTimeoutMs).`;
        const reason = new DOMException(message, "TimeoutError");
        this.controller.abort(reason);
        this.timer = setTimeout(() => reject(reason), abandonAfterMs);
      };
      this.limit.start(stop);
      work()
        .then(resolve, reject)
        .finally(() => this.clearTimers());
    });
  }

  /** Ends it at once, as the whole run is. */
  abort(reason: unknown): void {
    this.clearTimers();
    if (this.isOver) return;
    this.wasHeldBack = this.fetching?.isHeldBack ?? false;
    this.controller.abort(reason);
  }

  private clearTimers(): void {
    this.limit.clear();
    clearTimeout(this.timer);
  }

  /** Resolves once the prices of all that it used are known; undefined where they are. */
  settled(): Promise<unknown> | undefined {
    return this.pricing.size === 0 ? undefined : Promise.all(this.pricing);
  }

  /** What no record has told yet, complete once it is settled: whoever takes it records it. */
  takeUnrecorded(): Usage | undefined {
    const { unrecorded } = this;
    this.unrecorded = undefined;
    return unrecorded;
  }

  /** Records what it used so far, since no record of its end does. @returns what its next part has to know */
  async recordUsed(): Promise<AttemptSpending> {
    await this.settled();
    const usage = this.takeUnrecorded();
    if (usage) await this.tellSpent(usage);
    return { used: this.used, records: this.spendRecords };
  }

  /** From here on it can do nothing more, whatever still goes on of it. */
  end(): void {
    this.isOver = true;
    if (this.fetching) this.fetching.end();
    else this.parts.prepaid.arrived(); // it counted for a request that is over
    if (this.parts.deadline !== this.parts.run.deadline) this.parts.deadline?.dispose();
  }

  fetch(...[input, init]: Parameters<ItemContext["fetch"]>): Promise<Response> {
    this.fetching ??= this.createFetch();
    return this.fetching.fetch(input, init);
  }

  private createFetch(): AttemptFetch {
    const { run, work, prepaid } = this.parts;
    return new AttemptFetch({
      ...{ gate: run.gate, prepaid, signal: this.controller.signal, expectedTokens: work.expected?.tokens },
      refusal: () =>
        this.isOver ? "its attempt has ended. Await what an item does before it returns." : run.refusal(),
      beforeSend: () => this.recordSpent(),
      onSend: () => this.add({ requests: 1, calls: 0 }),
      onHeld: (isHeld) => this.limit.hold(isHeld),
      note: (line) => run.log.write(this.item, line),
    });
  }

  /** A few words a second are enough for whoever looks. */
  tellProgress(fraction: number): void {
    const nowMs = performance.now();
    if (typeof fraction !== "number" || !(fraction >= 0 && fraction <= 1) || this.isOver) return;
    if (nowMs - this.toldProgressMs < progressIntervalMs) return;
    this.toldProgressMs = nowMs;
    const { run, work, attempt } = this.parts;
    run.onProgress(work, attempt, fraction);
  }

  async step<T>(name: string, inputs: unknown, work: () => T | Promise<T>): Promise<T> {
    this.assertOpen();
    const op = operationId(name, inputs);
    const hit = this.parts.run.cache.get(this.item, op);
    if (hit) return hit.result as T;
    // The same step, asked for again before it is finished, is still done once.
    const doing = this.steps.get(op) ?? this.doStep(name, op, work).finally(() => this.steps.delete(op));
    this.steps.set(op, doing);
    return doing as Promise<T>;
  }

  private async doStep(name: string, op: string, work: () => unknown): Promise<unknown> {
    const { item } = this;
    const { attempt, run } = this.parts;
    const { session, cache } = run;
    const begin = performance.now();
    const given = await work();
    await Promise.all(this.pricing);
    this.assertOpen();
    try {
      const ms = performance.now() - begin;
      await Promise.all([this.recordSpent(), session.recordStep(item, name, op, given, ms)]);
    } catch (error) {
      if (error instanceof AgentJobsError) throw error;
      const message = `What the step "${name}" gave cannot be kept: ${messageOf(error)} Return JSON from it.`;
      throw new AgentJobsError("AJ_RESULT", message, { cause: error });
    }
    // As a resume would give it back: a date that became a string must not wait for a crash to be noticed.
    const result = given === undefined ? undefined : JSON.parse(JSON.stringify(given) ?? "null");
    cache.take({ type: "step", atMs: 0, item, run: session.run, attempt, step: name, op, result });
    return result;
  }

  /** What still goes on of an attempt that has ended must not pass for the next one. */
  private assertOpen(): void {
    if (this.isOver)
      throw new DOMException("The attempt has ended; what it still does is not recorded.", "AbortError");
  }

  count(reply: unknown): void {
    const { item } = this;
    const { log } = this.parts.run;
    if (this.isOver)
      return log.write(item, "ctx.usage: the attempt has ended, so the reply's tokens were not counted.");
    const read = readUsage(reply);
    if (!read)
      return log.write(item, "ctx.usage: the reply says nothing of tokens or cost, so none were counted.");
    if (read.usd !== undefined || read.model === undefined) return this.take(read);
    const pricing = this.parts.run
      .priceOf(read)
      .then((usd) => this.take({ ...read, ...(usd !== undefined && { usd }) }))
      .finally(() => this.pricing.delete(pricing));
    this.pricing.add(pricing);
  }

  private take(usage: Usage): void {
    this.add(usage);
    (this.fetching ?? this.parts.prepaid).took((usage.inputTokens ?? 0) + (usage.outputTokens ?? 0));
    this.parts.run.onSpent(this.parts.work, usage);
  }

  private add(usage: Usage): void {
    this.used = addUsages(this.used, usage);
    this.unrecorded = addUsages(this.unrecorded, usage);
  }

  /** Before further money is spent, what was spent so far is written down. */
  private async recordSpent(): Promise<void> {
    const isPaid = (this.unrecorded?.calls ?? 0) > 0;
    const usage = isPaid ? this.takeUnrecorded() : undefined;
    if (usage) await this.tellSpent(usage);
  }

  private tellSpent(usage: Usage): Promise<void> {
    const { run, attempt } = this.parts;
    return run.session.recordSpent(this.item, attempt, ++this.spendRecords, usage);
  }
}

/** What a job's code gets of an attempt. Methods, which have their names already: a bundler gives each function one. */
function contextOf(own: Attempt, signal: AbortSignal, { run, attempt, deadline }: AttemptParts): ItemContext {
  return {
    ...{ signal, attempt, deadline },
    step(name, inputs, work) {
      return own.step(name, inputs, work);
    },
    fetch(input, init) {
      return own.fetch(input, init);
    },
    usage(reply) {
      own.count(reply);
    },
    log(...values) {
      run.log.write(own.item, logText(values));
    },
    progress(fraction) {
      own.tellProgress(fraction);
    },
  };
}
