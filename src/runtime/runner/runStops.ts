import { defaultStopGraceMs, stopPollIntervalMs } from "../config.js";
import { JobDefinitionError } from "../errors.js";
import type { RunEndReason } from "../format/record.js";
import { Deadline } from "../session/deadline.js";
import type { Session } from "../session/session.js";
import type { JobDefinition } from "./defineJob.js";
import type { RunEvent } from "./events.js";
import type { ExpectedCost } from "./expectedCost.js";
import type { RunControl } from "./runControl.js";
import type { Spending } from "./spending.js";

export interface RunStopsParts {
  definition: JobDefinition;
  control: RunControl;
  session: Session;
  spending: () => Spending;
  /** Instead of the definition's; undefined: none. */
  deadlineMs: number | undefined;
  /** How many attempts are under way. */
  inFlight: () => number;
  tell: (event: RunEvent) => void;
  /** Called where the run cannot go on. */
  fatal: (error: unknown) => void;
}

/** Ends that a person or the system asked for: what is in flight gets a while, not for ever. */
const askedFor: ReadonlySet<RunEndReason> = new Set(["stopped", "interrupted", "terminated", "deadline"]);

/** What ends a run early, in order: a request, its deadline, its conditions, its budget. */
export class RunStops {
  readonly deadline: Deadline | undefined;
  /** Items that are done, and that have failed for good. */
  private done = 0;
  private failed = 0;
  private readonly beganMs = performance.now();
  private lastDoneMs = this.beganMs;
  private readonly watch: NodeJS.Timeout;
  private grace: NodeJS.Timeout | undefined;

  constructor(private readonly parts: RunStopsParts) {
    const { control, definition } = parts;
    const deadlineMs = parts.deadlineMs ?? definition.deadlineMs;
    this.deadline = deadlineMs === undefined ? undefined : Deadline.after(deadlineMs);
    this.deadline?.signal.addEventListener(
      "abort",
      () => control.stop("deadline", undefined, `${deadlineMs! / 1000} s`),
      { once: true },
    );
    this.watch = setInterval(() => void this.look(), stopPollIntervalMs);
    control.onStop(() => this.begin());
  }

  close(): void {
    clearInterval(this.watch);
    clearTimeout(this.grace);
    this.deadline?.dispose();
  }

  itemEnded(how: "done" | "failed"): void {
    this[how]++;
    if (how === "done") this.lastDoneMs = performance.now();
    this.lookAtConditions();
  }

  /** The next item could pass the budget, or it is spent. */
  atBudget(expected: ExpectedCost | undefined): void {
    const { control, tell } = this.parts;
    const spending = this.parts.spending();
    const next = expected?.usd ?? expected?.tokens;
    const what =
      next === undefined ? "The budget is spent" : "The next item could pass the budget, so it was not begun";
    if (control.stopping) return;
    control.stop("budget", undefined, `${spending.budgetText()} spent`);
    tell({
      event: "notice",
      message: `${what}: ${spending.budgetText()} spent. Items in flight may pass it by ${spending.overshootText()} at most, judging by the dearest so far. Raise \`budget\` and run again to go on.`,
    });
  }

  /** Nobody knows what a model's calls cost: a budget in US dollars could not be held. */
  unknownPrice(model: string): void {
    const what = `No price is known for the model ${model}`;
    const next = `Give it in \`prices: { ${JSON.stringify(model)}: { inputPerMillion, outputPerMillion } }\``;
    if (!this.parts.spending().hasUsdBudget)
      return this.parts.tell({
        event: "notice",
        message: `${what}: what its calls cost is not counted. ${next}.`,
      });
    this.parts.fatal(
      new JobDefinitionError(
        `${what}, so the budget cannot be held. ${next}, or remove the budget, then run again.`,
      ),
    );
  }

  private lookAtConditions(): void {
    const { definition, control } = this.parts;
    if (!definition.stopWhen || control.stopping) return;
    const nowMs = performance.now();
    const { usd, tokens, unpricedCalls } = this.parts.spending();
    const stop = definition.stopWhen.evaluate({
      iterations: this.done + this.failed,
      elapsedMs: nowMs - this.beganMs,
      sinceProgressMs: nowMs - this.lastDoneMs,
      ...{ usd, tokens, unpricedCalls },
    });
    if (stop) control.stop("stop-condition", undefined, stop.message);
  }

  private async look(): Promise<void> {
    this.lookAtConditions();
    // A request that cannot be read now is read at the next look.
    if (await this.parts.session.stopRequested().catch(() => false)) this.parts.control.stop("stopped");
  }

  private begin(): void {
    const { control, definition, tell, inFlight } = this.parts;
    const { reason, signal, detail } = control.stopping!;
    tell({
      ...{ event: "run-stopping", reason, inFlight: inFlight() },
      ...(detail !== undefined && { detail }),
    });
    if (askedFor.has(reason))
      this.grace = setTimeout(
        () => control.abort(reason, signal),
        definition.stopGraceMs ?? defaultStopGraceMs,
      );
  }
}
