import type { ForeignKind } from "./foreignKinds.js";
import { keepsNoWork } from "./foreignParts.js";
import { type Line, LineSplitter, type PackedSplitter } from "./lines.js";
import { type FaultReason, type ParsedLine, parseLine } from "./parseLine.js";
import { type CheckpointRecord, survivesTear } from "./record.js";
import { hidesForeignRecord, type Salvaged, salvage } from "./salvage.js";

/** What a file is: one of the three formats that we write, one of another tool's that are only read, or neither. */
export type CheckpointFormat = "agent-jobs" | "article" | "agent-resume" | ForeignKind | "empty" | "unknown";

/** A line that is no record, and where it is. */
export interface Fault {
  /** Counted from 1. */
  line: number;
  offsetBytes: number;
  lengthBytes: number;
  reason: FaultReason;
  /** Left behind by a crash that was survived: nothing acknowledged was lost, so it is no damage. */
  residue: boolean;
  /** How many whole records inside the line were found by their checksums, and count. */
  salvaged: number;
  /** Nothing has to be done again for want of it: it reads as a header, or as another record that keeps no work. */
  keepsNoWork?: true;
}

/** One record and where it came from. */
export interface ScannedRecord {
  record: CheckpointRecord;
  line: number;
  offsetBytes: number;
  lengthBytes: number;
  /** False where the line had no checksum. */
  verified: boolean;
}

/** What is known of a file's bytes as a whole. */
export interface ScanSummary {
  format: CheckpointFormat;
  /** The first of all faults, at most `maxListedFaults`. */
  faults: Fault[];
  faultCount: number;
  /** Faults that are no residue. */
  damageCount: number;
  /** Accepted lines without a checksum. */
  unverified: number;
  /** The bytes end inside a record: pending while a writer lives, residue otherwise. */
  tornTail: boolean;
  /** The bytes end without a newline. */
  openTail: boolean;
  lines: number;
}

export const maxListedFaults = 1_000;
const bom = Buffer.from([0xef, 0xbb, 0xbf]);
const mayBeMerged = new Set<FaultReason>(["torn", "not-json"]);

/** Turns bytes into records and faults, chunk by chunk. Never throws for what is in them. */
export interface RecordScanner {
  /** Takes the next bytes; gives the records of the lines, or rows, that end in them. */
  push(chunk: Buffer): Iterable<ScannedRecord>;
  /** The record of an unterminated last line that is whole. */
  tailRecord(): ScannedRecord | undefined;
  summary(): ScanSummary;
  /** It reads one document, which is written anew when it changes. */
  readonly isDocument?: true;
}

/** Where a scanner has come to, as data that another thread can be sent. */
export interface PackedScanner {
  splitter: PackedSplitter;
  faults: Fault[];
  faultCount: number;
  damageCount: number;
  unverified: number;
  format: CheckpointFormat;
  lines: number;
  undecidedCount: number;
  /** The same objects as in `faults`, which they stay when both are sent together. */
  undecided: Fault[];
  onlyFragments: boolean;
}

/** Reads our own format, F1 and F2. */
export class CheckpointScanner implements RecordScanner {
  private splitter: LineSplitter;
  private faults: Fault[] = [];
  private faultCount = 0;
  private damageCount = 0;
  private unverified = 0;
  private format: CheckpointFormat = "empty";
  private lines = 0;
  /** Tears whose residue the next line decides: how many, and those of them that are listed. */
  private undecidedCount = 0;
  private undecided: Fault[] = [];
  private onlyFragments = true;

  /**
   * @param onFault sees every fault with what was salvaged from it, also beyond the listed ones, and the line's bytes
   *   where it is not too long
   */
  constructor(
    maxLineBytes?: number,
    private readonly onFault?: (fault: Fault, salvaged: readonly Salvaged[], line: Buffer | null) => void,
  ) {
    this.splitter = new LineSplitter(maxLineBytes);
  }

