import type { Fault } from "../runtime/format/scan.js";
import { plural } from "./text.js";

const reasons: Record<Fault["reason"], string> = {
  torn: "The record was cut short while it was written",
  merged: "A record was written into an unfinished one",
  checksum: "The record's bytes changed after it was written",
  "not-json": "The line is not JSON",
  "not-utf8": "The line is not valid UTF-8",
  nul: "The line holds NUL bytes, as a power cut leaves them",
  "too-long": "The line is longer than a record may be",
  "wrong-shape": "The line is JSON, but no record of this file's format",
};

/** Of files with rows, which may take several lines. */
const foreignReasons: Partial<Record<Fault["reason"], string>> = {
  "not-json": "The row is not JSON",
  "wrong-shape": "The row names no item, or is of another shape than the file's rows",
};

/** What happened to a line, as the beginning of a sentence. */
export function faultReason({ reason }: Pick<Fault, "reason">): string {
  return reasons[reason];
}

/**
 * A fault in one sentence: what happened, and what it means for the job's items.
 * @param isForeign the file is another tool's, and only read
 */
export function faultText(fault: Fault, isForeign = false): string {
  if (isForeign) return `${foreignReasons[fault.reason] ?? faultReason(fault)}: it is not counted.`;
  const what = faultReason(fault);
  if (fault.residue) return `${what}: left by a crash that was survived. Nothing finished was lost.`;
  if (fault.salvaged > 0)
    return `${what}. ${plural(fault.salvaged, "whole record")} in it could be saved and still counts.`;
  return `${what}. If it held a finished item, that item will be done again.`;
}
