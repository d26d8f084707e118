/**
 * Looks over the bytes of a JSON text without making anything of it: a line of 10 MB of nested lists is half a
 * gigabyte of objects. Iterative and linear; holds one bit for each level of nesting.
 */
import type { Span } from "./json.js";

/** A value of the outermost object, where the text says it. */
export interface OutlinedMember extends Span {
  /** How deep lists and objects are nested in it: 0 for a scalar. */
  depth: number;
}

export interface Outline {
  /**
   * `whole`: one JSON value and nothing else (Python's tokens allowed). `open`: the beginning of an object that has
   * not ended, which is what a crash in the middle of a write leaves. Strict, so that a record which was written
   * whole and damaged later is hardly ever taken for one that was never finished.
   */
  kind: "whole" | "open" | "broken";
  isObject: boolean;
  /** The outermost object's members that were asked for; the last one where a name is there twice. */
  members: Map<string, OutlinedMember>;
  /** It has members that were not asked for. */
  hasOthers: boolean;
}

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const colon = 0x3a;
const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
const hexDigits = 4;
/** A name's bytes, escapes included: a longer one was not asked for. */
const maxNameBytes = 128;
/** No word is longer. */
const maxWordBytes = 9;

const words = ["true", "false", "null", "NaN", "-NaN", "Infinity", "-Infinity"];

enum Expects {
  Value,
  ValueOrEnd,
  Name,
  NameOrEnd,
  Colon,
  CommaOrEnd,
  Nothing,
}

/** @param wanted names of the members that are to be found */
export function outlineOf(bytes: Buffer, wanted: ReadonlySet<string> = none): Outline {
  return new Outliner(bytes, wanted).outline();
}

const none: ReadonlySet<string> = new Set();

/** Whether bytes are the beginning of a JSON object that has not ended. They end in no half character. */
export const isOpenObject = (bytes: Buffer): boolean => outlineOf(bytes).kind === "open";

class Outliner {
  private readonly members = new Map<string, OutlinedMember>();
  private hasOthers = false;
  private readonly nesting = new Nesting();
  /** The outermost object's member that is under way. */
  private name: string | undefined;
  private member: OutlinedMember | undefined;

  constructor(
    private readonly bytes: Buffer,
    private readonly wanted: ReadonlySet<string>,
  ) {}

  outline(): Outline {
    const first = this.bytes.findIndex((byte) => !isBlank(byte));
    const isObject = this.bytes[first] === openObject;
    const kind = this.kind();
    const { members, hasOthers } = this;
    return { kind: kind === "open" && !isObject ? "broken" : kind, isObject, members, hasOthers };
  }

  private kind(): Outline["kind"] {
    const { bytes, nesting } = this;
    let expects: Expects = Expects.Value;
    for (let at = 0; at < bytes.length; ) {
      const byte = bytes[at]!;
      if (isBlank(byte)) {
        at++;
        continue;
      }
      const takesValue = expects <= Expects.ValueOrEnd;
      if (expects === Expects.Nothing) return "broken";
      if (byte === openObject || byte === openList) {
        if (!takesValue) return "broken";
        this.beginValue(at);
        nesting.push(byte === openObject);
        if (this.member) this.member.depth = Math.max(this.member.depth, nesting.depth - 1);
        expects = byte === openObject ? Expects.NameOrEnd : Expects.ValueOrEnd;
        at++;
      } else if (byte === closeObject || byte === closeList) {
        const mayEnd =
          expects === Expects.CommaOrEnd ||
          (byte === closeObject ? expects === Expects.NameOrEnd : expects === Expects.ValueOrEnd);
        if (!mayEnd || nesting.depth === 0 || nesting.isInObject !== (byte === closeObject)) return "broken";
        nesting.pop();
        at++;
        this.endValue(at);
        expects = this.afterValue();
      } else if (byte === comma) {
        if (expects !== Expects.CommaOrEnd) return "broken";
        expects = nesting.isInObject ? Expects.Name : Expects.Value;
        at++;
      } else if (byte === colon) {
        if (expects !== Expects.Colon) return "broken";
        expects = Expects.Value;
        at++;
      } else if (byte === quote) {
        const isName: boolean = expects === Expects.Name || expects === Expects.NameOrEnd;
        if (!isName && !takesValue) return "broken";
        const end = endOfText(bytes, at + 1);
        if (end === broken) return "broken";
        if (end === open) return "open";
        if (isName) this.takeName(at, end);
        else {
          this.beginValue(at);
          this.endValue(end);
        }
        expects = isName ? Expects.Colon : this.afterValue();
        at = end;
      } else {
        if (!takesValue) return "broken";
        const end = endOfWord(bytes, at);
        const isWhole = end < bytes.length || nesting.depth === 0;
        if (!fits(bytes, at, end, isWhole)) return "broken";
        this.beginValue(at);
        this.endValue(end);
        expects = this.afterValue();
        at = end;
      }
    }
    if (nesting.depth > 0) return "open";
    return expects === Expects.Nothing ? "whole" : "broken";
  }