  /** Takes the next bytes; gives the records of the lines that end in them. */
  *push(chunk: Buffer): Generator<ScannedRecord> {
    for (const line of this.splitter.push(chunk)) {
      this.lines++;
      yield* this.take(line);
    }
  }

  /**
   * The record of an unterminated last line that is whole. It is given again when its newline comes, which is a
   * repeat, so that a fold may take both.
   */
  tailRecord(): ScannedRecord | undefined {
    const line = this.splitter.tail();
    const bytes = line && trimmed(line);
    if (!bytes) return undefined;
    const parsed = this.accept(parseLine(bytes), false);
    return "record" in parsed
      ? { ...parsed, ...placed(line), verified: parsed.format === "agent-jobs" }
      : undefined;
  }

  summary(): ScanSummary {
    const tail = this.splitter.tail();
    const tailRecord = this.tailRecord();
    const blankTail = tail !== undefined && trimmed(tail)?.length === 0;
    const tornTail = tail !== undefined && !tailRecord && !blankTail;
    let format = this.format;
    if (tailRecord && (format === "empty" || format === "unknown" || tailRecord.verified))
      format = formatOf(tailRecord);
    // A first record that was cut short: a job that died while it was creating the file.
    else if (format === "unknown" && this.onlyFragments && (!tornTail || beginsRecord(tail)))
      format = "empty";
    else if (format === "empty" && tornTail && !beginsRecord(tail)) format = "unknown";
    // Nothing came after these torn lines but, at most, another fragment: the newline guard is what ended them.
    const undecided = new Set(this.undecided);
    const faults = this.faults.map((fault) => (undecided.has(fault) ? { ...fault, residue: true } : fault));
    return {
      format,
      faults,
      faultCount: this.faultCount,
      damageCount: this.damageCount,
      unverified: this.unverified + (tailRecord && !tailRecord.verified && format !== "agent-resume" ? 1 : 0),
      tornTail,
      openTail: tail !== undefined,
      lines: this.lines + (tail ? 1 : 0),
    };
  }

  /** Faults that no line has followed yet to say if they are damage: `summary` takes them for residue. */
  pendingFaults(): ReadonlySet<Fault> {
    return new Set(this.undecided);
  }

  pack(): PackedScanner {
    const { splitter, faults, faultCount, damageCount, unverified, format, lines } = this;
    const { undecidedCount, undecided, onlyFragments } = this;
    const counts = { faultCount, damageCount, unverified, lines, undecidedCount };
    return { splitter: splitter.pack(), faults, ...counts, format, undecided, onlyFragments };
  }

  static unpack({ splitter, ...rest }: PackedScanner): CheckpointScanner {
    const scanner = new CheckpointScanner();
    scanner.splitter = LineSplitter.unpack(splitter);
    return Object.assign(scanner, rest);
  }

  private *take(line: Line): Generator<ScannedRecord> {
    const bytes = trimmed(line);
    if (bytes?.length === 0) return this.settle(true); // a blank line is the newline guard's, or harmless
    const parsed: ParsedLine =
      bytes === null ? { reason: "too-long", tear: false } : this.accept(parseLine(bytes), true);
    if ("record" in parsed) {
      this.onlyFragments = false;
      this.settle(survivesTear.has(parsed.record.type));
      const verified = parsed.format === "agent-jobs";
      if (parsed.format === "article") this.unverified++;
      yield { record: parsed.record, ...placed(line), verified };
      return;
    }
    // Only our own format has checksums to find a record by.
    const found = bytes === null || this.format === "agent-resume" ? [] : salvage(bytes);
    const merged =
      found.length > 0 || (bytes !== null && mayBeMerged.has(parsed.reason) && hidesForeignRecord(bytes));
    const tear = parsed.tear && !merged;
    if (!tear) this.settle(false);
    if (!tear || !beginsRecord(line)) this.onlyFragments = false;
    if (this.format === "empty") this.format = "unknown";
    // What was found is placed in the line as it is in the file, blanks and byte order mark included.
    const shift = bytes === null ? 0 : bytes.byteOffset - line.bytes!.byteOffset;
    const salvaged = found.map((one) => ({ ...one, start: one.start + shift, end: one.end + shift }));
    const reason = merged ? "merged" : parsed.reason;
    const fault: Fault = { ...placed(line), reason, residue: false, salvaged: found.length };
    // Of a line that is whole but for its checksum; any other may have swallowed the next ones.
    if (reason === "checksum" && keepsNoWork(bytes!)) fault.keepsNoWork = true;
    this.addFault(fault, salvaged, line, tear);
    for (const { record, start, end } of salvaged) {
      this.format = "agent-jobs";
      const offsetBytes = line.offsetBytes + start;
      yield { record, line: line.number, offsetBytes, lengthBytes: end - start, verified: true };
    }
  }

