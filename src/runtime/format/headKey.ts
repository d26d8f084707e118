/**
 * The id at the beginning of a line, as all writers of records place it, read off the bytes. Most lines of a large
 * checkpoint are nothing else, and `JSON.parse` would keep each of their ids once more, among its own strings.
 */
import type { ItemKey } from "./itemId.js";

export interface HeadKey {
  name: "id" | "item";
  key: ItemKey;
  /** The same object without the id begins with this … */
  before: string;
  /** … and goes on with the line from here, in bytes. */
  end: number;
}

const heads = ['{"id":', '{"id": '].map((text) => Buffer.from(text));
const type = Buffer.from('{"type":"');
const item = Buffer.from('","item":');
const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const maxKindBytes = 20;
const maxIdBytes = 512;

/** Undefined where the line does not begin so, or the id has to be decoded. */
export function headKeyOf(line: Buffer): HeadKey | undefined {
  for (const head of heads) {
    const key = beginsWith(line, head, 0) && line[head.length] === quote ? textAt(line, head.length) : 0;
    if (key > 0) return headKey(line, "id", head.length, key, "{");
  }
  if (!beginsWith(line, type, 0)) return undefined;
  let kindEnd = type.length;
  while (kindEnd < type.length + maxKindBytes && isLetter(line[kindEnd])) kindEnd++;
  const start = kindEnd + item.length;
  const end = beginsWith(line, item, kindEnd) && line[start] === quote ? textAt(line, start) : 0;
  return end > 0 ? headKey(line, "item", start, end, `${line.toString("latin1", 0, kindEnd)}",`) : undefined;
}

function headKey(
  line: Buffer,
  name: HeadKey["name"],
  start: number,
  end: number,
  before: string,
): HeadKey | undefined {
  // A string without escapes is what JSON.stringify would make of it.
  return line[end] === comma
    ? { name, key: line.toString("utf8", start, end) as ItemKey, before, end: end + 1 }
    : undefined;
}

/** Where the string that begins at `start` ends, after its quote; 0 where it has escapes, or what no string may have. */
function textAt(line: Buffer, start: number): number {
  for (let at = start + 1; at < line.length && at < start + maxIdBytes; at++) {
    const byte = line[at]!;
    if (byte === quote) return at + 1;
    if (byte === backslash || byte < 0x20) return 0;
  }
  return 0;
}

function beginsWith(line: Buffer, text: Buffer, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (line[at + i] !== text[i]) return false;
  return true;
}

/** Of a record's kind, as far as that is one with an item. */
const isLetter = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x61 && byte <= 0x7a;
