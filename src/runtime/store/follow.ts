import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { ReadAs } from "../foreign/scannerFor.js";
import { isForeignKind } from "../format/foreignKinds.js";
import type { ItemKey } from "../format/itemId.js";
import type { ScannedRecord, ScanSummary } from "../format/scan.js";
import { applyRecord } from "../state/fold.js";
import { createJobState, type JobState } from "../state/jobState.js";
import { companionsOf } from "./companions.js";
import { FileReader, type Found } from "./fileReader.js";
import { type FirstReading, packState, unpackState } from "./firstReading.js";
import { LineCounter } from "./lineCounter.js";

export const eventsPathOf = (checkpoint: string): string => `${checkpoint}.events`;

export interface FollowOptions {
  /** How another tool's file is to be read, where its content does not tell or a person said so. */
  readAs?: ReadAs;
  /** Called for each record in the order of the file; `restart` comes where the file is read afresh. */
  onRecord?: (scanned: ScannedRecord) => void;
  onRestart?: () => void;
  /** Awaited before a file's bytes are parsed, and between them every few milliseconds: it lets others have the thread. */
  turn?: () => Promise<void>;
  /**
   * Asked to read a file of so many bytes by other means, where nothing of it was read yet and nobody listens to its
   * records. Resolves with undefined where it is to be read here.
   */
  readFirst?: (path: string, sizeBytes: number) => Promise<FirstReading | undefined>;
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
      const found = await this.main.look();
      const replaced = found === "replaced";
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
      if (await this.readElsewhere()) {
        changed = true;
        // It may not be as it was then.
        continue;
      }
      if (found === "grown") await this.unpack();
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

  /** What was read elsewhere is made objects of, before somebody who cannot wait asks for it. */
  async unpack(): Promise<void> {
    for (const map of [this.state.open, this.state.presence]) await map.unpack(this.options.turn);
  }

  /** What was read, for another follower of the same file to go on from. Undefined where it is not of our own format. */
  pack(): FirstReading | undefined {
    const main = this.main.pack();
    return main && { state: packState(this.state), main };
  }

  private async readElsewhere(): Promise<boolean> {
    const { readFirst, readAs = {}, onRecord } = this.options;
    const isTold = readAs.kind !== undefined || readAs.mapping !== undefined;
    if (!readFirst || onRecord || isTold || !this.main.exists || !this.main.isUnread) return false;
    const reading = await readFirst(this.path, this.main.sizeBytes);
    if (!reading) return false;
    this.state = unpackState(reading.state);
    this.main.adopt(reading.main);
    return true;
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