  /** The first line of a known format decides between F2 and the two formats that may share a file. */
  private accept(parsed: ParsedLine, keep: boolean): ParsedLine {
    if (!("record" in parsed)) return parsed;
    const isSnapshot = parsed.format === "agent-resume";
    const known = this.format !== "empty" && this.format !== "unknown";
    if (known && isSnapshot !== (this.format === "agent-resume"))
      return { reason: "wrong-shape", tear: false };
    if (keep && (!known || parsed.format === "agent-jobs")) this.format = parsed.format;
    return parsed;
  }

  private addFault(fault: Fault, salvaged: readonly Salvaged[], line: Line, tear: boolean): void {
    this.onFault?.(fault, salvaged, line.bytes);
    this.faultCount++;
    const isListed = this.faults.length < maxListedFaults;
    if (isListed) this.faults.push(fault);
    if (!tear) {
      this.damageCount++;
      return;
    }
    this.undecidedCount++; // until a line follows that makes it damage
    // Unlisted ones are only kept for whoever sees all faults: a file may hold any number of them.
    if (isListed || this.onFault) this.undecided.push(fault);
  }

  private settle(residue: boolean): void {
    if (this.undecidedCount === 0) return;
    for (const fault of this.undecided) fault.residue = residue;
    if (!residue) this.damageCount += this.undecidedCount;
    this.undecidedCount = 0;
    this.undecided = [];
  }
}

export function placed(line: Line): { line: number; offsetBytes: number; lengthBytes: number } {
  return { line: line.number, offsetBytes: line.offsetBytes, lengthBytes: line.lengthBytes };
}

function formatOf(scanned: ScannedRecord): CheckpointFormat {
  if (scanned.record.type === "snapshot") return "agent-resume";
  return scanned.verified ? "agent-jobs" : "article";
}

/** The bytes without a leading BOM (first line only), trailing CRs and surrounding blanks; null where too long. */
export function trimmed(line: Line): Buffer | null {
  let bytes = line.bytes;
  if (bytes === null) return null;
  if (line.offsetBytes === 0 && bytes.subarray(0, 3).equals(bom)) bytes = bytes.subarray(3);
  let start = 0;
  let end = bytes.length;
  while (end > start && isBlank(bytes[end - 1]!)) end--;
  while (start < end && isBlank(bytes[start]!)) start++;
  return bytes.subarray(start, end);
}

const isBlank = (byte: number): boolean => byte === 0x0d || byte === 0x20 || byte === 0x09;

/** Whether a fragment is the beginning of a record of any of the three formats. */
function beginsRecord(line: Line): boolean {
  const text = trimmed(line)?.toString("latin1", 0, 16);
  return (
    text !== undefined &&
    ['{"type":"job",', '{"id":', '{"turn":', '{"completed_items":'].some(
      (start) => text.startsWith(start) || start.startsWith(text.trimEnd()),
    )
  );
}
