import { maxRecordBytes } from "../config.js";

/** A value of a document. */
export interface DocumentValue {
  /** The names that lead to it, joined with dots; null for an element of the list of rows. */
  name: string | null;
  /** Null where it is longer than a record may be. */
  bytes: Buffer | null;
  /** Where its first byte lies, and in which line, counted from 1. */
  offsetBytes: number;
  lengthBytes: number;
  line: number;
}

const newline = 0x0a;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
const isBlank = (byte: number): boolean =>
  byte === 0x20 || byte === newline || byte === 0x0d || byte === 0x09;

const byteOrderMark = [0xef, 0xbb, 0xbf];

/** A list or object on the way to what is wanted. */
interface Frame {
  /** The names that lead to it, joined with dots; "" for the document. */
  name: string;
  isRows: boolean;
}

/**
 * Takes a JSON document apart as its bytes come: the elements of one list, and some members, each on its own, so that
 * no more than one of them is held. What is not wanted is passed over. Never throws.
 */
export class DocumentRows {
  private readonly wanted: ReadonlySet<string>;
  private readonly onTheWay = new Set<string>();
  private readonly frames: Frame[] = [];
  /** The name of the member that comes, of the innermost frame. */
  private key: string | undefined;
  private isInString = false;
  private isEscaped = false;
  /** Of the value that is being passed: how deep it is, and from where. */
  private value:
    | { depth: number; name: string | null | undefined; offsetBytes: number; line: number }
    | undefined;
  private held: Buffer[] = [];
  private heldBytes = 0;
  private offsetBytes = 0;
  private line = 1;
  private hasBegun = false;
  /** The document is whole, and what follows it is not of it. */
  isEnded = false;
  /** Something follows the document that is no blank. */
  hasMore = false;

  constructor(
    private readonly rows: readonly string[],
    members: readonly (readonly string[])[],
  ) {
    this.wanted = new Set(members.map((path) => path.join(".")));
    for (const path of [rows, ...members])
      for (let length = 1; length < path.length; length++) this.onTheWay.add(path.slice(0, length).join("."));
  }

  get lines(): number {
    return this.line;
  }

  /** Whether there were bytes, and the document has not ended. */
  get isOpen(): boolean {
    return this.hasBegun && !this.isEnded;
  }

  *push(chunk: Buffer): Generator<DocumentValue> {
    /** Where in the chunk begins what is to be held. */
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === newline) this.line++;
      if (this.isInString) {
        if (this.isEscaped) this.isEscaped = false;
        else if (byte === backslash) this.isEscaped = true;
        else if (byte === quote) {
          this.isInString = false;
          if (this.value?.depth === 0) yield* this.end(chunk, from, at + 1);
          else if (!this.value) this.key = this.nameOf(chunk, from, at + 1);
        }
        continue;
      }
      if (this.value) {
        if (byte === quote) this.isInString = true;
        else if (byte === openObject || byte === openList) this.value.depth++;
        else if (byte === closeObject || byte === closeList) {
          if (this.value.depth > 0) {
            if (--this.value.depth === 0) yield* this.end(chunk, from, at + 1);
            continue;
          }
          yield* this.end(chunk, from, at); // a number or word ends with what holds it
          this.close();
        } else if (this.value.depth === 0 && (byte === comma || isBlank(byte))) {
          yield* this.end(chunk, from, at);
          if (byte === comma) this.key = undefined;
        }
        continue;
      }
      if (isBlank(byte) || (!this.hasBegun && byteOrderMark.includes(byte))) continue;
      if (this.isEnded) {
        this.hasMore = true;
        continue;
      }
      const frame = this.frames.at(-1);
      if (!frame) {
        this.hasBegun = true;
        if (byte === openObject) this.frames.push({ name: "", isRows: false });
        else this.isEnded = this.hasMore = true; // no document of any kind that we know
      } else if (byte === comma) this.key = undefined;
      else if (byte === colon) continue;
      else if (byte === closeObject || byte === closeList) this.close();
      else if (!frame.isRows && this.key === undefined) {
        if (byte !== quote) continue;
        this.isInString = true;
        from = at;
      } else {
        const name = frame.isRows ? null : [frame.name, this.key].filter((part) => part !== "").join(".");
        const isWay = name !== null && this.onTheWay.has(name) && byte === openObject;
        const isRows = name === this.rows.join(".") && byte === openList;
        if (isWay || isRows) {
          this.frames.push({ name, isRows });
          this.key = undefined;
          continue;
        }
        const isWanted = name === null || this.wanted.has(name);
        this.value = {
          depth: byte === openObject || byte === openList ? 1 : 0,
          name: isWanted ? name : undefined,
          offsetBytes: this.offsetBytes + at,
          line: this.line,
        };
        this.isInString = byte === quote;
        from = at;
      }
    }
    const isName = this.isInString && !this.value;
    if (isName || (this.value && this.value.name !== undefined)) this.hold(chunk.subarray(from));
    this.offsetBytes += chunk.length;
  }

  private *end(chunk: Buffer, from: number, to: number): Generator<DocumentValue> {
    const { name, offsetBytes, line } = this.value!;
    this.value = undefined;
    if (name === undefined) return;
    const lengthBytes = this.offsetBytes + to - offsetBytes;
    this.hold(chunk.subarray(from, to));
    const bytes = lengthBytes > maxRecordBytes ? null : Buffer.concat(this.held);
    this.drop();
    yield { name, bytes, offsetBytes, lengthBytes, line };
  }

  private nameOf(chunk: Buffer, from: number, to: number): string {
    this.hold(chunk.subarray(from, to));
    const text = Buffer.concat(this.held).toString("utf8");
    this.drop();
    try {
      return String(JSON.parse(text));
    } catch {
      return text;
    }
  }

  private close(): void {
    this.frames.pop();
    this.key = undefined;
    // What was just passed is the value of a name of the frame around, which a comma follows.
    if (this.frames.length === 0) this.isEnded = true;
  }

  /** Copies, since the chunk's bytes are used again. */
  private hold(bytes: Buffer): void {
    this.heldBytes += bytes.length;
    if (this.heldBytes <= maxRecordBytes) this.held.push(Buffer.from(bytes));
    else this.held = [];
  }

  private drop(): void {
    this.held = [];
    this.heldBytes = 0;
  }
}
