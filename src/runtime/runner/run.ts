import { defaultConcurrency } from "../config.js";
import { AgentJobsError, messageOf } from "../errors.js";
import { type ItemKey, idValue } from "../format/itemId.js";
import type { RunEndReason } from "../format/record.js";
import { Deadline } from "../session/deadline.js";
import { type OpenedSession, openSession } from "../session/openSession.js";
import { assertDistinct, type Session } from "../session/session.js";
import { type JobStatus, statusOf } from "../state/status.js";
import { JsonlStore } from "../store/jsonlStore.js";
import { Attempt } from "./attempt.js";
import { causeIn, isFatal } from "./causes.js";
import { noteCheckpointPlace } from "./elsewhere.js";
import type { RunEvent } from "./events.js";
import { FailureLimits } from "./failureLimits.js";
import { ItemLog, logPathOf } from "./itemLog.js";
import { type ItemRunner, inProcess } from "./itemRunner.js";
import type { Input } from "./items.js";
import { relativeJobFile } from "./jobPaths.js";
import type { LoadedJobFile } from "./loadJob.js";
import { endOrphans } from "./orphans.js";
import { PaceReport } from "./paceReport.js";
import { RequestGate, type Ticket } from "./pacing/requestGate.js";
import { remainingItems, startNotices } from "./remaining.js";
import { errorHeadersOf, retryAfterMs } from "./retryAfter.js";
import { attemptsFor, delayMs } from "./retryPolicy.js";
import type { RunOptions, RunOutcome } from "./runOptions.js";
import { RunStops } from "./runStops.js";
import { Spending } from "./spending.js";
import { finishedStages, runStages, stagesOf } from "./stages.js";
import { WorkerPool } from "./workerPool.js";
import { type Work, WorkQueue } from "./workQueue.js";

export type { RunOptions, RunOutcome } from "./runOptions.js";

/**
 * Runs a loaded job over its input: begins every item that is not done, records each outcome durably, and ends
 * when the input does or `control` says so. A failed item never stops the others.
 * @throws what `JsonlStore.open` does, and JobDefinitionError AJ_DUPLICATE_IDS
 */
export async function runJob(job: LoadedJobFile, input: Input, options: RunOptions): Promise<RunOutcome> {
  if (input.kind === "list") assertDistinct(input.items.map((item) => item.key));
  const concurrency = options.concurrency ?? job.definition.concurrency ?? defaultConcurrency;
  const stages = stagesOf(job.definition);
  const opened = await openSession(new JsonlStore(job.checkpoint), job.name, {
    label: job.label,
    jobFile: relativeJobFile(job.checkpoint, job.path),
    concurrency,
    ...(job.definition.params !== undefined && { params: job.definition.params }),
    ...(job.sources && { sources: job.sources }),
    ...(stages && { stages: stages.map(({ name }) => name) }),
    ...(options.onDamage && { onDamage: options.onDamage }),
    ...(options.takeOver !== undefined && { takeOver: options.takeOver }),
  });
  await noteCheckpointPlace(job);
  return new Run(job, input, options, concurrency, opened).go();
}

/** Causes by which a service says that it is asked too much. */
const overloadCauses: ReadonlySet<string> = new Set(["rate-limit", "overloaded"]);

class Run {
  private readonly session: Session;
  private readonly log: ItemLog;
  private readonly runner: ItemRunner;
  private readonly stages;
  private readonly gate: RequestGate;
  private readonly pace: PaceReport;
  private readonly spending: Spending;
  private readonly failures: FailureLimits;
  private readonly stops: RunStops;
  private readonly queue: WorkQueue;
  private readonly attempts = new Set<Attempt>();
  private readonly beganMs = performance.now();
  /** What was taken from the queue and may not begin yet. */
  private held: Work | undefined;
  /** Attempts whose work is under way, and those that have ended and are being recorded. */
  private active = 0;
  private recording = 0;
  private begun = 0;
  private wasLimited = false;
  private done = 0;
  private failed = 0;
  private error: unknown;
  private isOver = false;
  private wakeUp: (() => void) | undefined;

