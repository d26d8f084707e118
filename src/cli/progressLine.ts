import type { JobStatus } from "../runtime/state/status.js";
import { progressText } from "../view/progress.js";
import { isTerminal, shown } from "./terminal.js";

const terminalIntervalMs = 100;
const plainIntervalMs = 10_000;
/** In a pipe a line is as long as it has to be. */
const plainColumns = 400;
const eraseLine = "\r\u001b[2K";

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
    process.stdout.write(`${this.shown && eraseLine}${shown(line)}\n${this.shown}`);
  }

  /** Shows how it stands now, where that is told only now and then. */
  tell(): void {
    if (!this.terminal) this.draw();
  }

  stop(): void {
    clearInterval(this.timer);
    if (this.shown) process.stdout.write(eraseLine);
  }

  private draw(): void {
    const line = progressText({
      ...{ name: this.name, status: this.status(), doneBefore: this.doneBefore, nowMs: Date.now() },
      elapsedMs: performance.now() - this.beganMs,
      width: this.terminal ? (process.stdout.columns || 80) - 1 : plainColumns,
    });
    if (!this.terminal) {
      process.stdout.write(`${line}\n`);
      return;
    }
    if (line === this.shown) return;
    // One write, so that nothing is seen of what is between.
    process.stdout.write(`${this.shown && eraseLine}${line}`);
    this.shown = line;
  }
}
