import { defaultConcurrency } from "../config.js";
import { JobDefinitionError } from "../errors.js";
import { idValue } from "../format/itemId.js";
import type { RunEndReason } from "../format/record.js";
import { type OpenedSession, openSession } from "../session/openSession.js";
import { assertDistinct, type Session } from "../session/session.js";
import { Sleeps } from "../state/sleeps.js";
import { type JobStatus, statusOf } from "../state/status.js";
import { JsonlStore } from "../store/jsonlStore.js";
import { Announcer } from "./announcer.js";
import { Attempt, type AttemptRun } from "./attempt.js";
import { chosenItems } from "./chosenItems.js";
import type { Stage } from "./defineJob.js";
import { noteCheckpointPlace } from "./elsewhere.js";
import { endReason } from "./endReason.js";
import { ItemLog, logPathOf } from "./itemLog.js";
import type { ItemRunner } from "./itemRunner.js";
import type { Input } from "./items.js";
import { relativeJobFile } from "./jobPaths.js";
import type { LoadedJobFile } from "./loadJob.js";
import { NextChange } from "./nextChange.js";
import { endOrphans } from "./orphans.js";
import { Outcomes } from "./outcomes.js";
import { PaceReport } from "./paceReport.js";
import { RequestGate, type Ticket } from "./pacing/requestGate.js";
import { remainingItems, startNotices } from "./remaining.js";
import { RunEnds } from "./runEnds.js";
import { runnerOf } from "./runnerOf.js";
import type { RunOptions, RunOutcome } from "./runOptions.js";
import { Spending, unknownPrice } from "./spending.js";
import { finishedStages, runStages, stagesOf } from "./stages.js";
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
  const store = options.store ?? new JsonlStore(job.checkpoint);
  const opened = await openSession(store, job.name, {
    label: job.label,
    jobFile: relativeJobFile(job.checkpoint, job.path),
    concurrency,
    ...(job.definition.params !== undefined && { params: job.definition.params }),
    ...(job.sources && { sources: job.sources }),
    ...(stages && { stages: stages.map(({ name }) => name) }),
    ...(job.definition.budget && { budget: job.definition.budget }),
    ...(options.onDamage && { onDamage: options.onDamage }),
    ...(options.takeOver !== undefined && { takeOver: options.takeOver }),
  });
  await noteCheckpointPlace(job);
  return new Run(job, input, options, concurrency, opened).go();
}

class Run {
  private readonly session: Session;
  private readonly log: ItemLog;
  private readonly runner: ItemRunner;
  private readonly stages;
  private readonly gate: RequestGate;
  private readonly pace: PaceReport;
  private readonly spending: Spending;
  private readonly ends: RunEnds;
  private readonly queue: WorkQueue;
  private readonly outcomes: Outcomes;
  private readonly announcer: Announcer;
  /** Those that no record has ended yet; undefined while the start of one is still being written. */
  private readonly attempts = new Map<Work, Attempt | undefined>();
  private readonly ofAttempts: AttemptRun;
  /** What was taken from the queue and may not begin yet. */
  private held: Work | undefined;
  /** Attempts whose work is under way, and those that have ended and are being recorded. */
  private active = 0;
  private recording = 0;
  private begun = 0;
  private wasLimited = false;
  /**
   * What is being recorded is in flight for the disk alone, but must not pile up. While the disk syncs one batch the next
   * is worked on, so that neither waits for the other; one at a time, each waits for the one before.
   */
  private readonly maxRecording: number;
  private error: unknown;
  private readonly change = new NextChange();
  private readonly sleeps = new Sleeps();

  constructor(
    private readonly job: LoadedJobFile,
    private readonly input: Input,
    private readonly options: RunOptions,
    concurrency: number,
    private readonly opened: OpenedSession,
  ) {
    this.maxRecording = 2 * concurrency - 1;
    const { definition } = job;
    const { session, log } = opened;
    this.session = session;
    this.announcer = new Announcer(options.onEvent, (error) => this.fatal(error));
    const { tell } = this.announcer;
    this.log = new ItemLog(logPathOf(job.checkpoint), { run: session.run, token: log.token });
    this.stages = stagesOf(definition);
    this.runner = runnerOf(job, this.log, this.stages);
    this.gate = new RequestGate(concurrency, definition.limits ?? {}, (what) => {
      if (what === "pace") this.pace.changed();
      this.change.tell();
    });
    this.pace = new PaceReport(
      session,
      () => this.gate,
      tell,
      (error) => this.fatal(error),
    );
    this.spending = new Spending(definition, log.state, (model) => this.tellUnknownPrice(model));
    this.ends = new RunEnds({
      ...{ definition, session, deadlineMs: options.deadlineMs, control: options.control },
      spending: this.spending,
      tell,
      onError: (error) => this.fatal(error),
    });
    const left = remainingItems(
      session,
      input,
      chosenItems(options, () => this.status()),
    );
    this.queue = new WorkQueue(left, (error) =>
      error === undefined ? this.change.tell() : this.fatal(error),
    );
    this.outcomes = new Outcomes({
      ...{
        definition,
        session,
        control: options.control,
        gate: this.gate,
        queue: this.queue,
        ends: this.ends,
      },
      ...{ cache: opened.cache, log: this.log, stages: this.stages?.length ?? 0 },
      tell,
    });
    this.ofAttempts = {
      ...{ session, cache: opened.cache, log: this.log, gate: this.gate },
      ...{ timeoutMs: definition.itemTimeoutMs, deadline: this.ends.deadline },
      priceOf: (usage) => this.spending.prices.priceOf(usage),
      refusal: () => this.spending.refusal(),
      onSpent: (work, usage) => this.spending.spend(work, usage),
      onProgress: (work, attempt, fraction) => {
        const { key } = work.input;
        tell({ event: "item-progress", item: idValue(key), fraction });
        session.recordProgress(key, attempt, fraction).catch((error) => this.fatal(error));
      },
    };
  }

