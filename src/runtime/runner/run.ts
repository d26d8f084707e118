import { defaultConcurrency, stopPollIntervalMs } from "../config.js";
import { AgentJobsError, messageOf } from "../errors.js";
import { type ItemKey, idValue } from "../format/itemId.js";
import type { RunEndReason } from "../format/record.js";
import { type OpenedSession, openSession } from "../session/openSession.js";
import { assertDistinct, type Session } from "../session/session.js";
import { type JobStatus, statusOf } from "../state/status.js";
import { JsonlStore } from "../store/jsonlStore.js";
import { causeIn, isFatal } from "./causes.js";
import { noteCheckpointPlace } from "./elsewhere.js";
import type { RunEvent } from "./events.js";
import { ItemLog, logPathOf } from "./itemLog.js";
import { createContext, type ItemRunner, inProcess } from "./itemRunner.js";
import type { Input, InputItem } from "./items.js";
import { relativeJobFile } from "./jobPaths.js";
import type { LoadedJobFile } from "./loadJob.js";
import { endOrphans } from "./orphans.js";
import { remainingItems, startNotices } from "./remaining.js";
import type { RunOptions, RunOutcome } from "./runOptions.js";
import { WorkerPool } from "./workerPool.js";

export type { RunOptions, RunOutcome } from "./runOptions.js";

/**
 * Runs a loaded job over its input: begins every item that is not done, records each outcome durably, and ends
 * when the input does or `control` says so. A failed item never stops the others.
 * @throws what `JsonlStore.open` does, and JobDefinitionError AJ_DUPLICATE_IDS
 */
