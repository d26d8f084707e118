import { defaultStopGraceMs, maxTimerMs, stopPollIntervalMs } from "../config.js";
import { JobDefinitionError, messageOf } from "../errors.js";
import type { RunEndReason } from "../format/record.js";
import { Deadline } from "../session/deadline.js";
import type { Session } from "../session/session.js";
import type { StopCondition, StopReason } from "../session/stopConditions.js";
import type { JobDefinition } from "./defineJob.js";
import type { RunEvent } from "./events.js";
import { FailureLimits } from "./failureLimits.js";
import type { RunControl } from "./runControl.js";
import type { Spending } from "./spending.js";
import type { Work } from "./workQueue.js";

/** Ends that a person or the system asked for: what is in flight gets a while, not for ever. */
const askedFor: ReadonlySet<RunEndReason> = new Set(["stopped", "interrupted", "terminated", "deadline"]);

export interface RunEndsParts {
  definition: JobDefinition;
  /** Instead of the definition's. */
  deadlineMs: number | undefined;
  control: RunControl;
  session: Session;
  spending: Spending;
  tell(event: RunEvent): void;
  onError(error: unknown): void;
}

/**
 * What ends a run before its input does: a request, the deadline, a condition, failures, the budget. Each stops it in
 * order; where somebody asked for the stop, what has not ended after a while is left in doubt.
 */
export class RunEnds {
  readonly beganMs = performance.now();
  readonly deadline: Deadline | undefined;
  /** Items that ended in this run. */
  done = 0;
  failed = 0;
  private begun = 0;
  /** In flight, or waiting to be tried again. */
  private underWay = 0;
  private lastDoneMs = performance.now();
  private readonly failures: FailureLimits;
  private looking: NodeJS.Timeout | undefined;
  private grace: NodeJS.Timeout | undefined;

  constructor(private readonly parts: RunEndsParts) {
    const { definition, deadlineMs = definition.deadlineMs } = parts;
    this.deadline = deadlineMs === undefined ? undefined : Deadline.after(deadlineMs);
    this.failures = new FailureLimits(definition.maxFailures);
  }

  watch(): void {
    this.looking = setInterval(() => void this.look(), stopPollIntervalMs);
    this.parts.control.onEachStop(({ reason, signal }) => this.beginGrace(reason, signal));
    const passed = this.deadline?.signal;
    passed?.addEventListener("abort", () => this.stopAtDeadline(), { once: true });
    if (passed?.aborted) this.stopAtDeadline();
  }

  close(): void {
    clearInterval(this.looking);
    clearTimeout(this.grace);
    this.deadline?.dispose();
  }

  /** The deadline of something in the run that may take so long itself, milliseconds: the run's, if that is earlier. */
  deadlineWithin(ms: number | undefined): Deadline | undefined {
    return ms === undefined ? this.deadline : (this.deadline?.child(ms) ?? Deadline.after(ms));
  }

  /** An attempt is about to begin; further ones at the same item, or at its stage, count for nothing. */
  attemptBegins({ isBegun, tries }: Work): void {
    if (!isBegun) this.begun++;
    if (tries === 0) this.underWay++;
  }

  /** An item got through a stage, and goes on with the next one later. */
  itemPassed({ pass }: Work): void {
    this.underWay--;
    this.failures.succeeded(pass);
  }

  itemDone(work: Work): void {
    this.done++;
    this.lastDoneMs = performance.now();
    this.itemPassed(work);
    this.lookAtConditions();
  }

  itemFailed(cause: string, { pass: stage }: Work): void {
    this.failed++;
    this.underWay--;
    if (cause === "budget") this.stopAtBudget();
    const { underWay, begun } = this;
    const stop = this.failures.failedBy(cause, { stage, underWay, begun });
    if (stop) this.parts.control.stop(stop.reason, undefined, stop.detail);
    this.lookAtConditions();
  }

  /** @param next what could not be begun; left out where a request was refused */
  stopAtBudget(next?: Work): void {
    const { control, spending, tell } = this.parts;
    if (control.stopping?.reason === "budget") return; // of all that are refused, the first says it
    const amount = next?.expected?.usd ?? next?.expected?.tokens;
    const what =
      amount === undefined
        ? "The budget is spent"
        : "The next item could pass the budget, so it was not begun";
    control.stop("budget", undefined, `${spending.budgetText()} spent`);
    tell({
      event: "notice",
      message: `${what}: ${spending.budgetText()} spent. Items in flight may pass it by ${spending.overshootText()} at most, judging by the dearest so far. Raise \`budget\` and run again to go on.`,
    });
  }

  private stopAtDeadline(): void {
    this.parts.control.stop("deadline", undefined, `${(this.deadline?.limitMs ?? 0) / 1000} s`);
  }

  private lookAtConditions(): void {
    const { control, definition } = this.parts;
    const { stopWhen } = definition;
    if (!stopWhen || control.stopping) return;
    const stop = this.metCondition(stopWhen);
    if (stop) control.stop("stop-condition", undefined, stop.message);
  }

  private metCondition(stopWhen: StopCondition): StopReason | undefined {
    const nowMs = performance.now();
    const { usd, tokens, unpricedCalls } = this.parts.spending;
    try {
      return stopWhen.evaluate({
        iterations: this.done + this.failed,
        elapsedMs: nowMs - this.beganMs,
        sinceProgressMs: nowMs - this.lastDoneMs,
        ...{ usd, tokens, unpricedCalls },
      });
    } catch (error) {
      const message = `\`stopWhen\` threw: ${messageOf(error)}. Mend or remove it.`;
      this.parts.onError(new JobDefinitionError(message, { cause: error }));
      return undefined;
    }
  }

  private async look(): Promise<void> {
    this.lookAtConditions();
    const { control, session } = this.parts;
    // A request that cannot be read now is read at the next look.
    if (await session.stopRequested().catch(() => false)) control.stop("stopped");
  }

  /** Also where the run stops already by itself, which would wait for what never ends. */
  private beginGrace(reason: RunEndReason, signal: string | undefined): void {
    if (!askedFor.has(reason)) return;
    const { control, definition } = this.parts;
    const { stopGraceMs = defaultStopGraceMs } = definition;
    this.grace ??= setTimeout(() => control.abort(reason, signal), Math.min(stopGraceMs, maxTimerMs));
  }
}
