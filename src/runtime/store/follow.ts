import { constants } from "node:fs";
import { type FileHandle, lstat, open, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { readChunkBytes, sniffBytes } from "../config.js";
import { AgentJobsError, messageOf, systemCodeOf } from "../errors.js";
import type { ReadAs } from "../foreign/scannerFor.js";
import { isForeignKind } from "../format/foreignKinds.js";
import type { ItemKey } from "../format/itemId.js";
import {
  CheckpointScanner,
  type RecordScanner,
  type ScannedRecord,
  type ScanSummary,
} from "../format/scan.js";
import { applyRecord } from "../state/fold.js";
import { createJobState, type JobState } from "../state/jobState.js";
import { companionsOf } from "./companions.js";
import { LineCounter } from "./lineCounter.js";
import { notAFile } from "./notAFile.js";

export const eventsPathOf = (checkpoint: string): string => `${checkpoint}.events`;

export interface FollowOptions {
  /** How another tool's file is to be read, where its content does not tell or a person said so. */
  readAs?: ReadAs;
  /** Called for each record in the order of the file; `restart` comes where the file is read afresh. */
  onRecord?: (scanned: ScannedRecord) => void;
  onRestart?: () => void;
  /** Awaited before a file's bytes are parsed, and between them every few milliseconds: it lets others have the thread. */
  turn?: () => Promise<void>;
}

/**
 * Keeps a job's state in step with its checkpoint: each `refresh` reads only what was appended, and reads afresh
 * where the file shrank, was replaced or was edited. The events of an F1 or F2 file are merged in, and so is what lies
 * beside another tool's file and is of the same batch.
 */
export class CheckpointFollower {
  state: JobState = createJobState();
  private readonly main: FileReader;
  private readonly events: FileReader;
  /** Beside another tool's file: further rows, and lists of what was asked for. */
  private answers: FileReader[] = [];
  private requests: FileReader[] = [];
  /** When the folder in which these lie was changed, as it was looked at last. */
  private folderMtimeMs: number | undefined;
  private readonly lineCount: FileReader | undefined;
  private refreshing: Promise<unknown> = Promise.resolve();

  constructor(
    readonly path: string,
    private readonly options: FollowOptions = {},
  ) {
    this.main = new FileReader(path, options.readAs);
    this.events = new FileReader(eventsPathOf(path));
    const total = options.readAs?.mapping?.total;
    if (typeof total === "object" && total !== null)
      this.lineCount = new FileReader(resolve(dirname(path), total.lines), () => new LineCounter());
  }

  /** Whether there is a file. */
  get exists(): boolean {
    return this.main.exists;
  }

  get sizeBytes(): number {
    return this.main.sizeBytes;
  }

  /** The file, and those beside it whose rows are counted with its own. */
  get paths(): string[] {
    return [this.path, ...this.answers.map(({ path }) => path)];
  }

  /** Of all its files; the faults that are listed are those of the file itself. */
  summary(): ScanSummary {
    const own = this.main.scanner.summary();
    for (const { scanner } of this.answers) {
      const { faultCount, damageCount, unverified, tornTail } = scanner.summary();
      own.faultCount += faultCount;
      own.damageCount += damageCount;
      own.unverified += unverified;
      own.tornTail ||= tornTail;
    }
    return own;
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
      const isOurs = this.main.scanner.summary().format === "agent-jobs";
      const eventsReplaced = !isOurs && (await this.events.look()) === "replaced";
      if (replaced || eventsReplaced || (await this.othersReplaced())) {
        changed = true;
        for (const reader of [this.main, this.events, ...this.others]) reader.restart();
        this.answers = [];
        this.requests = [];
        this.folderMtimeMs = undefined;
        this.state = createJobState();
        this.options.onRestart?.();
      }
      const read = await this.main.read(take, this.options.turn);
      const { format } = this.main.scanner.summary();
      const isForeign = isForeignKind(format);
      const withEvents = read !== "replaced" && !isForeign && format !== "agent-jobs" && format !== "unknown";
      const readEvents = withEvents ? await this.events.read(take, this.options.turn) : "same";
      const readOthers = isForeign && read !== "replaced" ? await this.readOthers(format, take) : "same";
      const all = [read, readEvents, readOthers];
      changed ||= all.includes("grown");
      isRead = !all.includes("replaced");
      if (isForeign && isRead) this.judgeTotal();
    }
    return changed;
  }

  private get others(): FileReader[] {
    return [...this.answers, ...this.requests, ...(this.lineCount ? [this.lineCount] : [])];
  }

  private async othersReplaced(): Promise<boolean> {
    let isReplaced = false;
    for (const reader of this.others) if ((await reader.look()) === "replaced") isReplaced = true;
    return isReplaced;
  }

  private async readOthers(format: string, take: (scanned: ScannedRecord) => void): Promise<Found> {
    if (format === "openai-batch") await this.findCompanions();
    let found: Found = "same";
    for (const reader of this.others) {
      // What was asked for is counted by itself, and may be another batch's.
      const read = await reader.read(this.answers.includes(reader) ? take : () => {}, this.options.turn);
      if (read !== "same" && found !== "replaced") found = read;
    }
    return found;
  }

  /** Looks for files of the same batch where the folder is not as it was. */
  private async findCompanions(): Promise<void> {
    const mtimeMs = await stat(dirname(this.path)).then(
      (folder) => folder.mtimeMs,
      () => undefined,
    );
    if (mtimeMs === this.folderMtimeMs) return;
    this.folderMtimeMs = mtimeMs;
    const { answers, requests, isSettled } = await companionsOf(this.path);
    if (!isSettled) this.folderMtimeMs = undefined;
    const readers = (paths: readonly string[], known: readonly FileReader[]) =>
      paths.map((path) => known.find((reader) => reader.path === path) ?? new FileReader(path));
    this.answers = readers(answers, this.answers);
    this.requests = readers(requests, this.requests);
    for (const reader of [...this.answers, ...this.requests]) await reader.look();
  }

  /**
   * The total of another tool's file where others say it: as many lines as one has, or the requests of the one list
   * that asks for all that was answered. None where what is there is more than it.
   */
  private judgeTotal(): void {
    const { state } = this;
    const answered = [...state.done, ...state.open.keys()];
    const counted = this.lineCount?.scanner;
    if (counted instanceof LineCounter) state.total = this.lineCount?.exists ? counted.count : null;
    else if (this.main.scanner.summary().format === "openai-batch") {
      const lists = this.requests.flatMap(({ scanner }) =>
        "asked" in scanner ? [scanner.asked as Set<ItemKey>] : [],
      );
      const sizes = new Set(
        lists.filter((list) => answered.every((item) => list.has(item))).map(({ size }) => size),
      );
      state.total = sizes.size === 1 ? [...sizes][0]! : null;
    }
    if (state.total !== null && answered.length > state.total) state.total = null;
  }
}