  constructor(
    private readonly job: LoadedJobFile,
    private readonly input: Input,
    private readonly options: RunOptions,
    private readonly concurrency: number,
    private readonly opened: OpenedSession,
  ) {
    const { definition } = job;
    const { session, log } = opened;
    this.session = session;
    this.log = new ItemLog(logPathOf(job.checkpoint));
    this.stages = stagesOf(definition);
    this.runner = definition.worker
      ? new WorkerPool(job, this.log)
      : inProcess(
          this.stages
            ? (item, context) => runStages(this.stages!, item, context)
            : (definition.process!.bind(definition) as never),
        );
    this.gate = new RequestGate(concurrency, definition.limits ?? {}, () => {
      this.pace.changed();
      this.changed();
    });
    this.pace = new PaceReport(
      session,
      () => this.gate,
      (event) => this.tell(event),
      (error) => this.fatal(error),
    );
    this.stops = new RunStops({
      ...{ definition, control: options.control, session, deadlineMs: options.deadlineMs },
      spending: () => this.spending,
      inFlight: () => this.active,
      tell: (event) => this.tell(event),
      fatal: (error) => this.fatal(error),
    });
    this.spending = new Spending(definition, log.state, (model) => this.stops.unknownPrice(model));
    this.failures = new FailureLimits(definition.maxFailures);
    const left = remainingItems(session, input, (key) => this.isChosen(key));
    this.queue = new WorkQueue(left, (error) => (error === undefined ? this.changed() : this.fatal(error)));
  }

  async go(): Promise<RunOutcome> {
    const { control } = this.options;
    this.options.onOpen?.(() => this.status());
    control.onStop(() => this.changed());
    const aborted = new Promise<void>((resolve) => {
      const abort = () => {
        for (const attempt of this.attempts) attempt.abort(control.signal.reason);
        resolve();
      };
      control.signal.addEventListener("abort", abort, { once: true });
    });
    try {
      await this.prepare();
      await Promise.race([this.workOff(), aborted]);
    } catch (error) {
      this.error ??= error;
    } finally {
      this.stops.close();
      this.queue.close();
      this.gate.close();
      this.pace.close();
      await this.runner.close(control.signal.aborted || this.error !== undefined);
    }
    return this.end();
  }

  private async prepare(): Promise<void> {
    if (this.input.kind === "list") await this.session.recordInput(this.input.items.map((item) => item.key));
    if (this.job.definition.worker) {
      const ended = await endOrphans(this.job.checkpoint);
      const message = `Ended ${ended} worker${ended === 1 ? "" : "s"} of a killed run that still worked: nobody would have got the results.`;
      if (ended > 0) this.tell({ event: "notice", message });
    }
    this.tellStart();
    const status = this.status();
    const { only } = this.options;
    // Of some items alone, the others in doubt are left so.
    const inDoubt = only ? status.inDoubtItems.filter(({ item }) => !only.has(item)).length : status.inDoubt;
    const notices = await startNotices(
      { ...status, inDoubt },
      only ? "skip" : this.options.inDoubt,
      this.job.checkpoint,
    );
    if (this.spending.hasBudget)
      notices.push(
        `Spent so far: ${this.spending.budgetText()}. No item begins that could pass the budget; one that takes more than expected can, while it is in flight.`,
      );
    for (const message of notices) this.tell({ event: "notice", message });
  }

  /** Begins one thing after the other, as fast as limits allow, until there is no more or the run is to stop. */
  private async workOff(): Promise<void> {
    const { control } = this.options;
    while (!control.stopping) {
      const work = this.held ?? this.queue.next(performance.now());
      if (work === "end") {
        if (this.active + this.recording > 0) await this.change();
        else if (!this.queue.unpark()) break;
      } else if (work === "wait") await this.change(this.queue.nextDueMs);
      else {
        this.held = work;
        if (await this.mayBegin(work)) this.begin(work);
      }
    }
    while (this.active + this.recording > 0) await this.change();
  }

