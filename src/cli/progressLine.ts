import type { JobStatus } from "../runtime/state/status.js";
import { countText, durationText, percentText, rangeText, safeText } from "../view/text.js";
import { isTerminal, shown } from "./terminal.js";

const terminalIntervalMs = 100;
const plainIntervalMs = 10_000;

/** Draws a run's progress: one moving line on a terminal, a plain line now and then elsewhere. */
export class ProgressLine {
  private readonly timer: NodeJS.Timeout;
  private readonly terminal = isTerminal();
  private readonly beganMs = performance.now();
  private readonly doneBefore: number;
  private shown = "";

  constructor(
    private readonly name: string,
    private readonly status: () => JobStatus,
  ) {
    this.doneBefore = status().done;
    this.timer = setInterval(() => this.draw(), this.terminal ? terminalIntervalMs : plainIntervalMs).unref();
  }

  /** Prints a line above the moving one. */
  note(line: string): void {
    this.erase();
    process.stdout.write(`${shown(line)}\n${this.shown}`);
  }

  stop(): void {
    clearInterval(this.timer);
    this.erase();
  }

  private draw(): void {
    const line = this.line();
    if (!this.terminal) {
      process.stdout.write(`${line}\n`);
      return;
    }
    const width = (process.stdout.columns || 80) - 1;
    this.erase();
    this.shown = line.length > width ? `${line.slice(0, width - 1)}…` : line;
    process.stdout.write(this.shown);
  }

  private line(): string {
    const status = this.status();
    const elapsedMs = performance.now() - this.beganMs;
    const rate = ((status.done - this.doneBefore) / elapsedMs) * 1000;
    const { done, total, failed } = status;
    const parts = [
      total === null ? `${countText(done)} done` : `${countText(done)}/${countText(total)}`,
      ...(total ? [percentText(done, total)] : []),
      ...(rate > 0 ? [rate >= 1 ? `${rate.toFixed(1)}/s` : `${(rate * 60).toFixed(1)}/min`] : []),
      status.eta ? rangeText(status.eta) : `${durationText(elapsedMs)} so far`,
      ...(failed > 0 ? [`${countText(failed)} failed`] : []),
    ];
    return `${safeText(this.name)}  ${parts.join(" · ")}`;
  }

  private erase(): void {
    if (this.shown) process.stdout.write("\r\u001b[2K");
  }
}