  async go(): Promise<RunOutcome> {
    const { control } = this.options;
    this.options.onOpen?.(() => this.status());
    control.onStop(() => this.beginToStop());
    const aborted = new Promise<void>((resolve) => {
      const abort = () => {
        for (const attempt of this.attempts.values()) attempt?.abort(control.signal.reason);
        resolve();
      };
      control.signal.addEventListener("abort", abort, { once: true });
    });
    this.ends.watch();
    try {
      await this.prepare();
      await Promise.race([this.workOff(), aborted]);
      await this.queue.close();
    } catch (error) {
      this.error ??= error;
    } finally {
      this.ends.close();
      this.gate.close();
      this.pace.close();
      await this.runner.close(control.signal.aborted || this.error !== undefined);
    }
    try {
      await this.outcomes.leave(this.attempts);
    } catch (error) {
      this.error ??= error;
    }
    return this.end();
  }

  private async prepare(): Promise<void> {
    if (this.input.kind === "list") await this.session.recordInput(this.input.items.map((item) => item.key));
    if (this.job.definition.worker) {
      const ended = await endOrphans(this.job.checkpoint);
      const message = `Ended ${ended} worker${ended === 1 ? "" : "s"} of a killed run that still worked: nobody would have got the results.`;
      if (ended > 0) this.announcer.tell({ event: "notice", message });
    }
    this.tellStart();
    const notices = await startNotices(this.status(), this.options, {
      checkpoint: this.job.checkpoint,
      budget: this.spending.hasBudget ? this.spending.budgetText() : undefined,
    });
    for (const message of notices) this.announcer.tell({ event: "notice", message });
  }

  /** Begins one thing after the other, as fast as limits allow, until there is no more or the run is to stop. */
  private async workOff(): Promise<void> {
    try {
      await this.beginAll();
    } catch (error) {
      this.fatal(error); // what is in flight is paid for, and kept
    }
    while (this.active + this.recording > 0) await this.change.wait();
  }

  private async beginAll(): Promise<void> {
    const { control } = this.options;
    while (!control.stopping) {
      const work = this.held ?? this.queue.next(performance.now());
      if (work === "end") {
        if (this.active + this.recording > 0) await this.change.wait();
        else if (!this.queue.unpark()) break;
      } else if (work === "wait") await this.change.wait(this.queue.nextDueMs);
      else {
        this.held = work;
        const waiting = this.beginOrWait(work);
        if (waiting) await waiting;
      }
    }
  }

  /** Begins it where it may begin now; else gives what to wait for before that is looked at again. */
  private beginOrWait(work: Work): Promise<void> | undefined {
    const { limit = Number.POSITIVE_INFINITY } = this.options;
    if (!work.isBegun && this.begun >= limit) {
      this.wasLimited = true;
      this.held = undefined;
      this.queue.endInput();
      return undefined;
    }
    if (this.active >= this.gate.concurrency.allowed || this.recording >= this.maxRecording)
      return this.change.wait();
    const { limits } = this.job.definition;
    if (!work.expected && (this.spending.hasBudget || limits?.tokensPerMinute !== undefined))
      return this.expect(work);
    const waitMs = this.gate.waitMs(work.expected?.tokens);
    if (waitMs > 0) {
      if (work.expected?.tokens === undefined) delete work.expected; // it may be known by then
      return this.change.wait(performance.now() + waitMs);
    }
    const admission = this.spending.admit(work, work.expected ?? {});
    if (admission === "now") {
      this.begin(work);
      return undefined;
    }
    if (admission === "never") this.ends.stopAtBudget(work);
    delete work.expected; // what items take meanwhile tells more
    return admission === "later" ? this.change.wait() : undefined;
  }

  private async expect(work: Work): Promise<void> {
    work.expected = await this.spending.expect(work.input.item);
  }

  private begin(work: Work): void {
    this.held = undefined;
    this.ends.attemptBegins(work);
    if (!work.isBegun) this.begun++;
    work.isBegun = true;
    this.active++;
    const prepaid = this.gate.charge(work.expected?.tokens);
    this.attempt(work, prepaid).then(
      () => this.change.tell(),
      (error: unknown) => this.fatal(error),
    );
  }