  /** Whether it may begin now; waits for a change where it may not. */
  private async mayBegin(work: Work): Promise<boolean> {
    const { limit = Number.POSITIVE_INFINITY } = this.options;
    if (!work.isBegun && this.begun >= limit) {
      this.wasLimited = true;
      this.held = undefined;
      this.queue.endInput();
      return false;
    }
    // What is being recorded is in flight for the disk alone, but must not pile up.
    const isFull = this.active >= this.gate.concurrency.allowed || this.recording >= this.concurrency;
    if (isFull) {
      await this.change();
      return false;
    }
    const { limits } = this.job.definition;
    if (this.spending.hasBudget || limits?.tokensPerMinute !== undefined)
      work.expected ??= await this.spending.expect(work.input.item);
    const waitMs = this.gate.waitMs(work.expected?.tokens ?? 0);
    if (waitMs > 0) {
      await this.change(performance.now() + waitMs);
      return false;
    }
    const admission = this.spending.admit(work.input.key, work.expected ?? {});
    if (admission === "later") await this.change();
    if (admission === "never") this.stops.atBudget(work.expected);
    if (admission !== "now") delete work.expected; // what items took meanwhile tells more
    return admission === "now" && !this.options.control.stopping;
  }

  private begin(work: Work): void {
    this.held = undefined;
    if (!work.isBegun) this.begun++;
    work.isBegun = true;
    this.active++;
    const prepaid = this.gate.charge(work.expected?.tokens ?? 0);
    this.attempt(work, prepaid).then(
      () => this.changed(),
      (error: unknown) => this.fatal(error),
    );
  }

  private async attempt(work: Work, prepaid: Ticket): Promise<void> {
    const { key } = work.input;
    let isActive = true;
    const settle = () => {
      if (isActive) this.active--;
      isActive = false;
    };
    try {
      const number = await this.session.start(key, work.pass);
      const attempt = this.createAttempt(work, number, prepaid);
      this.attempts.add(attempt);
      this.tell({ event: "item-started", item: idValue(key), attempt: number });
      const hashing = work.input.hash(); // of what the item is now, not of what it may be afterwards
      const begin = performance.now();
      const { itemTimeoutMs } = this.job.definition;
      const outcome = await attempt
        .run(() => this.doWork(work, attempt), itemTimeoutMs)
        .then(
          (result) => ({ result }),
          (error: unknown) => ({ error }),
        );
      const ms = performance.now() - begin;
      attempt.end();
      this.attempts.delete(attempt);
      // A failure may end the run: nothing begins in its place before that is known.
      if (!("error" in outcome)) settle();
      this.recording++;
      this.changed();
      try {
        await this.record(work, number, attempt, { ...outcome, ms, hash: await hashing });
      } finally {
        this.recording--;
        this.spending.release(key, attempt.used);
      }
    } catch (error) {
      // Whatever an attempt still wanted to record when the run was ended at once, the item is in doubt.
      if (!this.options.control.signal.aborted) throw error;
    } finally {
      settle();
    }
  }

  private createAttempt(work: Work, attempt: number, prepaid: Ticket): Attempt {
    const { key } = work.input;
    const { itemTimeoutMs } = this.job.definition;
    const id = idValue(key);
    return new Attempt({
      ...{ item: key, attempt, session: this.session, cache: this.opened.cache, log: this.log },
      ...{ gate: this.gate, prepaid, expectedTokens: work.expected?.tokens ?? 0 },
      runDeadline: this.stops.deadline,
      deadline:
        itemTimeoutMs === undefined
          ? this.stops.deadline
          : (this.stops.deadline?.child(itemTimeoutMs) ?? Deadline.after(itemTimeoutMs)),
      priceOf: (usage) => this.spending.prices.priceOf(usage),
      refusal: () => this.spending.refusal(),
      onSpent: (usage) => this.spending.spend(key, usage),
      onProgress: (fraction) => {
        this.tell({ event: "item-progress", item: id, fraction });
        this.session.recordProgress(key, attempt, fraction).catch((error) => this.fatal(error));
      },
    });
  }

