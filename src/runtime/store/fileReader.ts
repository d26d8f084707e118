import { closeSync, constants, fstatSync, open, read } from "node:fs";
import { lstat } from "node:fs/promises";
import { promisify } from "node:util";
import { readChunkBytes, sniffBytes } from "../config.js";
import { AgentJobsError, messageOf, systemCodeOf } from "../errors.js";
import type { ReadAs } from "../foreign/scannerFor.js";
import {
  CheckpointScanner,
  type PackedScanner,
  type RecordScanner,
  type ScannedRecord,
} from "../format/scan.js";
import { notAFile } from "./notAFile.js";

const [openFile, readFile] = [promisify(open), promisify(read)];

const nothing = Buffer.alloc(0);
/** A file with this is no other tool's. */
const header = Buffer.from('{"type":"job",');
const begins = (head: Buffer): boolean => head.subarray(0, header.length).equals(header);
/** Records are parsed for so long at a time where others want the thread, and the clock is looked at after so many. */
const sliceMs = 8;
const recordsAClock = 16;

export type Found = "same" | "grown" | "replaced";

type Identity = { dev: number; ino: number; mtimeMs: number };

/** What a reader knows of its file, as data that another thread can be sent. */
export interface PackedReader {
  scanner: PackedScanner;
  sizeBytes: number;
  offsetBytes: number;
  seen: Identity | undefined;
  head: Uint8Array;
  edge: Uint8Array;
}

/** One file, read from where the last reading ended. */
export class FileReader {
  scanner: RecordScanner;
  /** False while more of the file may tell that it is of another kind. */
  private isSure = true;
  exists = false;
  sizeBytes = 0;
  private offsetBytes = 0;
  private seen: Identity | undefined;
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

  /** Whether nothing of it was read yet. */
  get isUnread(): boolean {
    return this.offsetBytes === 0;
  }

  /** What was read, for another reader of the same file to go on from. Undefined where it is not of our own format. */
  pack(): PackedReader | undefined {
    const { scanner, sizeBytes, offsetBytes, seen, head, edge } = this;
    if (!(scanner instanceof CheckpointScanner) || scanner.summary().format !== "agent-jobs")
      return undefined;
    return { scanner: scanner.pack(), sizeBytes, offsetBytes, seen, head, edge };
  }

  /** Goes on from where another reader of this file has come to. */
  adopt({ scanner, sizeBytes, offsetBytes, seen, head, edge }: PackedReader): void {
    this.scanner = CheckpointScanner.unpack(scanner);
    this.exists = true;
    this.sizeBytes = sizeBytes;
    this.offsetBytes = offsetBytes;
    this.seen = seen;
    this.head = Buffer.from(head);
    this.edge = Buffer.from(edge);
    this.isBroken = false;
    this.isSure = true;
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
      // What was read last comes once more before what is new: both are there, or neither is of the same file.
      let knownBytes = this.edge.length;
      const chunk = Buffer.allocUnsafeSlow(
        knownBytes + Math.min(readChunkBytes, Math.max(sniffBytes, this.sizeBytes - from)),
      );
      const headIsSame = from > 0 ? this.hasAt(file, this.head, 0) : Promise.resolve(true);
      for (;;) {
        const at = this.offsetBytes - knownBytes;
        const reads = [headIsSame, readFile(file, chunk, 0, chunk.length, at)] as const;
        const [isSame, { bytesRead }] = await Promise.all(reads).catch(async (error: unknown) => {
          // The file is not closed under the other one.
          await Promise.allSettled(reads);
          throw unreadable(this.path, error);
        });
        if (!isSame) return "replaced";
        if (!chunk.subarray(0, Math.min(knownBytes, bytesRead)).equals(this.edge.subarray(0, knownBytes)))
          return "replaced";
        const bytes = chunk.subarray(knownBytes, bytesRead);
        knownBytes = 0;
        if (bytes.length === 0) break;
        await turn?.();
        if (this.offsetBytes === 0) await this.choose(bytes);
        if (this.head.length < sniffBytes)
          this.head = Buffer.concat([this.head, bytes.subarray(0, sniffBytes - this.head.length)]);
        this.edge = Buffer.concat([this.edge, bytes.subarray(-sniffBytes)]).subarray(-sniffBytes);
        this.offsetBytes += bytes.length;
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

  private async hasAt(file: number, expected: Buffer, atBytes: number): Promise<boolean> {
    const found = Buffer.alloc(expected.length);
    const { bytesRead } = await readFile(file, found, 0, found.length, atBytes);
    return bytesRead === expected.length && found.equals(expected);
  }

  /** The same size with another time: an edit in place, which the two ends show only where they are all of the file. */
  private async verifySize(file: number): Promise<Found> {
    const { head, edge, offsetBytes } = this;
    const isAllEnds = offsetBytes <= head.length + edge.length;
    const hasEnds = async () =>
      (await this.hasAt(file, head, 0)) && (await this.hasAt(file, edge, offsetBytes - edge.length));
    return isAllEnds && (await hasEnds()) ? "same" : "replaced";
  }

  /**
   * Opens the file that was looked at; `replaced` where another has taken its place, or nothing. What the system knows of an open
   * file is asked for at once: to have another thread ask takes ten times as long, and many files are read several times a second. It
   * needs no way to a server that `open` has not just gone.
   */
  private async withFile(use: (file: number) => Promise<Found>): Promise<Found> {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    let file: number;
    try {
      file = await openFile(this.path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
    } catch (error) {
      if (["ENOENT", "ELOOP"].includes(systemCodeOf(error) ?? "")) return "replaced";
      throw unreadable(this.path, error);
    }
    try {
      const { dev, ino } = fstatSync(file);
      return dev === this.seen?.dev && ino === this.seen.ino ? await use(file) : "replaced";
    } finally {
      closeSync(file);
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