const nothing = Buffer.alloc(0);
/** A file with this is no other tool's. */
const header = Buffer.from('{"type":"job",');
const begins = (head: Buffer): boolean => head.subarray(0, header.length).equals(header);
/** Records are parsed for so long at a time where others want the thread, and the clock is looked at after so many. */
const sliceMs = 8;
const recordsAClock = 16;

type Found = "same" | "grown" | "replaced";

/** One file, read from where the last reading ended. */
class FileReader {
  scanner: RecordScanner;
  /** False while more of the file may tell that it is of another kind. */
  private isSure = true;
  exists = false;
  sizeBytes = 0;
  private offsetBytes = 0;
  private seen: { dev: number; ino: number; mtimeMs: number } | undefined;
  /** The first bytes, and the last before `offsetBytes`: an edit in between moves or changes one of them. */
  private head: Buffer = Buffer.alloc(0);
  private edge: Buffer = Buffer.alloc(0);
  /** A reading ended in the middle: nobody knows which records were taken. */
  private isBroken = false;

  /** @param as how it is to be read, or what makes its scanner; left out: as its content tells */
  constructor(
    readonly path: string,
    private readonly as: ReadAs | (() => RecordScanner) = {},
  ) {
    this.scanner = this.emptyScanner();
  }

  private emptyScanner(): RecordScanner {
    if (typeof this.as === "function") return this.as();
    return new CheckpointScanner();
  }

