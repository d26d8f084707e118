/** Finds the lines of a file that may say something of an item, by their bytes alone: a large file is soon looked over. */
import type { ItemKey } from "../format/itemId.js";
import { asPythonWrites } from "../format/json.js";

/** A line that has an item's id in it. */
export interface ItemLine {
  /** Counted from 1. */
  line: number;
  offsetBytes: number;
  /** Without its newline. */
  lengthBytes: number;
  /** The line, or the beginning of one that is longer than `maxLineBytes`. */
  bytes: Buffer;
}

/** A longer line is given by its beginning. */
export const maxLineBytes = 1024 * 1024;
/** Of which so much is kept, and looked at for the id: records name their items first. */
const headBytes = 64 * 1024;

const newline = 0x0a;

/**
 * Takes a file's bytes, chunk by chunk, and gives the lines that have an item's id in them. What they say of it is for a
 * parser to tell: other items may mention the id. A line is to be used before the next chunk is given.
 */
export class ItemLineFinder {
  private readonly needles: Buffer[];
  /** Lines that have ended. */
  private lines = 0;
  /** Where the line that is under way begins. */
  private startBytes = 0;
  private carried: Buffer[] = [];
  private carriedBytes = 0;

  constructor(item: ItemKey) {
    this.needles = needlesOf(item).map((text) => Buffer.from(text));
  }

  *push(chunk: Buffer): Generator<ItemLine> {
    let at = 0;
    if (this.carriedBytes > 0) {
      const end = chunk.indexOf(newline);
      if (end < 0) return this.carry(chunk);
      this.carry(chunk.subarray(0, end));
      const line = this.unfinished();
      if (line) yield line;
      this.endLine();
      at = end + 1;
    }
    const last = chunk.lastIndexOf(newline);
    if (last >= at) {
      yield* this.look(chunk.subarray(at, last + 1));
      at = last + 1;
    }
    if (at < chunk.length) this.carry(chunk.subarray(at));
  }

  /** The last line, which no newline has ended yet, if it has the id in it. */
  unfinished(): ItemLine | undefined {
    if (this.carriedBytes === 0) return undefined;
    const bytes = Buffer.concat(this.carried);
    if (!this.needles.some((needle) => bytes.includes(needle))) return undefined;
    return { line: this.lines + 1, offsetBytes: this.startBytes, lengthBytes: this.carriedBytes, bytes };
  }

  private carry(bytes: Buffer): void {
    this.carriedBytes += bytes.length;
    // A copy: whoever reads may use one buffer again and again.
    if (this.carriedBytes <= maxLineBytes) this.carried.push(Buffer.from(bytes));
    else if (this.carried.length !== 1 || this.carried[0]!.length !== headBytes)
      this.carried = [Buffer.concat([...this.carried, bytes]).subarray(0, headBytes)];
  }

  private endLine(): void {
    this.lines++;
    this.startBytes += this.carriedBytes + 1;
    this.carried = [];
    this.carriedBytes = 0;
  }

  /** Of whole lines. */
  private *look(region: Buffer): Generator<ItemLine> {
    let counted = 0;
    let lines = 0;
    for (let at = this.nextHit(region, 0); at >= 0; ) {
      const start = region.lastIndexOf(newline, at) + 1;
      const end = region.indexOf(newline, at);
      lines += newlinesIn(region, counted, start);
      counted = start;
      yield {
        line: this.lines + lines + 1,
        offsetBytes: this.startBytes + start,
        lengthBytes: end - start,
        bytes: region.subarray(start, end),
      };
      at = this.nextHit(region, end + 1);
    }
    this.lines += lines + newlinesIn(region, counted, region.length);
    this.startBytes += region.length;
  }

  private nextHit(region: Buffer, from: number): number {
    let first = -1;
    for (const needle of this.needles) {
      const at = region.indexOf(needle, from);
      if (at >= 0 && (first < 0 || at < first)) first = at;
    }
    return first;
  }
}

/** The id as writers write it: a text of its own, any other value by the member that it is. */
function needlesOf(item: ItemKey): string[] {
  if (item.startsWith('"')) return [...new Set([item, asPythonWrites(item)])];
  return ["id", "item"].flatMap((name) => [`"${name}":${item}`, `"${name}": ${item}`]);
}

function newlinesIn(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(newline, from); at >= 0 && at < to; at = bytes.indexOf(newline, at + 1))
    count++;
  return count;
}
