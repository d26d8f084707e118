import type { ForeignKind } from "../format/foreignKinds.js";
import type { ItemKey } from "../format/itemId.js";
import { LineSplitter } from "../format/lines.js";
import type { FaultReason } from "../format/parseLine.js";
import type { CheckpointRecord } from "../format/record.js";
import {
  type Fault,
  maxListedFaults,
  placed,
  type RecordScanner,
  type ScannedRecord,
  type ScanSummary,
  trimmed,
} from "../format/scan.js";
import { DocumentRows, type DocumentValue } from "./documentRows.js";
import type { DocumentKind, LineKind } from "./kind.js";
import { type Row, sourceRowOf } from "./row.js";

interface Place {
  line: number;
  offsetBytes: number;
  lengthBytes: number;
}

/**
 * Reads rows of another tool's file as records of ours, so that the fold, and all that shows its state, count them like
 * any others: done rows become `done`, failed ones `failed`, open ones `started`. Such a file tells of no runs: run 0,
 * and many a row of no time: 0 as well, which is none (`isTimed`).
 * Done wins, as everywhere. Holds the ids of items that failed, and of those that were asked for; no result.
 */
abstract class RowScanner implements RecordScanner {
  /** Ids that the file asks for, where it is a list of requests. */
  readonly asked = new Set<ItemKey>();
  private readonly attempts = new Map<ItemKey, number>();
  private readonly faults: Fault[] = [];
  private faultCount = 0;
  private rows = 0;

  constructor(readonly kind: ForeignKind) {}

  abstract push(chunk: Buffer): Iterable<ScannedRecord>;
  abstract tailRecord(): ScannedRecord | undefined;
  protected abstract ending(): Pick<ScanSummary, "tornTail" | "openTail" | "lines">;

  summary(): ScanSummary {
    return {
      format: this.kind,
      faults: [...this.faults],
      faultCount: this.faultCount,
      damageCount: this.faultCount,
      unverified: this.rows,
      ...this.ending(),
    };
  }

  /** @param keep false for a row that comes again once its line has ended */
  protected recordOf(row: Row, keep: boolean): CheckpointRecord {
    if (keep) this.rows++;
    const { item } = row;
    if (row.state === "asked") {
      this.asked.add(item);
      return { type: "input", run: 0, atMs: 0, total: this.asked.size };
    }
    const { ms, usage, atMs = 0 } = row.state === "open" ? {} : row;
    const took = { atMs, ...(ms !== undefined && { ms }), ...(usage !== undefined && { usage }) };
    if (row.state === "done") return { type: "done", item, ...took, result: row.result };
    const attempt = (this.attempts.get(item) ?? 0) + 1;
    if (keep) this.attempts.set(item, attempt);
    if (row.state === "open") return { type: "started", item, run: 0, attempt, atMs: 0 };
    const { cause, message } = row;
    return { type: "failed", item, run: 0, attempt, cause, message, ...took };
  }

  protected addFault({ line, offsetBytes, lengthBytes }: Place, reason: FaultReason): void {
    this.faultCount++;
    if (this.faults.length >= maxListedFaults) return;
    this.faults.push({ line, offsetBytes, lengthBytes, reason, residue: false, salvaged: 0 });
  }
}

/** Of a file with a row a line. */
export class LineRowScanner extends RowScanner {
  private readonly splitter = new LineSplitter();
  private lines = 0;
  private hasTotal = false;

  constructor(private readonly of: LineKind) {
    super(of.kind);
  }

  *push(chunk: Buffer): Generator<ScannedRecord> {
    yield* this.total();
    for (const line of this.splitter.push(chunk)) {
      this.lines++;
      const bytes = trimmed(line);
      if (bytes?.length === 0) continue;
      const row = bytes && this.rowOf(bytes);
      if (typeof row === "object" && row !== null)
        yield { record: this.recordOf(row, true), ...placed(line), verified: false };
      else this.addFault(placed(line), row ?? "too-long");
    }
  }

  tailRecord(): ScannedRecord | undefined {
    const line = this.splitter.tail();
    const bytes = line && trimmed(line);
    const row = bytes && bytes.length > 0 ? this.rowOf(bytes) : undefined;
    return line && typeof row === "object"
      ? { record: this.recordOf(row, false), ...placed(line), verified: false }
      : undefined;
  }

  protected ending() {
    const tail = this.splitter.tail();
    const isBlank = tail !== undefined && trimmed(tail)?.length === 0;
    const tornTail = tail !== undefined && !isBlank && !this.tailRecord();
    return { tornTail, openTail: tail !== undefined, lines: this.lines + (tail ? 1 : 0) };
  }

  private *total(): Generator<ScannedRecord> {
    const { total } = this.of;
    if (total === undefined || this.hasTotal) return;
    this.hasTotal = true;
    const record: CheckpointRecord = { type: "input", run: 0, atMs: 0, total };
    yield { record, line: 1, offsetBytes: 0, lengthBytes: 0, verified: false };
  }

  private rowOf(bytes: Buffer): Row | FaultReason {
    if (bytes.includes(0)) return "nul";
    const row = sourceRowOf(bytes);
    return row ? (this.of.rowOf(row) ?? "wrong-shape") : "not-json";
  }
}

/** Of a file that is one JSON document. */
export class DocumentRowScanner extends RowScanner {
  readonly isDocument = true;
  private readonly parts: DocumentRows;
  private readonly header = new Map<string, unknown>();
  private saidMore = false;

  constructor(private readonly of: DocumentKind) {
    super(of.kind);
    this.parts = new DocumentRows(of.rows, of.members);
  }

  *push(chunk: Buffer): Generator<ScannedRecord> {
    for (const value of this.parts.push(chunk)) {
      if (value.name !== null) yield* this.takeMember(value.name, value);
      else yield* this.takeRow(value);
    }
    if (!this.parts.hasMore || this.saidMore) return;
    this.saidMore = true;
    this.addFault({ line: this.parts.lines, offsetBytes: 0, lengthBytes: 0 }, "not-json");
  }

  tailRecord(): undefined {
    return undefined;
  }

  protected ending() {
    const { isOpen, lines } = this.parts;
    return { tornTail: isOpen, openTail: isOpen, lines };
  }

  private *takeRow(value: DocumentValue): Generator<ScannedRecord> {
    const source = value.bytes && sourceRowOf(value.bytes);
    const row = source && this.of.rowOf(source, this.header);
    if (!row)
      return this.addFault(value, value.bytes === null ? "too-long" : source ? "wrong-shape" : "not-json");
    yield { record: this.recordOf(row, true), ...placeOf(value), verified: false };
  }

  private *takeMember(name: string, value: DocumentValue): Generator<ScannedRecord> {
    const source = value.bytes && sourceRowOf(Buffer.concat([before, value.bytes, after]));
    this.header.set(name, source?.value.value);
    const total = this.of.totalOf(this.header);
    if (total === null) return;
    yield { record: { type: "input", run: 0, atMs: 0, total }, ...placeOf(value), verified: false };
  }
}

/** A member may be of any type, and is read as one of an object. */
const before = Buffer.from('{"value":');
const after = Buffer.from("}");

const placeOf = ({ line, offsetBytes, lengthBytes }: Place): Place => ({ line, offsetBytes, lengthBytes });