  /**
   * What reads other tools' files is loaded with the first of them.
   * @param head the first bytes; none where there are none yet
   */
  private async choose(head: Buffer): Promise<void> {
    if (typeof this.as === "function") return;
    const isTold = this.as.mapping !== undefined || this.as.kind !== undefined;
    if (!isTold && (head.length === 0 || begins(head))) return;
    const { scannerFor } = await import("../foreign/scannerFor.js");
    ({ scanner: this.scanner, isSure: this.isSure } = scannerFor(head, this.as));
  }

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
    // A document is written anew when it changes, with the same beginning; and what was told by a part may be otherwise.
    if (found === "grown" && (!this.isSure || this.scanner.isDocument)) return "replaced";
    // What was appended is read together with what shows that it was appended to the same file.
    if (found === "grown" || stat.mtimeMs === seen.mtimeMs) return found;
    return this.withFile((file) => this.verifySize(file));
  }

  restart(): void {
    this.scanner = this.emptyScanner();
    this.isSure = true;
    this.offsetBytes = 0;
    this.head = Buffer.alloc(0);
    this.edge = Buffer.alloc(0);
    this.isBroken = false;
  }

  /** Gives the records after the last reading's end. `replaced`: it is no longer the file that was looked at. */
  async read(take: (scanned: ScannedRecord) => void, turn?: () => Promise<void>): Promise<Found> {
    if (this.offsetBytes === 0) await this.choose(nothing);
    if (!this.exists || this.sizeBytes <= this.offsetBytes) return "same";
    this.isBroken = true;
    const found = await this.withFile(async (file) => {
      const from = this.offsetBytes;
      if (from > 0 && !(await this.hasBothEnds(file))) return "replaced";
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
        await turn?.();
        const bytes = chunk.subarray(0, bytesRead);
        if (this.offsetBytes === 0) await this.choose(bytes);
        if (this.head.length < sniffBytes)
          this.head = Buffer.concat([this.head, bytes.subarray(0, sniffBytes - this.head.length)]);
        this.edge = Buffer.concat([this.edge, bytes.subarray(-sniffBytes)]).subarray(-sniffBytes);
        this.offsetBytes += bytesRead;
        let beganMs = performance.now();
        let untilClock = recordsAClock;
        for (const scanned of this.scanner.push(bytes)) {
          take(scanned);
          if (!turn || --untilClock > 0) continue;
          untilClock = recordsAClock;
          if (performance.now() - beganMs < sliceMs) continue;
          await turn();
          beganMs = performance.now();
        }
        // What was appended since it was looked at is told of.
        if (bytesRead < chunk.length && this.offsetBytes >= this.sizeBytes) break;
      }
      const tail = this.scanner.tailRecord();
      if (tail) take(tail);
      return this.offsetBytes > from ? "grown" : "same";
    });
    this.isBroken = found === "replaced";
    return found;
  }

  /** Whether the first and the last bytes that were read are there still. */
  private async hasBothEnds(file: FileHandle): Promise<boolean> {
    const same = async (expected: Buffer, at: number) => {
      const found = Buffer.alloc(expected.length);
      const { bytesRead } = await file.read(found, 0, found.length, at);
      return bytesRead === expected.length && found.equals(expected);
    };
    return (await same(this.head, 0)) && (await same(this.edge, this.offsetBytes - this.edge.length));
  }

  /** The same size with another time: an edit in place, which the two ends show only where they are all of the file. */
  private async verifySize(file: FileHandle): Promise<Found> {
    const isAllEnds = this.offsetBytes <= this.head.length + this.edge.length;
    return isAllEnds && (await this.hasBothEnds(file)) ? "same" : "replaced";
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
