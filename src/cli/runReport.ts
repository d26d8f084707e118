import { relative } from "node:path";
import type { RunEvent } from "../runtime/runner/events.js";
import type { LoadedJobFile } from "../runtime/runner/loadJob.js";
import type { RunOutcome } from "../runtime/runner/run.js";
import type { UsageTotals } from "../runtime/state/jobState.js";
import type { JobStatus, RunEnding } from "../runtime/state/status.js";
import { countText, durationText, itemTimeText, plural, safeText, shortText, usdText } from "../view/text.js";
import { type ProgressFacts, ProgressLine } from "./progressLine.js";
import { failedLine, retryLines, type Suggestions } from "./suggestions.js";
import { print, styled } from "./terminal.js";

/** More failures than this are counted, not printed one by one. */
const maxPrintedFailures = 20;
/** A shorter pause is over before it is read. */
const minToldPauseMs = 2_000;

const endings: Record<RunEnding, string> = {
  finished: "Finished",
  "finished-with-failures": "Ended with failed items",
  stopped: "Stopped",
  interrupted: "Interrupted",
  terminated: "Ended by a signal",
  limit: "Reached --limit",
  budget: "Stopped before the budget would be passed",
  deadline: "Reached the deadline",
  "stop-condition": "Met a stop condition",
  "max-failures": "Stopped early: too many items failed",
  auth: "Stopped early: the service accepts no request",
  "in-doubt": "Done but for what is in doubt",
  error: "Ended with an error",
  migrated: "Stands for what another program did",
  killed: "Killed",
  "out-of-memory": "Killed for want of memory",
  reboot: "Ended with its machine",
  "taken-over": "Taken over by another run",
  unknown: "Ended without a word",
};

/** Why a run begins nothing more. */
const stops: Partial<Record<RunEnding, string>> = {
  budget: " at the budget",
  deadline: " at the deadline",
  "stop-condition": " by a stop condition",
  "max-failures": ", as too many items failed",
  auth: ", as the service accepts no request",
  error: " after an error",
};

/** What to see to before a run can go on. */
const advices: Partial<Record<RunEnding, string>> = {
  auth: "Check the key and what it allows: every item would have failed the same way.",
  "max-failures": "See why they failed before you go on, or raise `maxFailures`.",
  budget: "Raise `budget` in the job file to go on.",
};

/** What a summary is made of: a run's outcome, or what is known of one that another process did. */
export type Summed = Pick<RunOutcome, "done" | "failed" | "ms" | "usage" | "status"> & {
  reason: RunEnding;
  /** Which condition or limit ended it, with its figures. */
  detail?: string;
};

type ReportedJob = Pick<LoadedJobFile, "name" | "label" | "checkpoint"> & {
  definition?: { budget?: ProgressFacts["budget"] };
};

/** What a person sees of a run. */
export class RunReport {
  private progress: ProgressLine | undefined;
  /** How it stood when the run began; unknown to whoever came later. */
  private before: JobStatus | undefined;
  private status: (() => JobStatus) | undefined;
  private isStopping = false;
  private failures = 0;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;
  private readonly startFolder = process.env.PWD ?? process.cwd();

  /** @param retried how many failed items the run is to do again, where it does no others */
  constructor(
    private readonly job: ReportedJob,
    private readonly suggested: Suggestions,
    private readonly retried?: number,
  ) {}

  /** Shows how the run stands from now on; `draw` false only keeps quiet. */
  open(status: () => JobStatus, draw: boolean): void {
    this.status = status;
    const { budget } = this.job.definition ?? {};
    if (draw)
      this.progress = new ProgressLine(this.job.name, status, () => ({
        budget,
        isStopping: this.isStopping,
      }));
  }

  take(event: RunEvent): void {
    switch (event.event) {
      case "run-started":
        this.before = this.status?.();
        return this.note(this.startText(event));
      case "item-failed":
        return this.noteFailure(event);
      case "notice":
        return this.note(safeText(event.message));
      case "pace":
        return this.notePace(event);
      case "run-stopping":
        return this.noteStop(event);
      default:
        return;
    }
  }

  note(line: string): void {
    if (this.progress) this.progress.note(line);
    else print(line);
  }

  /** From now on the run only ends what is in flight. */
  stopping(): void {
    this.isStopping = true;
  }

  end(): void {
    this.progress?.stop();
  }

  /**
   * How it ended, and what to type next.
   * @param isCleared the checkpoint was moved away since: there is nothing to look at
   */
  summary({ reason, detail, done, failed, ms, usage, status }: Summed, isCleared = false): string[] {
    const { total } = status;
    const isRetried = this.retried !== undefined && reason === "limit";
    const words = isRetried ? "Retried" : endings[reason];
    const ending = styled(reason === "finished" ? "green" : "yellow", words);
    const of = total === null ? "" : ` of ${countText(total)}`;
    const lines = [
      `${ending}${detail === undefined ? "" : ` (${safeText(detail)})`}: ${countText(status.done)}${of} done, ${countText(done)} in this run (${durationText(ms)}).`,
      ...this.costLines(usage, status.lastRun?.run.usage),
    ];
    if (status.failed > 0) {
      const inThisRun = failed === status.failed ? "" : `, ${countText(failed)} in this run`;
      lines.push(failedLine(status, this.suggested.read, inThisRun));
    }
    if (status.inDoubt > 0)
      lines.push(
        `${plural(status.inDoubt, "item")} in doubt, begun and not recorded as finished: agent-jobs doubt ${this.suggested.read}`,
      );
    if (isCleared) return lines;
    if (status.done > 0) lines.push(`Results: agent-jobs results ${this.suggested.read}`);
    lines.push(...nextLines(reason, status, this.suggested.run));
    lines.push(styled("dim", `Checkpoint: ${relative(this.startFolder, this.job.checkpoint)}`));
    return lines;
  }

