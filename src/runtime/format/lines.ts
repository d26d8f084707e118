import { maxRecordBytes } from "../config.js";

/** One line of a file, without its newline. */
export interface Line {
  /** Counted from 1, as editors do. */
  number: number;
  /** Where its first byte lies in the file. */
  offsetBytes: number;
  /** Its length without the newline. */
  lengthBytes: number;
  /** Null where it is longer than a line may be, so that it was never held; its beginning where such lines are cut. */
  bytes: Buffer | null;
}

const newline = 0x0a;

/**
 * Splits a stream of bytes at 0x0A only: other line ends that a `readline` splits at (U+2028, a lone CR) may lie
 * inside a record. Holds at most one line of at most `maxLineBytes`.
 */
export class LineSplitter {
  private pieces: Buffer[] = [];
  private pendingBytes = 0;
  private offsetBytes = 0;
  private number = 1;

  /** @param tooLong what becomes of a line over the limit: nothing of it is kept, or as much as the limit allows */
  constructor(
    private readonly maxLineBytes = maxRecordBytes,
    private readonly tooLong: "drop" | "cut" = "drop",
  ) {}

  /** Takes the next bytes and gives the lines that end in them. The chunk must not be changed afterwards. */
  *push(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.hold(chunk.subarray(start, end));
      yield this.take(1);
      start = end + 1;
    }
    if (start < chunk.length) this.hold(chunk.subarray(start));
  }

  /** The unterminated last line so far, without consuming it; undefined where the bytes end in a newline. */
  tail(): Line | undefined {
    return this.pendingBytes > 0 ? this.line() : undefined;
  }

  /** How long the unterminated last line is so far, also where it is too long to be held. */
  get tailBytes(): number {
    return this.pendingBytes;
  }

  private hold(piece: Buffer): void {
    const roomBytes = this.maxLineBytes - this.pendingBytes;
    this.pendingBytes += piece.length;
    if (piece.length > roomBytes && this.tooLong === "drop") this.pieces = [];
    else if (piece.length > 0 && roomBytes > 0) this.pieces.push(piece.subarray(0, roomBytes));
  }

  private line(): Line {
    const { number, offsetBytes, pendingBytes: lengthBytes } = this;
    let bytes: Buffer | null = null;
    if (lengthBytes <= this.maxLineBytes || this.tooLong === "cut") {
      bytes = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces);
      this.pieces = [bytes];
    }
    return { number, offsetBytes, lengthBytes, bytes };
  }

  private take(newlineBytes: number): Line {
    const line = this.line();
    this.offsetBytes += this.pendingBytes + newlineBytes;
    this.pieces = [];
    this.pendingBytes = 0;
    this.number++;
    return line;
  }
}
