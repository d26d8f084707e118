import type { JobStatus } from "../runtime/state/status.js";
import { columnsOf } from "../view/columns.js";
import { type ProgressInput, progressText } from "../view/progress.js";
import { isTerminal, shown } from "./terminal.js";

const terminalIntervalMs = 100;
const plainIntervalMs = 10_000;
/** Of its time a run spends at most one part in so many on being looked at. */
const drawShare = 20;
/** In a pipe a line is as long as it has to be. */
const plainColumns = 400;
const usualColumns = 80;
const sequence = "\u001b[";
const lineStart = `${sequence}G`;
/** From where the line begins to the end of the screen. */
const eraseRest = `${sequence}J`;

/** What of a run its checkpoint does not tell. */
export type ProgressFacts = Pick<ProgressInput, "budget" | "isStopping">;

/** Terminals that leave a line as it is where they become narrower; all others break it into several. */
const isRewrapped =
  process.env.TERM_PROGRAM !== "vscode" && !(process.env.XTERM_VERSION && !process.env.TMUX);

/** Draws a run's progress: one moving line on a terminal that can, a plain line now and then elsewhere. */
export class ProgressLine {
  private timer: NodeJS.Timeout | undefined;
  private readonly isMoving = isTerminal() && process.env.TERM !== "dumb";
  private readonly beganMs = performance.now();
  private readonly doneBefore: number;
  private shown = "";

  constructor(
    private readonly name: string,
    private readonly status: () => JobStatus,
    private readonly facts: () => ProgressFacts,
  ) {
    this.doneBefore = status().done;
    this.drawIn(this.isMoving ? terminalIntervalMs : plainIntervalMs);
  }

  /** Prints a line above the moving one. */
  note(line: string): void {
    process.stdout.write(`${this.toStart()}${this.shown && eraseRest}${shown(line)}\n${this.shown}`);
  }

  stop(): void {
    clearTimeout(this.timer);
    if (this.shown) process.stdout.write(this.toStart() + eraseRest);
    this.shown = "";
  }

  private drawIn(ms: number): void {
    this.timer = setTimeout(() => {
      const beganMs = performance.now();
      this.draw();
      const tookMs = performance.now() - beganMs;
      this.drawIn(Math.max(this.isMoving ? terminalIntervalMs : plainIntervalMs, tookMs * drawShare));
    }, ms).unref();
  }

  private draw(): void {
    const line = progressText({
      ...{ name: this.name, status: this.status(), doneBefore: this.doneBefore, nowMs: Date.now() },
      ...this.facts(),
      elapsedMs: performance.now() - this.beganMs,
      // A line of all columns would break in some terminals.
      width: this.isMoving ? (process.stdout.columns || usualColumns) - 1 : plainColumns,
    });
    if (!this.isMoving) {
      process.stdout.write(`${line}\n`);
      return;
    }
    if (line === this.shown) return;
    // One write, and what was there is written over before the rest is erased: nothing is ever seen to be empty.
    process.stdout.write(`${this.toStart()}${line}${eraseRest}`);
    this.shown = line;
  }

  /** To where the shown line begins: some rows up, where the terminal has become narrower than that. */
  private toStart(): string {
    if (!this.shown) return "";
    const columns = process.stdout.columns || usualColumns;
    const rows = isRewrapped ? Math.ceil(columnsOf(this.shown) / columns) : 1;
    return rows > 1 ? `${lineStart}${sequence}${rows - 1}A` : lineStart;
  }
}
