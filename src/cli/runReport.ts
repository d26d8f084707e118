import { relative } from "node:path";
import type { RunEvent } from "../runtime/runner/events.js";
import type { LoadedJobFile } from "../runtime/runner/loadJob.js";
import type { RunOutcome } from "../runtime/runner/run.js";
import type { JobStatus } from "../runtime/state/status.js";
import { endingText } from "../view/jobRow.js";
import { countText, durationText, plural, safeText, shortText, usdText } from "../view/text.js";
import { ProgressLine } from "./progressLine.js";
import { print, styled } from "./terminal.js";

/** More failures than this are counted, not printed one by one. */
const maxPrintedFailures = 20;

/** What a person sees of a run. */
export class RunReport {
  private progress: ProgressLine | undefined;
  private failures = 0;
  private readonly startFolder = process.env.PWD ?? process.cwd();

  constructor(
    private readonly job: LoadedJobFile,
    /** The job file as the person typed it, for the commands that are suggested. */
    private readonly typedPath: string,
  ) {}

  /** Shows how the run stands from now on; `draw` false only keeps quiet. */
  open(status: () => JobStatus, draw: boolean): void {
    if (draw) this.progress = new ProgressLine(this.job.name, status);
  }

  take(event: RunEvent): void {
    switch (event.event) {
      case "run-started":
        return this.note(startText(event, this.job.label));
      case "item-failed":
        return this.noteFailure(event);
      case "notice":
        return this.note(safeText(event.message));
      case "run-stopping":
        if (event.inFlight > 0)
          this.note(
            `Stopping: finishing ${plural(event.inFlight, "item")} in flight. A second Ctrl-C stops at once.`,
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
  summary({ reason, done, failed, ms, usd, status }: RunOutcome): string[] {
    const { total, remaining } = status;
    const ending =
      reason === "finished" ? styled("green", "Finished") : styled("yellow", sentence(endingText(reason)));
    const lines = [
      `${ending}: ${countText(status.done)}${total === null ? "" : ` of ${countText(total)}`} done, ` +
        `${countText(done)} in this run (${durationText(ms)})${usd === null ? "" : `, ${usdText(usd)} in all`}.`,
    ];
    if (status.failed > 0)
      lines.push(
        `${plural(status.failed, "item")} failed${failed === status.failed ? "" : ` (${countText(failed)} in this run)`}: agent-jobs failures ${this.typedPath}`,
      );
    if (status.inDoubt > 0)
      lines.push(`${plural(status.inDoubt, "item")} in doubt: begun, and not recorded as finished.`);
    if (status.done > 0) lines.push(`Results: agent-jobs results ${this.typedPath}`);
    if (status.failed > 0 || remaining !== 0 || status.inDoubt > 0)
      lines.push(`Go on: agent-jobs run ${this.typedPath}`);
    lines.push(styled("dim", `Checkpoint: ${relative(this.startFolder, this.job.checkpoint)}`));
    return lines;
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

function startText(event: Extract<RunEvent, { event: "run-started" }>, label: string | null): string {
  const { job, run, total, done, failed, inDoubt } = event;
  const name = styled("bold", safeText(label ? `${job} @ ${label}` : job));
  if (run === 1 && done === 0)
    return `${name}: ${total === null ? "items as they come" : plural(total, "item")}.`;
  const parts = [
    `${countText(done)} done${done > 0 ? ", not done again" : ""}`,
    ...(failed > 0 ? [`${countText(failed)} failed, tried again`] : []),
    ...(inDoubt > 0
      ? [`${countText(inDoubt)} in doubt, done again although they may have been paid for`]
      : []),
    ...(total === null ? [] : [`${countText(Math.max(0, total - done - failed - inDoubt))} left`]),
  ];
  return `${name}, run ${run}: ${parts.join("; ")}.`;
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
