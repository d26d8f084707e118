/** How a line of the log names its item, `TIME [TAG] TEXT`: by one rule for whoever writes and whoever reads. */
import { createHash } from "node:crypto";
import { type ItemKey, idText } from "../format/itemId.js";
import { redact } from "../redact.js";
import { safeText } from "../safeText.js";

const hashChars = 8;
/** A tag must fit well into what a reader takes of a line. */
const maxTagChars = 200;
/** A string that would read as a tag with a hash, or as one of an id that is no string. */
const ambiguous = new RegExp(`^=|#[\\da-f]{${hashChars}}$`);

/**
 * An id as a person reads it: a string bare, any other as `=1`, for `1` and `"1"` are two items. Where that is not
 * the id itself, because something in it was made visible or taken out, it is long, or another id reads the same, a
 * hash of the id follows, so that no two items share a tag.
 */
export function tagOf(item: ItemKey): string {
  const id = idText(item);
  const shown = cut(safeText(redact(id)).replaceAll("]", String.raw`\u{5d}`));
  const mark = item.startsWith('"') ? "" : "=";
  if (shown === id && !ambiguous.test(id)) return mark + shown;
  return `${mark}${shown}#${createHash("sha256").update(item).digest("hex").slice(0, hashChars)}`;
}

function cut(text: string): string {
  if (text.length <= maxTagChars) return text;
  return `${[...text.slice(0, 2 * maxTagChars)].slice(0, maxTagChars).join("")}…`;
}

/** A run of a job, as its `run-started` record names it. */
export interface LoggedRun {
  run: number;
  /** The lock's token, by which it is told from another run of that number in a checkpoint that is gone. */
  token: string;
}

/** The tag of no item: ids that are no strings are JSON, and this is none. */
const runTag = "=run";

/** The line before the first one of a run. */
export const formatRunLine = (time: string, { run, token }: LoggedRun): string =>
  `${time} [${runTag}] run ${run} writes from here on (${token})`;

/** The run that a line begins; undefined for any other line. */
export function runBegunBy({ tag, text }: { tag: string | null; text: string }): LoggedRun | undefined {
  const found = tag === runTag ? /^run (\d+) .*\((\S+)\)$/.exec(text) : null;
  return found ? { run: Number(found[1]), token: found[2]! } : undefined;
}

/** The beginning of a line: `TIME [TAG] `, or `TIME ` alone. */
const head = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (?:\[([^\]]*)\] )?/;

/** A line's parts; undefined for a line that nobody here wrote. */
export function parseLogLine(line: string): { time: string; tag: string | null; text: string } | undefined {
  const found = head.exec(line);
  if (!found) return undefined;
  return { time: found[1]!, tag: found[2] ?? null, text: line.slice(found[0].length) };
}

/** A line without its newline; `text` is one line, and already safe. */
export function formatLogLine(time: string, item: ItemKey | null, text: string): string {
  if (item !== null) return `${time} [${tagOf(item)}] ${text}`;
  // A line of nobody's must not pass for an item's.
  return `${time} ${text.startsWith("[") ? `\\u{5b}${text.slice(1)}` : text}`;
}