  private async attempt(work: Work, prepaid: Ticket): Promise<void> {
    const { key } = work.input;
    const { signal } = this.options.control;
    let isActive = true;
    try {
      this.attempts.set(work, undefined);
      const number = await this.session.start(key, work.pass);
      if (signal.aborted) return;
      const deadline = this.ends.deadlineWithin(this.job.definition.itemTimeoutMs);
      const attempt = new Attempt({ run: this.ofAttempts, work, attempt: number, prepaid, deadline });
      this.attempts.set(work, attempt);
      this.announcer.tell({ event: "item-started", item: idValue(key), attempt: number });
      const hashing = work.input.hash(); // of what the item is now, not of what it may be afterwards
      const begin = performance.now();
      const outcome = await attempt
        .run(() => this.doWork(work, attempt))
        .then(
          (result) => ({ result }),
          (error: unknown) => ({ error }),
        );
      const ms = performance.now() - begin;
      attempt.end();
      this.recording++;
      const hash = hashing instanceof Promise ? await hashing : hashing;
      try {
        await this.outcomes.record(work, number, attempt, { ...outcome, ms, hash }, () => {
          if (isActive) this.active--;
          isActive = false;
          this.change.tell();
        });
        if (!signal.aborted) this.attempts.delete(work);
      } finally {
        this.recording--;
        this.spending.release(work, attempt.used);
      }
    } catch (error) {
      // Whatever an attempt still wanted to record when the run was ended at once, the item is in doubt.
      if (!signal.aborted) throw error;
    } finally {
      if (isActive) this.active--;
    }
  }

  private doWork(work: Work, attempt: Attempt): Promise<unknown> {
    const { stages } = this;
    if (!stages || this.job.definition.order !== "stages")
      return this.runner.run(work.input, attempt.context);
    return this.doStage(stages, work, attempt);
  }

  private async doStage(stages: Stage[], work: Work, attempt: Attempt): Promise<unknown> {
    work.pass = Math.max(work.pass, finishedStages(stages, work.input, this.opened.cache));
    return runStages(stages, work.input.item, attempt.context, work.pass + 1);
  }

  private tellUnknownPrice(model: string): void {
    const message = unknownPrice(model, this.spending.hasUsdBudget);
    if (this.spending.hasUsdBudget) this.fatal(new JobDefinitionError(message));
    else this.announcer.tell({ event: "notice", message });
  }

  private beginToStop(): void {
    const { control } = this.options;
    const { reason, detail } = control.stopping!;
    const told = { reason, inFlight: this.active, ...(detail !== undefined && { detail }) };
    this.announcer.tell({ event: "run-stopping", ...told });
    this.change.tell();
  }

  /** Something no other item would escape either. */
  private fatal(error: unknown): void {
    this.error ??= error;
    this.options.control.stop("error");
    this.change.tell();
  }

  private async end(): Promise<RunOutcome> {
    const reason = this.reason();
    const { signal, detail } = this.options.control.stopping ?? {};
    const told = { ...(signal !== undefined && { signal }), ...(detail !== undefined && { detail }) };
    this.session.endAs(reason, told);
    this.outcomes.giveUpRetries(this.held);
    const { state } = this.session;
    await this.session.close();
    const { done, failed, beganMs } = this.ends;
    const ms = Math.round(performance.now() - beganMs);
    const status = statusOf(state, this.opened.log.scan, null, Date.now());
    this.announcer.tell({
      ...{ event: "run-ended", reason, ...(detail !== undefined && { detail }), done, failed },
      ...{ total: status.total, remaining: status.remaining, ms },
    });
    this.announcer.close();
    const { error } = this;
    const outcome = { reason, ...told, done, failed, ms, status, usage: state.usage };
    return { ...outcome, ...(error !== undefined && { error }) };
  }

  private reason(): RunEndReason {
    const { stopping } = this.options.control;
    if (this.error !== undefined) return "error";
    if (stopping) return stopping.reason;
    const status = statusOf(this.session.state, this.opened.log.scan, null, Date.now());
    const isOfSome = this.options.only !== undefined;
    return endReason(status, { wasLimited: this.wasLimited, isOfSome, failedNow: this.ends.failed });
  }

  private status(): JobStatus {
    const { log } = this.opened;
    const nowMs = Date.now();
    const holder = { pid: process.pid, host: "", token: log.token, sinceMs: nowMs, local: true };
    return statusOf(log.state, log.scan, holder, nowMs, null, undefined, this.sleeps.at(nowMs));
  }

  private tellStart(): void {
    const { total, done, failed, inDoubt } = this.status();
    this.announcer.tell({
      ...{ event: "run-started", job: this.job.name, run: this.session.run, checkpoint: this.job.checkpoint },
      ...{ total, done, failed, inDoubt, at: new Date().toISOString() },
    });
  }
}
