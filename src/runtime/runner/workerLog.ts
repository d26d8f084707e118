import { maxWorkerLogBytesPerSecond } from "../config.js";
import type { ItemKey } from "../format/itemId.js";
import { LineRedactor, redact } from "../redact.js";
import type { ItemLog, LogEntry } from "./itemLog.js";

const flushDelayMs = 100;
const maxLineBytes = 16 * 1024;
const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts what a program writes into lines as a terminal would show them: of a line that a progress bar wrote over, its
 * last state. Holds little, however long a line is: one over 16 KiB comes in pieces.
 */
export class LogLines {
  private held: Buffer = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      yield* this.pieces(this.joined(chunk.subarray(start, end)));
      this.held = Buffer.alloc(0);
      start = end + 1;
    }
    if (start === chunk.length) return;
    this.held = this.joined(chunk.subarray(start));
    if (this.held.length <= maxLineBytes) return;
    const shown = lastState(this.held);
    const whole = shown.length - (shown.length % maxLineBytes);
    yield* this.pieces(shown.subarray(0, whole));
    this.held = Buffer.from(shown.subarray(whole));
  }

  /** What came after the last newline. */
  *end(): Generator<Buffer> {
    if (this.held.length > 0) yield* this.pieces(this.held);
    this.held = Buffer.alloc(0);
  }

  private joined(piece: Buffer): Buffer {
    return this.held.length === 0 ? piece : Buffer.concat([this.held, piece]);
  }

  private *pieces(line: Buffer): Generator<Buffer> {
    const shown = lastState(line);
    for (let at = 0; at < Math.max(1, shown.length); at += maxLineBytes)
      yield shown.subarray(at, at + maxLineBytes);
  }
}

/** What comes after the last carriage return that is not at the end. */
function lastState(line: Buffer): Buffer {
  let end = line.length;
  while (end > 0 && line[end - 1] === carriageReturn) end--;
  const text = line.subarray(0, end);
  return text.subarray(text.lastIndexOf(carriageReturn) + 1);
}

/**
 * What one worker writes beside its replies, on its way to the item log: some lines in one append, and no more of them
 * than a log can use, so that a worker that floods neither fills the log with its own lines nor holds up its replies.
 */
export class WorkerLog {
  private readonly entries: LogEntry[] = [];
  private budgetBytes = maxWorkerLogBytesPerSecond;
  private refilledMs = performance.now();
  private leftOut = { lines: 0, bytes: 0 };
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: ItemLog,
    private readonly bytesPerSecond = maxWorkerLogBytesPerSecond,
  ) {}

  get path(): string {
    return this.log.path;
  }

  take(item: ItemKey | null, line: Buffer): void {
    if (line.length > this.budgetBytes && !this.refill(line.length)) {
      this.leftOut.lines++;
      this.leftOut.bytes += line.length;
    } else {
      this.budgetBytes -= line.length + 1;
      this.entries.push({ item, text: line.toString("utf8"), atMs: Date.now() });
    }
    this.timer ??= setTimeout(() => this.flush(), flushDelayMs).unref();
  }

  /** An entry of our own. */
  note(item: ItemKey | null, text: string): void {
    this.entries.push({ item, text, atMs: Date.now() });
    this.flush();
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { lines, bytes } = this.leftOut;
    if (lines > 0) {
      const text = `(left out here: ${lines} lines, ${bytes} bytes, that a worker wrote faster than ${this.bytesPerSecond} bytes a second)`;
      this.entries.push({ item: null, text, atMs: Date.now() });
      this.leftOut = { lines: 0, bytes: 0 };
    }
    if (this.entries.length > 0) this.log.writeAll(this.entries.splice(0));
  }

  private refill(wantedBytes: number): boolean {
    const nowMs = performance.now();
    const more = ((nowMs - this.refilledMs) / 1000) * this.bytesPerSecond;
    this.budgetBytes = Math.min(this.bytesPerSecond, this.budgetBytes + more);
    this.refilledMs = nowMs;
    return wantedBytes <= this.budgetBytes;
  }
}

const maxLastLines = 3;
const maxLastLineChars = 300;

/** The last lines that a worker wrote on its standard error: most often they say why it ended. */
export class LastLines {
  private readonly lines: string[] = [];
  private readonly redactor = new LineRedactor();

  take(line: Buffer): void {
    if (line.length === 0) return;
    let text = line.toString("utf8");
    // A key of several lines is known only by the one that begins it.
    if (this.redactor.isInside || text.includes("PRIVATE KEY")) text = this.redactor.redact(text);
    this.lines.push(text);
    if (this.lines.length > maxLastLines) this.lines.shift();
  }

  /** On one line, without keys; "" where there were none. */
  get text(): string {
    return this.lines
      .map((line) => redact(line).trim()) // before it is cut: half a key is known by nothing
      .filter((line) => line !== "")
      .map((line) => (line.length > maxLastLineChars ? `${line.slice(0, maxLastLineChars)}…` : line))
      .join(" ⏎ ");
  }
}
