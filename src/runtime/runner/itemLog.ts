import { closeSync, constants, fchmodSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { inspect } from "node:util";
import { maxLogBytes } from "../config.js";
import type { ItemKey } from "../format/itemId.js";
import { LineRedactor, redact } from "../redact.js";
import { safeLines, safeText } from "../safeText.js";
import { formatLogLine, formatRunLine, type LoggedRun } from "./itemLogTag.js";

export const logPathOf = (checkpoint: string): string => `${checkpoint}.log`;
/** What was written before the log was rotated. */
export const olderLogPathOf = (path: string): string => `${path}.1`;

/** What was written at one moment, of one item or of none. */
export interface LogEntry {
  item: ItemKey | null;
  text: string;
  atMs: number;
}

/**
 * The lines that items wrote, `TIME [ID] TEXT`, in a file beside the checkpoint, each run's after a line of its own; at
 * `maxLogBytes` one older file is kept. An entry is a line, whatever is in its text: nothing in it can pass for another
 * entry, act on the terminal that shows it, or give a key away.
 */
export class ItemLog {
  private readonly redactors = new Map<ItemKey | null, LineRedactor>();

  /** The file says already whose lines these are. */
  private isNamed = false;

  /** @param run whose lines are written; left out: the file does not say */
  constructor(
    readonly path: string,
    private readonly run?: LoggedRun,
  ) {}

  /** Appends lines; what the disk refuses is dropped, since a log must not end a run. */
  write(item: ItemKey | null, text: string): void {
    this.writeAll([{ item, text, atMs: Date.now() }]);
  }

  /** As `write` for each of them, in one append: opening the file for each line is most of a line's cost. */
  writeAll(entries: readonly LogEntry[]): void {
    let written = "";
    for (const { item, text, atMs } of entries) {
      const stamp = new Date(atMs).toISOString();
      for (const line of this.redacted(item, text.replace(/\r?\n$/, "")))
        written += `${formatLogLine(stamp, item, line)}\n`;
    }
    try {
      this.append(Buffer.from(written));
    } catch {
      // what cannot be logged is lost; the run is not
    }
  }

  private redacted(item: ItemKey | null, text: string): string[] {
    if (text.includes("\n")) return safeLines(redact(text));
    let redactor = this.redactors.get(item);
    if (!redactor?.isInside) {
      if (!text.includes("PRIVATE KEY")) return [safeText(redact(text))];
      redactor = new LineRedactor();
      this.redactors.set(item, redactor);
    }
    return [safeText(redactor.redact(text))];
  }

  private append(bytes: Buffer): void {
    const file = openLogFile(this.path);
    try {
      const { size } = fstatSync(file);
      const written = size === 0 || !this.isNamed ? this.named(bytes) : bytes;
      if (size === 0 || size + written.length <= maxLogBytes) {
        writeSync(file, written);
        this.isNamed = true;
        return;
      }
    } finally {
      closeSync(file);
    }
    renameSync(this.path, olderLogPathOf(this.path));
    const fresh = openLogFile(this.path);
    try {
      writeSync(fresh, this.named(bytes));
      this.isNamed = true;
    } finally {
      closeSync(fresh);
    }
  }

  /** Lines with the one before them that says whose they are: in a new file, too, as the older one may go. */
  private named(bytes: Buffer): Buffer {
    if (!this.run || bytes.length === 0) return bytes;
    return Buffer.concat([Buffer.from(`${formatRunLine(new Date().toISOString(), this.run)}\n`), bytes]);
  }
}

/** Opens a file for appending: never through a link, and never waiting for whoever reads a FIFO. @throws where the path is no regular file's */
export function openLogFile(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0), 0o600);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new TypeError(`Expected ${path} to be a file.`);
    // An older version, or another program, may have made it.
    if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) fchmodSync(file, 0o600);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** What `ctx.log(...)` writes for its arguments, as `console.log` would show them. */
export function logText(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === "string" ? value : inspect(value, { depth: 4 }))).join(" ");
}
