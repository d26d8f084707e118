/** What can be read in a damaged line without a checksum: material for a person to decide on, never taken silently. */
import { type ItemKey, keyOf } from "./itemId.js";
import { parseLine } from "./parseLine.js";
import { mayBeNested, type Salvaged } from "./salvage.js";

const beginnings = ['{"id"', '{"turn"', '{"completed_items"'].map((text) => Buffer.from(text));
const closing = 0x7d; // }

/**
 * Whole records without checksums that a damaged line holds: merged with a torn one, or with each other. Each
 * reaches from where a record may begin to the last brace before the next such place.
 * @param taken ranges that were found by their checksums, in order: what overlaps them is not looked at
 */
export function foreignParts(
  line: Buffer,
  taken: readonly { start: number; end: number }[] = [],
): Salvaged[] {
  const starts = beginnings
    .flatMap((begin) => placesOf(line, begin))
    .filter(
      (start) => !mayBeNested(line, start) && !taken.some((one) => start >= one.start && start < one.end),
    )
    .sort((a, b) => a - b);
  const found: Salvaged[] = [];
  for (const [i, start] of starts.entries()) {
    const limit = Math.min(
      starts[i + 1] ?? line.length,
      taken.find((one) => one.start > start)?.start ?? line.length,
    );
    const end = line.subarray(0, limit).lastIndexOf(closing) + 1;
    if (end <= start) continue;
    const parsed = parseLine(line.subarray(start, end));
    if ("record" in parsed && parsed.format !== "agent-jobs")
      found.push({ record: parsed.record, start, end });
  }
  return found;
}

/** More places than this in one line are no accident of two writers. */
const maxPlaces = 10_000;

function placesOf(line: Buffer, text: Buffer): number[] {
  const places: number[] = [];
  for (let at = line.indexOf(text); at !== -1 && places.length < maxPlaces; at = line.indexOf(text, at + 1))
    places.push(at);
  return places;
}

/** Only so much of a damaged line is searched for ids. */
const maxHintBytes = 64 * 1024;
const idMember = /\{\s*"id"\s*:\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+))(?=\s*[,}])/g;

/**
 * Ids of finished items that can be read in damaged bytes. A hint only: the bytes are damaged, and so may these be.
 */
export function readableIds(bytes: Buffer): ItemKey[] {
  const text = bytes.toString("utf8", 0, maxHintBytes);
  const ids = new Set<ItemKey>();
  for (const match of text.matchAll(idMember)) {
    const isNested = /[:,[]\s*$/.test(text.slice(Math.max(0, match.index - 4), match.index));
    const key = isNested || match[0].includes("\ufffd") ? undefined : keyOfText(match[1], match[2]);
    if (key !== undefined) ids.add(key);
  }
  return [...ids];
}

function keyOfText(string: string | undefined, number: string | undefined): ItemKey | undefined {
  if (string === undefined) return number as ItemKey | undefined;
  try {
    return keyOf(JSON.parse(string) as string);
  } catch {
    return undefined;
  }
}

/**
 * Whether damaged bytes are those of a record that finishes no item, as far as its beginning tells. Zeros may be all that
 * is left of the records behind it.
 */
export function finishesNothing(bytes: Buffer): boolean {
  return bytes.toString("latin1", 0, 9) === '{"type":"' && !bytes.includes(0);
}

/** Kinds of records for want of which nothing is done again: not steps and what measurements keep, which are results. */
const workless =
  /^\{"type":"(job|run-started|run-ended|run-lost|input|started|failed|progress|waiting|pace|write-error)"/;
const maxBeginningBytes = 32;

/** Whether damaged bytes begin as a record that keeps no finished work. */
export function keepsNoWork(bytes: Buffer): boolean {
  return workless.test(bytes.toString("latin1", 0, maxBeginningBytes));
}
