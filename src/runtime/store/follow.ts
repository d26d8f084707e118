import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { readChunkBytes, sniffBytes } from "../config.js";
import { AgentJobsError, messageOf, systemCodeOf } from "../errors.js";
import { CheckpointScanner, type ScannedRecord, type ScanSummary } from "../format/scan.js";
import { applyRecord } from "../state/fold.js";
import { createJobState, type JobState } from "../state/jobState.js";
import { notAFile } from "./appendFile.js";

export const eventsPathOf = (checkpoint: string): string => `${checkpoint}.events`;

export interface FollowOptions {
  /** Called for each record in the order of the file; `restart` comes where the file is read afresh. */
  onRecord?: (scanned: ScannedRecord) => void;
  onRestart?: () => void;
}

/**
 * Keeps a job's state in step with its checkpoint: each `refresh` reads only what was appended, and reads afresh
 * where the file shrank, was replaced or was edited. A foreign file's events file is merged in.
 */
export class CheckpointFollower {
  state: JobState = createJobState();
  private readonly main: FileReader;
  private readonly events: FileReader;
  private refreshing: Promise<unknown> = Promise.resolve();

  constructor(
    readonly path: string,
    private readonly options: FollowOptions = {},
  ) {
    this.main = new FileReader(path);
    this.events = new FileReader(eventsPathOf(path));
  }

  /** Whether there is a file. */
  get exists(): boolean {
    return this.main.exists;
  }

  get sizeBytes(): number {
    return this.main.sizeBytes;
  }

  summary(): ScanSummary {
    return this.main.scanner.summary();
  }

  /**
   * Reads what is new; one reading at a time, whoever asks.
   * @returns whether anything changed
   * @throws AgentJobsError AJ_NOT_A_FILE, AJ_READ
   */
  refresh(): Promise<boolean> {
    const refreshed = this.refreshing.then(() => this.readNew());
    this.refreshing = refreshed.catch(() => {});
    return refreshed;
  }

  private async readNew(): Promise<boolean> {
    const take = (scanned: ScannedRecord) => {
      applyRecord(this.state, scanned.record);
      this.options.onRecord?.(scanned);
    };
    let changed = false;
    for (let isRead = false; !isRead; ) {
      const replaced = (await this.main.look()) === "replaced";
      // Our own format holds everything itself.
      const eventsReplaced = (await this.events.look()) === "replaced";
      if (replaced || eventsReplaced) {
        changed = true;
        this.main.restart();
        this.events.restart();
        this.state = createJobState();
        this.options.onRestart?.();
      }
      const read = await this.main.read(take);
      const { format } = this.summary();
      const withEvents = read !== "replaced" && format !== "agent-jobs" && format !== "unknown";
      const readEvents = withEvents ? await this.events.read(take) : "same";
      changed ||= read === "grown" || readEvents === "grown";
      isRead = read !== "replaced" && readEvents !== "replaced";
    }
    return changed;
  }
}

type Found = "same" | "grown" | "replaced";

/** One file, read from where the last reading ended. */
class FileReader {
  scanner = new CheckpointScanner();
  exists = false;
  sizeBytes = 0;
  private offsetBytes = 0;
  private seen: { dev: number; ino: number; mtimeMs: number } | undefined;
  /** The first bytes, and the last before `offsetBytes`: an edit in between moves or changes one of them. */
  private head: Buffer = Buffer.alloc(0);
  private edge: Buffer = Buffer.alloc(0);
  /** A reading ended in the middle: nobody knows which records were taken. */
  private isBroken = false;

  constructor(private readonly path: string) {}