  /** What was taken, and what a resumed run did not take again. */
  private costLines(usage: UsageTotals, ofRun: UsageTotals | undefined): string[] {
    const lines: string[] = [];
    const inAll = usageText(usage);
    if (inAll !== "") {
      const limit = this.job.definition?.budget?.usd;
      const of = limit === undefined || usage.usd === null ? "" : ` of ${usdText(limit)}`;
      const own = ofRun ? usageText(ofRun) : "";
      const isOnlyRun = own === inAll;
      lines.push(`In all ${inAll}${of}${isOnlyRun ? "" : `; ${own || "nothing"} in this run`}.`);
    }
    const { done = 0, saved } = this.before ?? {};
    if (saved && done > 0) lines.push(`Not spent again: ${savedTexts(saved, plural(done, "item"))}.`);
    return lines;
  }

  /** A pause is told once; how it goes on, and the pace, is in the moving line. */
  private notePace({ pauseMs, cause }: Extract<RunEvent, { event: "pace" }>): void {
    if (pauseMs === undefined || pauseMs < minToldPauseMs) return;
    const nowMs = performance.now();
    const isNew = nowMs > this.pausedUntilMs;
    this.pausedUntilMs = Math.max(this.pausedUntilMs, nowMs + pauseMs);
    if (isNew)
      this.note(`Paused for ${durationText(pauseMs)}, as the service asks: ${safeText(cause ?? "other")}.`);
  }

  private noteStop({ inFlight, reason, detail }: Extract<RunEvent, { event: "run-stopping" }>): void {
    this.stopping();
    if (inFlight === 0) return;
    const why = stops[reason as RunEnding] ?? "";
    const figures = detail === undefined ? "" : ` (${safeText(detail)})`;
    const twice = reason === "interrupted" ? "A second Ctrl-C" : "Ctrl-C twice";
    this.note(
      `Stopping${why}${figures}: finishing ${plural(inFlight, "item")} in flight. ${twice} ends ${inFlight === 1 ? "it" : "them"} at once.`,
    );
  }

  private noteFailure({ item, cause, message }: Extract<RunEvent, { event: "item-failed" }>): void {
    this.failures++;
    if (this.failures <= maxPrintedFailures)
      this.note(
        `${styled("red", "failed")} ${shortText(String(item), 60)} (${safeText(cause)}): ${shortText(message, 160)}`,
      );
    if (this.failures === maxPrintedFailures) this.note("Further failures are counted, not listed.");
  }

  private startText({ job, run, total, done, failed, inDoubt }: StartEvent): string {
    const { label } = this.job;
    const name = styled("bold", safeText(label ? `${job} @ ${label}` : job));
    if (run === 1 && done === 0)
      return `${name}: ${total === null ? "items as they come" : plural(total, "item")}.`;
    const saved = this.before ? savedTexts(this.before.saved) : "";
    const left = total === null ? 0 : Math.max(0, total - done - failed - inDoubt);
    const isRetry = this.retried !== undefined;
    const parts = [
      `${countText(done)} done${done === 0 ? "" : saved === "" ? ", not done again" : ` (${saved} not spent again)`}`,
      ...(failed > 0
        ? [
            `${countText(failed)} failed, ${failed === this.retried || !isRetry ? "" : `${countText(this.retried!)} of them `}tried again`,
          ]
        : []),
      ...(inDoubt > 0 ? [`${countText(inDoubt)} in doubt`] : []),
      ...(total !== null && !(isRetry && left === 0)
        ? [`${countText(left)} left${isRetry ? ", not begun now" : ""}`]
        : []),
    ];
    return `${name}, run ${run}: ${parts.join("; ")}.`;
  }
}

type StartEvent = Extract<RunEvent, { event: "run-started" }>;

/** `847 items, $3.10 and 39 min` */
function savedTexts({ usd, ms }: JobStatus["saved"], first?: string): string {
  const texts = [
    ...(first === undefined ? [] : [first]),
    ...(usd === null ? [] : [usdText(usd)]),
    ...(ms === null ? [] : [itemTimeText(ms)]),
  ];
  return [texts.slice(0, -1).join(", "), ...texts.slice(-1)].filter((text) => text !== "").join(" and ");
}

/** `1,200 tokens in, 300 out, $0.03`; empty where nothing is known. */
function usageText({ inputTokens, outputTokens, usd }: UsageTotals): string {
  const hasTokens = inputTokens !== null || outputTokens !== null;
  return [
    ...(hasTokens ? [`${countText(inputTokens ?? 0)} tokens in`, `${countText(outputTokens ?? 0)} out`] : []),
    ...(usd === null ? [] : [usdText(usd)]),
  ].join(", ");
}

/** What to see to, and what to type then. A run does the failed items, too: it is not named where only they are left. */
function nextLines(reason: RunEnding, status: JobStatus, run: string | undefined): string[] {
  const { failed, remaining, inDoubt } = status;
  const isLeft = remaining !== 0 || inDoubt > 0;
  const advice = advices[reason];
  const lines = advice !== undefined && (isLeft || failed > 0) ? [advice] : [];
  if (run === undefined) return lines;
  lines.push(...retryLines(status, reason, run));
  if (isLeft) lines.push(`Go on: agent-jobs run ${run}`);
  return lines;
}
