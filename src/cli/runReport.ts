import { relative } from "node:path";
import type { RunEvent } from "../runtime/runner/events.js";
import type { LoadedJobFile } from "../runtime/runner/loadJob.js";
import type { RunOutcome } from "../runtime/runner/run.js";
import type { JobStatus, RunEnding } from "../runtime/state/status.js";
import { causesText } from "../view/progress.js";
import { countText, durationText, plural, safeText, shortText, usdText } from "../view/text.js";
import { ProgressLine } from "./progressLine.js";
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
  killed: "Killed",
  "out-of-memory": "Killed for want of memory",
  reboot: "Ended with its machine",
  "taken-over": "Taken over by another run",
  unknown: "Ended without a word",
};

/** What to see to before a run can go on. */
const advices: Partial<Record<RunEnding, string>> = {
  auth: "Check the key and what it allows: every item would have failed the same way.",
  "max-failures": "See why they failed before you go on, or raise `maxFailures`.",
  budget: "Raise `budget` in the job file to go on.",
};

/** Arguments of the commands that a person may want next, as they would be typed. */
export interface Suggestions {
  /** Of `retry`: as `run`, without the input. */
  retry?: string | undefined;
  /** Of `run`: the job and what chooses its checkpoint and input. Undefined where nobody knows the job file. */
  run: string | undefined;
  /** Of `failures` and `results`: where they read. */
  read: string;
}

/** What a summary is made of: a run's outcome, or what is known of one that another process did. */
export type Summed = Pick<RunOutcome, "done" | "failed" | "ms" | "usage" | "status"> & {
  reason: RunEnding;
  /** Which condition or limit ended it, with its figures. */
  detail?: string;
};

/** What a person sees of a run. */
export class RunReport {
  private progress: ProgressLine | undefined;
  private saved = "";
  private failures = 0;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;
  private readonly startFolder = process.env.PWD ?? process.cwd();

  constructor(
    private readonly job: Pick<LoadedJobFile, "name" | "label" | "checkpoint">,
    private readonly suggested: Suggestions,
  ) {}

  /** Shows how the run stands from now on; `draw` false only keeps quiet. */
  open(status: () => JobStatus, draw: boolean): void {
    this.saved = savedText(status());
    if (draw) this.progress = new ProgressLine(this.job.name, status);
  }

  take(event: RunEvent): void {
    switch (event.event) {
      case "run-started":
        return this.note(startText(event, this.job.label, this.saved));
      case "item-failed":
        return this.noteFailure(event);
      case "notice":
        return this.note(safeText(event.message));
      case "pace":
        return this.notePace(event);
      case "run-stopping":
        if (event.inFlight > 0)
          this.note(
            `Stopping${event.detail === undefined ? "" : ` (${safeText(event.detail)})`}: finishing ${plural(event.inFlight, "item")} in flight. A second Ctrl-C stops at once.`,
          );
        return;
      default:
        return;
    }
  }

  note(line: string): void {
    if (this.progress) this.progress.note(line);
    else print(line);
  }

  end(): void {
    this.progress?.stop();
  }

  /** How it ended, and what to type next. */
  summary({ reason, detail, done, failed, ms, usage, status }: Summed): string[] {
    const { total, remaining } = status;
    const ending = styled(reason === "finished" ? "green" : "yellow", endings[reason]);
    const of = total === null ? "" : ` of ${countText(total)}`;
    const lines = [
      `${ending}${detail === undefined ? "" : ` (${safeText(detail)})`}: ${countText(status.done)}${of} done, ${countText(done)} in this run (${durationText(ms)}).`,
    ];
    const { inputTokens, outputTokens, usd } = usage;
    if (inputTokens !== null || outputTokens !== null)
      lines.push(
        `In all ${countText(inputTokens ?? 0)} tokens in, ${countText(outputTokens ?? 0)} out${usd === null ? "" : `, ${usdText(usd)}`}.`,
      );
    if (status.failed > 0) {
      const inThisRun = failed === status.failed ? "" : ` (${countText(failed)} in this run)`;
      lines.push(
        `${plural(status.failed, "item")} failed${inThisRun}, ${causesText(status)}: agent-jobs failures ${this.suggested.read}`,
      );
    }
    if (status.inDoubt > 0)
      lines.push(`${plural(status.inDoubt, "item")} in doubt: begun, and not recorded as finished.`);
    if (status.done > 0) lines.push(`Results: agent-jobs results ${this.suggested.read}`);
    const isLeft = status.failed > 0 || remaining !== 0 || status.inDoubt > 0;
    const advice = advices[reason];
    if (isLeft && advice !== undefined) lines.push(advice);
    if (status.failed > 0 && this.suggested.run !== undefined && this.suggested.retry !== undefined)
      lines.push(`Only the failed: agent-jobs retry ${this.suggested.retry}`);
    if (isLeft && this.suggested.run !== undefined) lines.push(`Go on: agent-jobs run ${this.suggested.run}`);
    lines.push(styled("dim", `Checkpoint: ${relative(this.startFolder, this.job.checkpoint)}`));
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

  private noteFailure({ item, cause, message }: Extract<RunEvent, { event: "item-failed" }>): void {
    this.failures++;
    if (this.failures <= maxPrintedFailures)
      this.note(
        `${styled("red", "failed")} ${shortText(String(item), 60)} (${cause}): ${shortText(message, 160)}`,
      );
    if (this.failures === maxPrintedFailures) this.note("Further failures are counted, not listed.");
  }
}

/** ` ($3.10 and 39 min not spent again)` */
function savedText({ saved: { usd, ms } }: JobStatus): string {
  const parts = [...(usd === null ? [] : [usdText(usd)]), ...(ms === null ? [] : [durationText(ms)])];
  return parts.length === 0 ? "" : ` (${parts.join(" and ")} not spent again)`;
}

function startText(
  event: Extract<RunEvent, { event: "run-started" }>,
  label: string | null,
  saved: string,
): string {
  const { job, run, total, done, failed, inDoubt } = event;
  const name = styled("bold", safeText(label ? `${job} @ ${label}` : job));
  if (run === 1 && done === 0)
    return `${name}: ${total === null ? "items as they come" : plural(total, "item")}.`;
  const parts = [
    `${countText(done)} done${done > 0 ? saved || ", not done again" : ""}`,
    ...(failed > 0 ? [`${countText(failed)} failed, tried again`] : []),
    ...(inDoubt > 0 ? [`${countText(inDoubt)} in doubt`] : []),
    ...(total === null ? [] : [`${countText(Math.max(0, total - done - failed - inDoubt))} left`]),
  ];
  return `${name}, run ${run}: ${parts.join("; ")}.`;
}
