import type { Fault } from "../runtime/format/scan.js";
import { t } from "./l10n.js";
import { counted } from "./text.js";

const reasons: Record<Fault["reason"], () => string> = {
  torn: () => t("The record was cut short while it was written"),
  merged: () => t("A record was written into an unfinished one"),
  checksum: () => t("The record's bytes changed after it was written"),
  "not-json": () => t("The line is not JSON"),
  "not-utf8": () => t("The line is not valid UTF-8"),
  nul: () => t("The line holds NUL bytes, as a power cut leaves them"),
  "too-long": () => t("The line is longer than a record may be"),
  "wrong-shape": () => t("The line is JSON, but no record of this file's format"),
};

/** Of files with rows, which may take several lines. */
const foreignReasons: Partial<Record<Fault["reason"], () => string>> = {
  "not-json": () => t("The row is not JSON"),
  "wrong-shape": () => t("The row names no item, or is of another shape than the file's rows"),
};

/** What happened to a line, as the beginning of a sentence. */
export function faultReason({ reason }: Pick<Fault, "reason">): string {
  return reasons[reason]();
}

/**
 * A fault in one sentence: what happened, and what it means for the job's items.
 * @param isForeign the file is another tool's, and only read
 */
export function faultText(fault: Fault, isForeign = false): string {
  if (isForeign) return t("{0}: it is not counted.", foreignReasons[fault.reason]?.() ?? faultReason(fault));
  const what = faultReason(fault);
  if (fault.residue) return t("{0}: left by a crash that was survived. Nothing finished was lost.", what);
  if (fault.salvaged > 0)
    return counted(
      fault.salvaged,
      "{1}. {0} whole record in it could be saved and still counts.",
      "{1}. {0} whole records in it could be saved and still counts.",
      what,
    );
  if (fault.keepsNoWork) return t("{0}. It kept no item's work: nothing has to be done again.", what);
  return t("{0}. If it held a finished item, that item will be done again.", what);
}
