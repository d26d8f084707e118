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

/** Where a splitter has come to, as data that another thread can be sent. */
export interface PackedSplitter {
  held: Uint8Array;
  pendingBytes: number;
  offsetBytes: number;
  number: number;
  maxLineBytes: number;
}

/**
 * Splits a stream of bytes at 0x0A only: other line ends that a `readline` splits at (U+2028, a lone CR) may lie
 * inside a record. Holds at most one line of at most `maxLineBytes`.
 */
export class LineSplitter {
  /** The beginning of a line that came with earlier chunks, and room for more of it. */
  private held: Buffer = nothing;
  private pendingBytes = 0;
  private offsetBytes = 0;
  private number = 1;

  /** @param tooLong what becomes of a line over the limit: nothing of it is kept, or as much as the limit allows */
  constructor(
    private readonly maxLineBytes = maxRecordBytes,
    private readonly tooLong: "drop" | "cut" = "drop",
  ) {}

  /**
   * Takes the next bytes and gives the lines that end in them. The chunk may be used again once all of them were
   * taken, and with it go the bytes of the lines that lie in it; a line longer than the chunk keeps its bytes.
   */
  *push(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const isWhole = this.pendingBytes === 0;
      if (!isWhole) this.hold(chunk, start, end);
      else this.pendingBytes = end - start;
      const line = this.line(isWhole ? chunk.subarray(start, end) : undefined);
      this.offsetBytes += line.lengthBytes + 1;
      this.held = nothing;
      this.pendingBytes = 0;
      this.number++;
      yield line;
      start = end + 1;
    }
    if (start < chunk.length) this.hold(chunk, start, chunk.length);
  }

  /** The unterminated last line so far, without consuming it; undefined where the bytes end in a newline. */
  tail(): Line | undefined {
    return this.pendingBytes > 0 ? this.line() : undefined;
  }

  /** How long the unterminated last line is so far, also where it is too long to be held. */
  get tailBytes(): number {
    return this.pendingBytes;
  }

  pack(): PackedSplitter {
    const { held, pendingBytes, offsetBytes, number, maxLineBytes } = this;
    return { held: held.subarray(0, pendingBytes), pendingBytes, offsetBytes, number, maxLineBytes };
  }

  static unpack({ held, pendingBytes, offsetBytes, number, maxLineBytes }: PackedSplitter): LineSplitter {
    const splitter = new LineSplitter(maxLineBytes);
    splitter.held = Buffer.from(held);
    splitter.pendingBytes = pendingBytes;
    splitter.offsetBytes = offsetBytes;
    splitter.number = number;
    return splitter;
  }

  private hold(chunk: Buffer, start: number, end: number): void {
    const before = this.pendingBytes;
    this.pendingBytes += end - start;
    if (this.pendingBytes > this.maxLineBytes && this.tooLong === "drop") {
      this.held = nothing;
      return;
    }
    const neededBytes = Math.min(this.pendingBytes, this.maxLineBytes);
    if (neededBytes <= before) return; // cut already
    if (neededBytes > this.held.length) {
      // Twice the room each time, so that a long line is not copied for each chunk of it.
      const room = Math.min(this.maxLineBytes, Math.max(minHeldBytes, 2 * neededBytes));
      const larger = Buffer.allocUnsafeSlow(room);
      this.held.copy(larger, 0, 0, before);
      this.held = larger;
    }
    chunk.copy(this.held, before, start, start + neededBytes - before);
  }

  private line(whole?: Buffer): Line {
    const { number, offsetBytes, pendingBytes: lengthBytes } = this;
    const isTooLong = lengthBytes > this.maxLineBytes;
    const held = () => (whole ?? this.held).subarray(0, Math.min(lengthBytes, this.maxLineBytes));
    const bytes = isTooLong && this.tooLong === "drop" ? null : held();
    return { number, offsetBytes, lengthBytes, bytes };
  }
}

const nothing: Buffer = Buffer.alloc(0);
const minHeldBytes = 4096;
