import { isMembers, type Members } from "./row.js";

/** The first JSON object of a text. */
export interface Beginning {
  members: Members;
  /** False where the text ends before the object does: members at its end are missing. */
  isWhole: boolean;
}

/**
 * What the beginning of a file holds of its first JSON object, as much of it as is there; undefined where it begins
 * with anything else. Linear; never throws.
 */
export function beginningOf(text: string): Beginning | undefined {
  const start = text.search(/\S/);
  if (start === -1 || text[start] !== "{") return undefined;
  /** What closes the lists and objects that are open, outermost first. */
  const open: string[] = [];
  /** Up to where the text can be cut and closed: behind a value, or behind an opening bracket. */
  let safe = { end: start, closing: "" };
  let isInString = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at]!;
    if (isInString) {
      if (char === "\\") at++;
      else if (char === '"') isInString = false;
      continue;
    }
    if (char === '"') isInString = true;
    else if (char === "{" || char === "[") {
      open.push(char === "{" ? "}" : "]");
      if (open.length <= maxDepth) safe = { end: at + 1, closing: closingOf(open) };
    } else if (char === "}" || char === "]") {
      open.pop();
      if (open.length === 0) return made(text.slice(start, at + 1), true);
      if (open.length <= maxDepth) safe = { end: at + 1, closing: closingOf(open) };
    } else if (char === "," && open.length <= maxDepth) safe = { end: at, closing: closingOf(open) };
  }
  return made(text.slice(start, safe.end) + safe.closing, false);
}

/** What tells a kind is not nested deeper. */
const maxDepth = 32;
const closingOf = (open: readonly string[]): string => [...open].reverse().join("");

function made(text: string, isWhole: boolean): Beginning | undefined {
  try {
    const members: unknown = JSON.parse(text);
    return isMembers(members) ? { members, isWhole } : undefined;
  } catch {
    return undefined;
  }
}
