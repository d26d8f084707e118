import { parseLine } from "./parseLine.js";
import { type CheckpointRecord, checksumTailBytes, verifyChecksum } from "./record.js";

export interface Salvaged {
  record: CheckpointRecord;
  /** Byte range inside the line. */
  start: number;
  end: number;
}

/** Looking at more bytes than this in one damaged line, counting repeats, is left to the person. */
const maxSearchBytes = 64 * 1024 * 1024;
const mark = Buffer.from(',"c":"');
const begin = Buffer.from('{"');

/**
 * Finds whole records inside a bad line, by their checksums alone: records that a torn one was merged with. An
 * object that may be nested in another record's result is none, even where it has a valid checksum of its own:
 * it would mark the wrong item as done.
 */
export function salvage(line: Buffer): Salvaged[] {
  const found: Salvaged[] = [];
  let from = 0; // where the last found record ended
  let first = line.indexOf(begin); // looked for once, and not for every mark that has none before it
  let searchedBytes = 0;
  for (let at = line.indexOf(mark); at !== -1; at = line.indexOf(mark, at + 1)) {
    const end = at + checksumTailBytes;
    if (end > line.length) break;
    if (line[end - 1] !== 0x7d /* } */) continue;
    // The longest candidate first: a record that holds others must win over what it holds.
    for (let start = first; start !== -1 && start < at; start = line.indexOf(begin, start + 1)) {
      searchedBytes += end - from;
      if (searchedBytes > maxSearchBytes) return found;
      if (mayBeNested(line, start)) continue;
      const candidate = line.subarray(start, end);
      if (verifyChecksum(candidate) !== "verified") continue;
      const parsed = parseLine(candidate);
      if (!("record" in parsed) || parsed.format !== "agent-jobs") continue;
      if (end < line.length && !mayFollow(line, end)) continue;
      found.push({ record: parsed.record, start, end });
      from = end;
      first = line.indexOf(begin, from);
      break;
    }
  }
  return found;
}

/**
 * Whether an object may be a value of another one: it stands where a value can. Judged by the one byte before it,
 * since in a damaged line nobody can say what is inside a string and what is not.
 */
export function mayBeNested(line: Buffer, start: number): boolean {
  let before = start - 1;
  while (before >= 0 && isBlank(line[before]!)) before--;
  return before >= 0 && [0x3a /* : */, 0x2c /* , */, 0x5b /* [ */].includes(line[before]!);
}

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;

/** What follows a record that was not nested: the next record, or a fragment of one. */
function mayFollow(line: Buffer, end: number): boolean {
  const next = line[end];
  return next !== 0x2c /* , */ && next !== 0x7d /* } */ && next !== 0x5d /* ] */;
}

/** Whether a bad line ends or begins with a whole record of a format without checksums: a person must decide on it. */
export function hidesForeignRecord(line: Buffer): boolean {
  for (const start of ['{"id"', '{"turn"', '{"completed_items"']) {
    const at = line.lastIndexOf(start);
    if (at > 0 && !mayBeNested(line, at) && "record" in parseLine(line.subarray(at))) return true;
  }
  const joint = line.indexOf("}{");
  return joint !== -1 && "record" in parseLine(line.subarray(0, joint + 1));
}