export async function runJob(job: LoadedJobFile, input: Input, options: RunOptions): Promise<RunOutcome> {
  if (input.kind === "list") assertDistinct(input.items.map((item) => item.key));
  const concurrency = options.concurrency ?? job.definition.concurrency ?? defaultConcurrency;
  const opened = await openSession(new JsonlStore(job.checkpoint), job.name, {
    label: job.label,
    jobFile: relativeJobFile(job.checkpoint, job.path),
    concurrency,
    ...(job.definition.params !== undefined && { params: job.definition.params }),
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
  private readonly inFlight = new Set<ItemKey>();
  /** Lanes that wait for an item which may be long in coming: a stop lets go of them. */
  private readonly waiting = new Set<() => void>();
  private readonly beganMs = performance.now();
  private begun = 0;
  private wasLimited = false;
  private done = 0;
  private failed = 0;
  private error: unknown;
  private isOver = false;

  constructor(
    private readonly job: LoadedJobFile,
    private readonly input: Input,
    private readonly options: RunOptions,
    private readonly concurrency: number,
    private readonly opened: OpenedSession,
  ) {
    this.session = opened.session;
    this.log = new ItemLog(logPathOf(job.checkpoint));
    const { process, worker } = job.definition;
    this.runner = worker ? new WorkerPool(job, this.log) : inProcess(process!.bind(job.definition) as never);
  }

  async go(): Promise<RunOutcome> {
    const { control } = this.options;
    this.options.onOpen?.(() => this.status());
    const watch = setInterval(() => void this.lookForStop(), stopPollIntervalMs);
    control.onStop(() => {
      this.tell({ event: "run-stopping", reason: control.stopping!.reason, inFlight: this.inFlight.size });
      for (const letGo of this.waiting) letGo();
    });
    const aborted = new Promise<void>((resolve) =>
      control.signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    try {
      if (this.input.kind === "list")
        await this.session.recordInput(this.input.items.map((item) => item.key));
      if (this.job.definition.worker) {
        const ended = await endOrphans(this.job.checkpoint);
        const message = `Ended ${ended} worker${ended === 1 ? "" : "s"} of a killed run that still worked: nobody would have got the results.`;
        if (ended > 0) this.tell({ event: "notice", message });
      }
      if (this.job.definition.budget)
        this.tell({
          event: "notice",
          message:
            "The budget counts only costs that `ctx.usage` is told in US dollars (`usd`): tokens alone do not reach it.",
        });
      this.tellStart();
      for (const message of await startNotices(this.status(), this.options.inDoubt, this.job.checkpoint))
        this.tell({ event: "notice", message });
      const source = remainingItems(this.session, this.input, this.skipped());
      const lanes = Array.from({ length: this.concurrency }, () => this.lane(source));
      await Promise.race([Promise.all(lanes), aborted]);
    } catch (error) {
      this.error ??= error;
    } finally {
      clearInterval(watch);
      await this.runner.close(control.signal.aborted || this.error !== undefined);
    }
    return this.end();
  }

  /** Takes item after item until there are no more or the run is to stop. */
  private async lane(source: AsyncGenerator<InputItem>): Promise<void> {
    const { control, limit = Number.POSITIVE_INFINITY } = this.options;
    try {
      while (!control.stopping) {
        const next = await this.nextOf(source);
        if (!next || next.done || control.stopping || this.isBudgetSpent()) return;
        if (this.begun >= limit) {
          this.wasLimited = true;
          return;
        }
        this.begun++;
        await this.runItem(next.value);
      }
    } catch (error) {
      // Whatever an attempt still wanted to record when the run was ended at once, the item is in doubt.
      if (control.signal.aborted) return;
      this.error ??= error;
      control.stop("error");
    }
  }

  /** The next item; undefined where the run is to stop before it came. */
  private nextOf(source: AsyncGenerator<InputItem>): Promise<IteratorResult<InputItem> | undefined> {
    return new Promise((resolve, reject) => {
      const letGo = () => resolve(undefined);
      this.waiting.add(letGo);
      source
        .next()
        .then(resolve, reject)
        .finally(() => this.waiting.delete(letGo));
    });
  }

  private async runItem(input: InputItem): Promise<void> {
    const { key, item } = input;
    const { session } = this;
    const { signal } = this.options.control;
    const attempt = await session.start(key);
    this.inFlight.add(key);
    const id = idValue(key);
    this.tell({ event: "item-started", item: id, attempt });
    const begin = performance.now();
    const { context, used } = createContext({
      ...{ item: key, attempt, session, cache: this.opened.cache, log: this.log, signal },
      onProgress: (fraction) => this.tell({ event: "item-progress", item: id, fraction }),
    });
    const measures = (ms: number) => {
      const usage = used();
      return { ms, ...(usage && { usage }) };
    };
    const hashing = input.hash(); // of what the item is now, not of what it may be afterwards
    try {
      let result: unknown;
      try {
        result = await this.runner.run({ key, item }, context);
      } catch (error) {
        if (signal.aborted) return; // ended at once: whether the item took effect is in doubt
        if (isFatal(error)) throw error;
        await this.fail(key, attempt, error, causeIn(error), measures(performance.now() - begin));
        return;
      }
      const ms = performance.now() - begin;
      const hash = await hashing;
      try {
        await session.finish(key, result, { ...measures(ms), ...(hash !== undefined && { hash }) });
      } catch (error) {
        if (error instanceof AgentJobsError) throw error;
        // No JSON, or too large: the item's own fault, and no other's.
        await this.fail(key, attempt, error, "bad-reply", measures(ms));
        return;
      }
      this.opened.cache.take({ type: "done", atMs: 0, item: key }); // its steps' results are not needed again
      this.done++;
      const usage = used();
      this.tell({ event: "item-done", item: id, attempt, ms: Math.round(ms), ...(usage && { usage }) });
    } finally {
      this.inFlight.delete(key);
    }
  }

  private async fail(
    key: ItemKey,
    attempt: number,
    error: unknown,
    cause: string,
    measures: { ms: number },
  ): Promise<void> {
    await this.session.fail(key, error, { cause, ...measures });
    this.failed++;
    this.log.write(key, `failed (${cause}): ${messageOf(error)}`);
    const ms = Math.round(measures.ms);
    this.tell({ event: "item-failed", item: idValue(key), attempt, ms, cause, message: messageOf(error) });
  }

  private isBudgetSpent(): boolean {
    const usd = this.job.definition.budget?.usd;
    if (usd === undefined || (this.session.state.usage.usd ?? 0) < usd) return false;
    this.tell({
      event: "notice",
      message: `The budget of $${usd} is spent. Raise it and run again to go on.`,
    });
    this.options.control.stop("budget");
    return true;
  }

  private async lookForStop(): Promise<void> {
    // A request that cannot be read now is read at the next look.
    if (await this.session.stopRequested().catch(() => false)) this.options.control.stop("stopped");
  }

  private async end(): Promise<RunOutcome> {
    const { control } = this.options;
    const reason = this.reason();
    const signal = control.stopping?.signal;
    this.session.endAs(reason, signal);
    const { state } = this.session;
    await this.session.close();
    const { done, failed, error } = this;
    const ms = Math.round(performance.now() - this.beganMs);
    const status = statusOf(state, this.opened.log.scan, null, Date.now());
    this.tell({
      event: "run-ended",
      reason,
      done,
      failed,
      total: status.total,
      remaining: status.remaining,
      ms,
    });
    this.isOver = true;
    return {
      ...{ reason, done, failed, ms, status },
      ...(signal !== undefined && { signal }),
      ...(error !== undefined && { error }),
      usage: state.usage,
    };
  }

  private reason(): RunEndReason {
    const { stopping } = this.options.control;
    if (this.error !== undefined) return "error";
    if (stopping) return stopping.reason;
    if (this.wasLimited) return "limit";
    const { failed, remaining, inDoubt } = statusOf(
      this.session.state,
      this.opened.log.scan,
      null,
      Date.now(),
    );
    if (failed > 0 || remaining !== 0) return "finished-with-failures";
    return inDoubt > 0 ? "in-doubt" : "finished";
  }

  /** Items in doubt that this run is to leave so. */
  private skipped(): ReadonlySet<ItemKey> {
    if (this.options.inDoubt !== "skip") return new Set();
    return new Set(this.status().inDoubtItems.map(({ item }) => item));
  }

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