  private async doWork(work: Work, attempt: Attempt): Promise<unknown> {
    const { key, item } = work.input;
    if (!this.stages || this.job.definition.order !== "stages")
      return this.runner.run({ key, item }, attempt.context);
    work.pass = Math.max(work.pass, finishedStages(this.stages, work.input, this.opened.cache));
    return runStages(this.stages, item, attempt.context, work.pass + 1);
  }

  private async record(
    work: Work,
    number: number,
    attempt: Attempt,
    outcome: { result?: unknown; error?: unknown; ms: number; hash: string | undefined },
  ): Promise<void> {
    const { key } = work.input;
    const { control } = this.options;
    const usage = await attempt.settled();
    const { ms, hash } = outcome;
    if (control.signal.aborted) return; // ended at once: whether the item took effect is in doubt
    if ("error" in outcome) {
      if (isFatal(outcome.error)) throw outcome.error;
      return this.fail(work, number, attempt, outcome.error, { ms, ...(usage && { usage }) });
    }
    if (this.stages && this.job.definition.order === "stages" && work.pass + 1 < this.stages.length) {
      await this.session.park(key, work.pass);
      return this.queue.park({ ...work, pass: work.pass + 1, tries: 0 });
    }
    const measures = { ms, ...(usage && { usage }), ...(hash !== undefined && { hash }) };
    try {
      await this.session.finish(key, outcome.result, measures);
    } catch (error) {
      if (error instanceof AgentJobsError) throw error;
      // No JSON, or too large: the item's own fault, and no other's.
      const fault = new AgentJobsError("AJ_RESULT", messageOf(error), { cause: error });
      return this.fail(work, number, attempt, fault, { ms, ...(usage && { usage }) });
    }
    this.opened.cache.take({ type: "done", atMs: 0, item: key }); // its steps' results are not needed again
    this.done++;
    if (!attempt.hasFetched) this.gate.succeeded(attempt.startedAtMs);
    this.failures.succeeded();
    const { used } = attempt;
    const told = { item: idValue(key), attempt: number, ms: Math.round(ms), ...(used && { usage: used }) };
    this.tell({ event: "item-done", ...told });
    this.stops.itemEnded("done");
  }

  private async fail(
    work: Work,
    number: number,
    attempt: Attempt,
    error: unknown,
    measures: { ms: number },
  ): Promise<void> {
    const { key } = work.input;
    const { retry } = this.job.definition;
    const cause = this.causeOf(error, work, attempt);
    if (overloadCauses.has(cause) && !attempt.hasFetched) this.heed(error, cause, attempt);
    const isLast = work.tries + 1 >= attemptsFor(cause, retry) || this.options.control.stopping !== undefined;
    await this.session.fail(key, error, { cause, ...measures, retry: !isLast });
    const message = messageOf(error);
    const told = { item: idValue(key), attempt: number, ms: Math.round(measures.ms), cause, message };
    this.log.write(key, `failed (${cause}): ${message}`);
    if (isLast) {
      this.failed++;
      this.tell({ event: "item-failed", ...told });
      if (cause === "budget") this.stops.atBudget(undefined);
      const stop = this.failures.failedBy(cause);
      if (stop) this.options.control.stop(stop.reason, undefined, stop.detail);
      return this.stops.itemEnded("failed");
    }
    const waitMs = Math.max(delayMs(work.tries + 1, retry, Math.random), this.gate.pause?.ms ?? 0);
    this.tell({ event: "item-retry", ...told, delayMs: Math.round(waitMs) });
    this.queue.retryAt(performance.now() + waitMs, { ...work, tries: work.tries + 1 });
  }

