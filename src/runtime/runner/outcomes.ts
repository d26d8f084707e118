import { AgentJobsError, messageOf } from "../errors.js";
import { idValue } from "../format/itemId.js";
import type { OperationCache } from "../session/operationCache.js";
import type { Session } from "../session/session.js";
import type { Attempt } from "./attempt.js";
import { causeIn, isFatal } from "./causes.js";
import type { JobDefinition } from "./defineJob.js";
import type { RunEvent } from "./events.js";
import type { ItemLog } from "./itemLog.js";
import type { RequestGate } from "./pacing/requestGate.js";
import { errorHeadersOf, retryAfterMs } from "./retryAfter.js";
import { attemptsFor, delayMs } from "./retryPolicy.js";
import type { RunControl } from "./runControl.js";
import type { RunEnds } from "./runEnds.js";
import type { Work, WorkQueue } from "./workQueue.js";

/** Causes by which a service says that it is asked too much. */
const overloadCauses: ReadonlySet<string> = new Set(["rate-limit", "overloaded"]);

export interface OutcomesParts {
  definition: JobDefinition;
  session: Session;
  control: RunControl;
  gate: RequestGate;
  queue: WorkQueue;
  ends: RunEnds;
  cache: OperationCache;
  log: ItemLog;
  /** How many there are; 0 of a job without. */
  stages: number;
  tell(event: RunEvent): void;
}

/** Records how attempts ended: an item is done, has failed, is to be tried again, or goes on with its next stage. */
export class Outcomes {
  constructor(private readonly parts: OutcomesParts) {}

  /**
   * @param onQueued called once the record of an item that did not fail stands before whatever is recorded next: what
   * begins in its place comes after it in the file, so that no kill leaves more in doubt than was in flight. A failure
   * may end the run: nothing begins in its place before that is known.
   * @throws what no other item would escape either
   */
  async record(
    work: Work,
    number: number,
    attempt: Attempt,
    outcome: { result?: unknown; error?: unknown; ms: number; hash: string | undefined },
    onQueued: () => void,
  ): Promise<void> {
    const { key } = work.input;
    const { control } = this.parts;
    const { definition, stages } = this.parts;
    const hasNext = definition.order === "stages" && work.pass + 1 < stages;
    if (hasNext && !("error" in outcome)) return this.putOff(work, attempt, onQueued);
    const settling = attempt.settled();
    if (settling) await settling;
    const { ms, hash } = outcome;
    if (control.signal.aborted) return; // ended at once: whether the item took effect is in doubt
    if ("error" in outcome && isFatal(outcome.error)) throw outcome.error;
    const usage = attempt.takeUnrecorded();
    if ("error" in outcome) {
      return this.fail(work, number, attempt, outcome.error, { ms, ...(usage && { usage }) });
    }
    const measures = { ms, ...(usage && { usage }), ...(hash !== undefined && { hash }) };
    try {
      const finished = this.parts.session.finish(key, outcome.result, measures);
      let isRefused = false;
      finished.catch(() => {
        isRefused = true;
      });
      // A result that cannot be recorded is refused by promises alone, which all come before a tick; nothing is
      // written before it. Then the item has failed, and what is to be known first is whether that ends the run.
      process.nextTick(() => {
        if (!isRefused) onQueued();
      });
      await finished;
    } catch (error) {
      if (error instanceof AgentJobsError) throw error;
      // No JSON, or too large: the item's own fault, and no other's.
      const fault = new AgentJobsError("AJ_RESULT", messageOf(error), { cause: error });
      return this.fail(work, number, attempt, fault, { ms, ...(usage && { usage }) });
    }
    this.parts.cache.take({ type: "done", atMs: 0, item: key }); // its steps' results are not needed again
    if (!attempt.hasFetched) this.parts.gate.succeeded(attempt.startedAtMs);
    const { used } = attempt;
    const told = { item: idValue(key), attempt: number, ms: Math.round(ms), ...(used && { usage: used }) };
    this.parts.tell({ event: "item-done", ...told });
    this.parts.ends.itemDone(work);
  }

  /**
   * Whether attempts that are left behind took effect is in doubt, but not what they have spent; nor is one that has
   * done nothing yet, or was not begun.
   */
  async leave(attempts: ReadonlyMap<Work, Attempt | undefined>): Promise<void> {
    for (const [{ input, pass }, attempt] of attempts) {
      attempt?.end();
      await attempt?.recordUsed();
      if (!attempt || attempt.hasDoneNothing) await this.parts.session.park(input.key, pass);
    }
  }

  /** What waited for another attempt stays failed: the run ends before it. */
  giveUpRetries(held: Work | undefined): void {
    for (const { failure } of [...(held ? [held] : []), ...this.parts.queue.waitingForRetry]) {
      if (!failure) continue; // held before its first attempt
      this.parts.ends.failed++;
      this.parts.tell({ event: "item-failed", ...failure });
    }
  }

  /** The item goes on with its next stage once all others have come as far. */
  private async putOff(work: Work, attempt: Attempt, onQueued: () => void): Promise<void> {
    const before = await attempt.recordUsed();
    if (this.parts.control.signal.aborted) return;
    const parked = this.parts.session.park(work.input.key, work.pass);
    onQueued();
    await parked;
    this.parts.ends.itemPassed(work);
    const { failure: _, ...rest } = work;
    this.parts.queue.park({ ...rest, pass: work.pass + 1, tries: 0, before });
  }

  private async fail(
    work: Work,
    number: number,
    attempt: Attempt,
    error: unknown,
    measures: { ms: number },
  ): Promise<void> {
    const { key } = work.input;
    const { retry } = this.parts.definition;
    const cause = this.causeOf(error, work, attempt);
    if (overloadCauses.has(cause) && !attempt.hasFetched) this.heed(error, cause, attempt);
    const isLast = work.tries + 1 >= attemptsFor(cause, retry) || this.parts.control.stopping !== undefined;
    await this.parts.session.fail(key, error, { cause, ...measures, retry: !isLast });
    const message = messageOf(error);
    const told = { item: idValue(key), attempt: number, ms: Math.round(measures.ms), cause, message };
    this.parts.log.write(key, `failed (${cause}): ${message}`);
    if (isLast) {
      this.parts.tell({ event: "item-failed", ...told });
      return this.parts.ends.itemFailed(cause, work);
    }
    const waitMs = Math.max(delayMs(work.tries + 1, retry, Math.random), this.parts.gate.pause?.ms ?? 0);
    this.parts.tell({ event: "item-retry", ...told, delayMs: Math.round(waitMs) });
    const { before: _, ...rest } = work; // the next attempt is another one
    const again = { ...rest, tries: work.tries + 1, failure: told };
    this.parts.queue.retryAt(performance.now() + waitMs, again);
  }

  private causeOf(error: unknown, { input }: Work, attempt: Attempt): string {
    try {
      const own = this.parts.definition.classify?.(error, input.item);
      if (typeof own === "string" && /^[a-z][a-z-]{0,40}$/.test(own)) return own;
    } catch (thrown) {
      this.parts.log.write(input.key, `\`classify\` threw: ${messageOf(thrown)}`);
    }
    return attempt.isTimedOut ? "timeout" : causeIn(error);
  }

  /** What the service said of its load, where the requests did not go through `ctx.fetch`. */
  private heed(error: unknown, cause: string, { startedAtMs }: Attempt): void {
    this.parts.gate.overloaded(startedAtMs);
    const waitMs = retryAfterMs(errorHeadersOf(error), Date.now());
    if (waitMs !== undefined) this.parts.gate.pauseFor(waitMs, cause);
  }
}