  /** Looks whether the file is still the one that was read. */
  async look(): Promise<Found> {
    const stat = await lstat(this.path).catch((error: unknown) => {
      if (["ENOENT", "ENOTDIR"].includes(systemCodeOf(error) ?? "")) return undefined;
      throw unreadable(this.path, error);
    });
    const existed = this.exists;
    this.exists = stat !== undefined;
    if (!stat) {
      this.sizeBytes = 0;
      this.seen = undefined;
      return existed ? "replaced" : "same";
    }
    if (!stat.isFile())
      throw notAFile(this.path, stat.isDirectory() ? "a directory" : "a link, FIFO or device");
    const { seen } = this;
    this.seen = { dev: stat.dev, ino: stat.ino, mtimeMs: stat.mtimeMs };
    this.sizeBytes = stat.size;
    if (this.isBroken) return "replaced";
    if (!seen || this.offsetBytes === 0) return "grown";
    if (stat.ino !== seen.ino || stat.dev !== seen.dev || stat.size < this.offsetBytes) return "replaced";
    const found = stat.size === this.offsetBytes ? "same" : "grown";
    if (found === "same" && stat.mtimeMs === seen.mtimeMs) return found;
    return this.withFile((file) => this.verify(file, found));
  }

  restart(): void {
    this.scanner = new CheckpointScanner();
    this.offsetBytes = 0;
    this.head = Buffer.alloc(0);
    this.edge = Buffer.alloc(0);
    this.isBroken = false;
  }

  /** Gives the records after the last reading's end. `replaced`: it is no longer the file that was looked at. */
  async read(take: (scanned: ScannedRecord) => void): Promise<Found> {
    if (!this.exists || this.sizeBytes <= this.offsetBytes) return "same";
    this.isBroken = true;
    const found = await this.withFile(async (file) => {
      const from = this.offsetBytes;
      const chunk = Buffer.allocUnsafeSlow(
        Math.min(readChunkBytes, Math.max(sniffBytes, this.sizeBytes - from)),
      );
      for (;;) {
        const { bytesRead } = await file
          .read(chunk, 0, chunk.length, this.offsetBytes)
          .catch((error: unknown) => {
            throw unreadable(this.path, error);
          });
        if (bytesRead === 0) break;
        const bytes = chunk.subarray(0, bytesRead);
        if (this.head.length < sniffBytes)
          this.head = Buffer.concat([this.head, bytes.subarray(0, sniffBytes - this.head.length)]);
        this.edge = Buffer.concat([this.edge, bytes.subarray(-sniffBytes)]).subarray(-sniffBytes);
        this.offsetBytes += bytesRead;
        for (const scanned of this.scanner.push(bytes)) take(scanned);
      }
      const tail = this.scanner.tailRecord();
      if (tail) take(tail);
      return this.offsetBytes > from ? "grown" : "same";
    });
    this.isBroken = found === "replaced";
    return found;
  }

  /** Compares the first and the last bytes that were read with what is there now. */
  private async verify(file: FileHandle, otherwise: "same" | "grown"): Promise<Found> {
    const same = async (expected: Buffer, at: number) => {
      const found = Buffer.alloc(expected.length);
      const { bytesRead } = await file.read(found, 0, found.length, at);
      return bytesRead === expected.length && found.equals(expected);
    };
    if (!(await same(this.head, 0)) || !(await same(this.edge, this.offsetBytes - this.edge.length)))
      return "replaced";
    // The same size with another time: an edit in place that the two ends do not show.
    return otherwise === "same" && this.offsetBytes > this.head.length + this.edge.length
      ? "replaced"
      : otherwise;
  }

  /** Opens the file that was looked at; `replaced` where another has taken its place, or nothing. */
  private async withFile(use: (file: FileHandle) => Promise<Found>): Promise<Found> {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    let file: FileHandle;
    try {
      file = await open(this.path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
    } catch (error) {
      if (["ENOENT", "ELOOP"].includes(systemCodeOf(error) ?? "")) return "replaced";
      throw unreadable(this.path, error);
    }
    try {
      const { dev, ino } = await file.stat();
      return dev === this.seen?.dev && ino === this.seen.ino ? await use(file) : "replaced";
    } finally {
      await file.close();
    }
  }
}

function unreadable(path: string, error: unknown): AgentJobsError {
  return new AgentJobsError(
    "AJ_READ",
    `Cannot read ${path}: ${messageOf(error)}. Make it readable, then try again.`,
    { cause: error },
  );
}