  private causeOf(error: unknown, { input }: Work, attempt: Attempt): string {
    try {
      const own = this.job.definition.classify?.(error, input.item);
      if (typeof own === "string" && /^[a-z][a-z-]{0,40}$/.test(own)) return own;
    } catch (thrown) {
      this.log.write(input.key, `\`classify\` threw: ${messageOf(thrown)}`);
    }
    return attempt.isTimedOut ? "timeout" : causeIn(error);
  }

  /** What the service said of its load, where the requests did not go through `ctx.fetch`. */
  private heed(error: unknown, cause: string, { startedAtMs }: Attempt): void {
    this.gate.overloaded(startedAtMs);
    const waitMs = retryAfterMs(errorHeadersOf(error), Date.now());
    if (waitMs !== undefined) this.gate.pauseFor(waitMs, cause);
  }

  /** Something no other item would escape either. */
  private fatal(error: unknown): void {
    this.error ??= error;
    this.options.control.stop("error");
    this.changed();
  }

  /** Resolves at the next change, or at a time. */
  private change(atMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = atMs === undefined ? undefined : setTimeout(resolve, Math.ceil(atMs - performance.now()));
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private changed(): void {
    this.wakeUp?.();
  }

  private async end(): Promise<RunOutcome> {
    const reason = this.reason();
    const { signal, detail } = this.options.control.stopping ?? {};
    const told = { ...(signal !== undefined && { signal }), ...(detail !== undefined && { detail }) };
    this.session.endAs(reason, told);
    const { state } = this.session;
    await this.session.close();
    const { done, error } = this;
    const failed = this.failed + this.queue.waitingForRetry;
    const ms = Math.round(performance.now() - this.beganMs);
    const status = statusOf(state, this.opened.log.scan, null, Date.now());
    this.tell({
      ...{ event: "run-ended", reason, ...(detail !== undefined && { detail }), done, failed },
      ...{ total: status.total, remaining: status.remaining, ms },
    });
    this.isOver = true;
    const outcome = { reason, ...told, done, failed, ms, status, usage: state.usage };
    return { ...outcome, ...(error !== undefined && { error }) };
  }

  private reason(): RunEndReason {
    const { stopping } = this.options.control;
    if (this.error !== undefined) return "error";
    if (stopping) return stopping.reason;
    if (this.wasLimited) return "limit";
    const { state } = this.session;
    const { failed, remaining, inDoubt } = statusOf(state, this.opened.log.scan, null, Date.now());
    // Whoever asked for some items alone did not ask for the rest.
    if (this.options.only && this.failed === 0 && (failed > 0 || remaining !== 0 || inDoubt > 0))
      return "limit";
    if (failed > 0 || remaining !== 0) return "finished-with-failures";
    return inDoubt > 0 ? "in-doubt" : "finished";
  }

  /** Whether this run does an item that is not done: not one in doubt that is to be left so. */
  private isChosen(key: ItemKey): boolean {
    const { only } = this.options;
    return only ? only.has(key) : !this.skipped.has(key);
  }

  private get skipped(): ReadonlySet<ItemKey> {
    this.skippedItems ??=
      this.options.inDoubt === "skip"
        ? new Set(this.status().inDoubtItems.map(({ item }) => item))
        : new Set();
    return this.skippedItems;
  }
  private skippedItems: ReadonlySet<ItemKey> | undefined;

  private status(): JobStatus {
    const { log } = this.opened;
    const holder = { pid: process.pid, host: "", token: log.token, sinceMs: Date.now(), local: true };
    return statusOf(log.state, log.scan, holder, Date.now());
  }

  private tellStart(): void {
    const { total, done, failed, inDoubt } = this.status();
    this.tell({
      ...{ event: "run-started", job: this.job.name, run: this.session.run, checkpoint: this.job.checkpoint },
      ...{ total, done, failed, inDoubt, at: new Date().toISOString() },
    });
  }

  /** Nothing comes after `run-ended`, also where an attempt goes on that was left in doubt. */
  private tell(event: RunEvent): void {
    if (!this.isOver) this.options.onEvent(event);
  }
}
