import { type Line, LineSplitter } from "./lines.js";
import { type FaultReason, type ParsedLine, parseLine } from "./parseLine.js";
import { type CheckpointRecord, survivesTear } from "./record.js";
import { hidesForeignRecord, type Salvaged, salvage } from "./salvage.js";

export type CheckpointFormat = "agent-jobs" | "article" | "agent-resume" | "empty" | "unknown";

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
const torn = new Set<FaultReason>(["torn", "nul"]);
const mayBeMerged = new Set<FaultReason>(["torn", "not-json"]);

/** Turns bytes into records and faults, chunk by chunk. Never throws for what is in them. */
export class CheckpointScanner {
  private readonly splitter: LineSplitter;
  private readonly faults: Fault[] = [];
  private faultCount = 0;
  private damageCount = 0;
  private unverified = 0;
  private verified = 0;
  private format: CheckpointFormat = "empty";
  private lines = 0;
  /** Torn lines whose residue the next line decides. */
  private undecided: Fault[] = [];
  private onlyFragments = true;

  /** @param onFault sees every fault with what was salvaged from it, also beyond the listed ones */
  constructor(
    maxLineBytes?: number,
    private readonly onFault?: (fault: Fault, salvaged: readonly Salvaged[]) => void,
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
    if (format === "empty" && tailRecord) format = formatOf(tailRecord);
    // A first record that was cut short: a job that died while it was creating the file.
    else if (format === "unknown" && this.onlyFragments && (!tornTail || beginsRecord(tail)))
      format = "empty";
    else if (format === "empty" && tornTail && !beginsRecord(tail)) format = "unknown";
    // Nothing came after these torn lines but, at most, another fragment: the newline guard is what ended them.
    const faults = this.faults.map((fault) =>
      this.undecided.includes(fault) ? { ...fault, residue: true } : fault,
    );
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

  private *take(line: Line): Generator<ScannedRecord> {
    const bytes = line.bytes === null ? null : trimmed(line)!;
    if (bytes?.length === 0) return this.settle(true); // a blank line is the newline guard's, or harmless
    const parsed: ParsedLine = bytes === null ? { reason: "too-long" } : this.accept(parseLine(bytes), true);
    if ("record" in parsed) {
      this.onlyFragments = false;
      this.settle(survivesTear.has(parsed.record.type));
      const verified = parsed.format === "agent-jobs";
      if (verified) this.verified++;
      else if (parsed.format === "article") this.unverified++;
      yield { record: parsed.record, ...placed(line), verified };
      return;
    }
    const found = bytes === null ? [] : salvage(bytes);
    const merged =
      found.length > 0 || (bytes !== null && mayBeMerged.has(parsed.reason) && hidesForeignRecord(bytes));
    const reason = merged ? "merged" : parsed.reason;
    if (!torn.has(reason)) this.settle(false);
    if (reason !== "torn" || !beginsRecord(line)) this.onlyFragments = false;
    if (this.format === "empty") this.format = "unknown";
    this.addFault({ ...placed(line), reason, residue: false, salvaged: found.length }, found);
    for (const { record, start, end } of found) {
      this.format = this.format === "unknown" ? "agent-jobs" : this.format;
      this.verified++;
      const offsetBytes = line.offsetBytes + start;
      yield { record, line: line.number, offsetBytes, lengthBytes: end - start, verified: true };
    }
  }

  /** The first line of a known format decides between F2 and the two formats that may share a file. */
  private accept(parsed: ParsedLine, keep: boolean): ParsedLine {
    if (!("record" in parsed)) return parsed;
    const isSnapshot = parsed.format === "agent-resume";
    const known = this.format !== "empty" && this.format !== "unknown";
    if (known && isSnapshot !== (this.format === "agent-resume")) return { reason: "wrong-shape" };
    if (keep && (!known || parsed.format === "agent-jobs")) this.format = parsed.format;
    return parsed;
  }

  private addFault(fault: Fault, salvaged: readonly Salvaged[]): void {
    this.onFault?.(fault, salvaged);
    this.faultCount++;
    this.damageCount++;
    if (this.faults.length < maxListedFaults) this.faults.push(fault);
    if (torn.has(fault.reason)) {
      this.undecided.push(fault);
      this.damageCount--; // until a line follows that makes it damage
    }
  }

  private settle(residue: boolean): void {
    if (this.undecided.length === 0) return;
    for (const fault of this.undecided) fault.residue = residue;
    if (!residue) this.damageCount += this.undecided.length;
    this.undecided = [];
  }
}

function placed(line: Line): { line: number; offsetBytes: number; lengthBytes: number } {
  return { line: line.number, offsetBytes: line.offsetBytes, lengthBytes: line.lengthBytes };
}

function formatOf(scanned: ScannedRecord): CheckpointFormat {
  if (scanned.record.type === "snapshot") return "agent-resume";
  return scanned.verified ? "agent-jobs" : "article";
}

/** The bytes without a leading BOM (first line only), trailing CRs and surrounding blanks; null where too long. */
function trimmed(line: Line): Buffer | null {
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
  const text = line.bytes?.toString("latin1", 0, 16) ?? "";
  return ['{"type":"job",', '{"id":', '{"turn":', '{"completed_items":'].some(
    (start) => text.startsWith(start) || start.startsWith(text.trimEnd()),
  );
}