  private afterValue(): Expects {
    return this.nesting.depth === 0 ? Expects.Nothing : Expects.CommaOrEnd;
  }

  private takeName(start: number, end: number): void {
    if (this.nesting.depth !== 1) return;
    const name =
      end - start <= maxNameBytes
        ? (JSON.parse(this.bytes.toString("utf8", start, end)) as string)
        : undefined;
    this.name = name !== undefined && this.wanted.has(name) ? name : undefined;
    if (this.name === undefined) this.hasOthers = true;
  }

  private beginValue(start: number): void {
    if (this.nesting.depth !== 1 || this.name === undefined) return;
    this.member = { start, end: start, depth: 0 };
  }

  private endValue(end: number): void {
    if (this.nesting.depth !== 1 || !this.member) return;
    this.member.end = end;
    this.members.set(this.name!, this.member);
    this.member = undefined;
    this.name = undefined;
  }
}

/** What is open, outermost first: a bit each. */
class Nesting {
  depth = 0;
  isInObject = false;
  private bits = new Uint8Array(64);

  push(isObject: boolean): void {
    const [at, bit] = [this.depth >> 3, 1 << (this.depth & 7)];
    if (at === this.bits.length) {
      const larger = new Uint8Array(2 * at);
      larger.set(this.bits);
      this.bits = larger;
    }
    if (isObject) this.bits[at]! |= bit;
    else this.bits[at]! &= ~bit;
    this.depth++;
    this.isInObject = isObject;
  }

  pop(): void {
    this.depth--;
    const above = this.depth - 1;
    this.isInObject = above >= 0 && (this.bits[above >> 3]! & (1 << (above & 7))) !== 0;
  }
}

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isHexDigit = (byte: number): boolean =>
  isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
const isEscapable = (byte: number): boolean => '"\\/bfnrt'.includes(String.fromCharCode(byte));

const broken = -1;
const open = -2;

/** Where a string's content ends (after its quote), or `open` where the bytes end first, or `broken`. */
function endOfText(bytes: Buffer, from: number): number {
  const { length } = bytes;
  for (let at = from; at < length; at++) {
    const byte = bytes[at]!;
    if (byte === quote) return at + 1;
    if (byte < 0x20) return broken;
    if (byte !== backslash) continue;
    if (++at === length) return open;
    if (bytes[at] === 0x75 /* u */) {
      for (let digits = 0; digits < hexDigits; digits++) {
        if (++at === length) return open;
        if (!isHexDigit(bytes[at]!)) return broken;
      }
    } else if (!isEscapable(bytes[at]!)) return broken;
  }
  return open;
}

/** Where a number or a word ends. */
function endOfWord(bytes: Buffer, start: number): number {
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (isBlank(byte) || byte === comma || byte === colon || byte === quote) return at;
    if (byte === openList || byte === closeList || byte === openObject || byte === closeObject) return at;
  }
  return bytes.length;
}

/** Whether it is a number or a word, or, where it need not be whole, the beginning of one. */
function fits(bytes: Buffer, start: number, end: number, isWhole: boolean): boolean {
  if (end - start <= maxWordBytes) {
    const word = bytes.toString("latin1", start, end);
    if (words.some((known) => (isWhole ? known === word : known.startsWith(word)))) return true;
  }
  const numberEnd = endOfNumber(bytes, start, end);
  return numberEnd === end || (!isWhole && numberEnd === open);
}

/** Where the number that begins at `start` ends, `open` where more digits must come after `end`, or `broken`. */
function endOfNumber(bytes: Buffer, start: number, end: number): number {
  let at = start;
  const skipDigits = (): number => {
    const from = at;
    while (at < end && isDigit(bytes[at])) at++;
    return at - from;
  };
  const missing = (): number => (at === end ? open : broken);
  if (bytes[at] === minus) at++;
  if (at < end && bytes[at] === 0x30 /* 0 */) at++;
  else if (skipDigits() === 0) return missing();
  if (at < end && bytes[at] === 0x2e /* . */) {
    at++;
    if (skipDigits() === 0) return missing();
  }
  if (at < end && (bytes[at]! | 0x20) === 0x65 /* e */) {
    at++;
    if (at < end && (bytes[at] === 0x2b || bytes[at] === minus)) at++;
    if (skipDigits() === 0) return missing();
  }
  return at;
}
