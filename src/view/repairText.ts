import { type ItemKey, idText } from "../runtime/format/itemId.js";
import type { ScanSummary } from "../runtime/format/scan.js";
import type { ExpectedWork } from "../runtime/state/expectedWork.js";
import type { RepairEdit, RepairPlan } from "../runtime/state/repairPlan.js";
import { faultReason } from "./faultText.js";
import { t } from "./l10n.js";
import {
  bothText,
  bytesText,
  counted,
  countText,
  itemTimeText,
  plural,
  safeText,
  shortText,
  usdText,
} from "./text.js";

/** What a surface can do with whole records that have no checksum; it names its own way to keep them. */
export interface RepairTextOptions {
  /** Such as "add --salvage-merged"; left out where they are kept already, or nobody can. */
  howToKeepOffered?: string;
}

/** What a bad line is, and what becomes of it, in plain words. */
export function editText(edit: RepairEdit): string {
  const { fault, kept, offered, mayHaveHeld, readsAs, hasMark } = edit;
  const keptBytes = kept.reduce((sum, { start, end }) => sum + end - start, 0);
  const restBytes = fault.lengthBytes - keptBytes;
  const what = hasMark ? t("A byte order mark stands in the middle of the file") : faultReason(fault);
  const parts: string[] = [];
  if (kept.length === 0) parts.push(t("dropped"));
  else {
    parts.push(counted(kept.length, "{0} whole record kept", "{0} whole records kept"));
    if (restBytes > 0) parts.push(t("{0} dropped", bytesText(restBytes)));
  }
  if (fault.residue) parts.push(t("left by a crash that was survived"));
  else if (mayHaveHeld.length > 0) parts.push(t("may have held {0}", namesText(mayHaveHeld, 3)));
  if (readsAs.length > 0)
    parts.push(
      t(
        "it reads as {0}, which another line stands for: it may have been of another item",
        namesText(readsAs, 3),
      ),
    );
  if (offered > 0 && kept.length === 0)
    parts.push(
      counted(
        offered,
        "{0} whole record without a checksum in it",
        "{0} whole records without a checksum in it",
      ),
    );
  return `${what}: ${parts.join("; ")}.`;
}

/** What a repair would keep, save and drop, what that means for the items, and what it leaves; a sentence a line. */
export function repairLines(
  plan: RepairPlan,
  summary: Pick<ScanSummary, "tornTail">,
  options: RepairTextOptions = {},
): string[] {
  if (plan.edits.length === 0) return [...newlineLines(summary), ...otherJobsLines(plan)];
  const lines = [
    t("Damaged: {0}.", plural(plan.edits.length, "line")),
    t("Kept as it is: {0} of {1}.", bytesText(plan.keptBytes), bytesText(plan.sizeBytes)),
  ];
  if (plan.salvagedRecords > 0)
    lines.push(
      t(
        "Saved out of damaged lines: {0}, {1}.",
        plural(plan.salvagedRecords, "whole record"),
        bytesText(plan.salvagedBytes),
      ),
    );
  lines.push(t("Dropped: {0}.", bytesText(plan.droppedBytes)));
  if (plan.addsNewline)
    lines.push(
      summary.tornTail
        ? t("The last record was cut short while it was written; it gets its newline.")
        : t("The last line gets its missing newline."),
    );
  lines.push(...itemLines(plan), ...offeredLines(plan, options), ...otherJobsLines(plan));
  return lines;
}

/** The same in one or two sentences, for where there is no more room. */
export function repairSentence(plan: RepairPlan, summary: Pick<ScanSummary, "tornTail">): string {
  if (plan.edits.length === 0) return newlineLines(summary).join(" ");
  const [damaged, dropped] = [plural(plan.edits.length, "damaged line"), bytesText(plan.droppedBytes)];
  const lost =
    plan.salvagedRecords > 0
      ? t(
          "{0}: {1} dropped, {2} saved out of them.",
          damaged,
          dropped,
          plural(plan.salvagedRecords, "whole record"),
        )
      : t("{0}: {1} dropped.", damaged, dropped);
  return [lost, ...itemLines(plan)].join(" ");
}

function newlineLines({ tornTail }: Pick<ScanSummary, "tornTail">): string[] {
  return [
    tornTail
      ? t(
          "The last line is cut short, as by a kill while it was written: what it was to tell does not count.",
        )
      : t("The last line is whole, but its newline is missing: what is written next would join it."),
    t("It gets its newline; no other byte changes."),
  ];
}

function itemLines({ doneItems, gained, lost, redo }: RepairPlan): string[] {
  const lines: string[] = [];
  const staying = doneItems - lost.length;
  if (lost.length === 0)
    lines.push(
      staying === 0
        ? t("No item counts as done before or after.")
        : counted(
            staying,
            "The {0} item that counts as done stays done.",
            "All {0} items that count as done stay done.",
          ),
    );
  else
    lines.push(
      t(
        "{0} stay done; {1} would no longer count as done: {2}.",
        plural(staying, "item"),
        plural(lost.length, "item"),
        namesText(lost, 5),
      ),
    );
  if (gained.length > 0)
    lines.push(t("Counted as done besides: {0} ({1}).", plural(gained.length, "item"), namesText(gained, 5)));
  const cost = costText(redo);
  if (redo.items > 0)
    lines.push(
      cost === ""
        ? t("May have to be done again: up to {0}.", plural(redo.items, "item"))
        : t("May have to be done again: up to {0}, about {1}.", plural(redo.items, "item"), cost),
    );
  else lines.push(t("Nothing has to be done again because of this."));
  return lines;
}

function offeredLines(plan: RepairPlan, { howToKeepOffered }: RepairTextOptions): string[] {
  if (plan.offeredRecords === 0 || plan.keepsOffered) return [];
  const items = plan.offeredItems;
  const count = plan.offeredRecords;
  const hold =
    items.length === 0
      ? counted(
          count,
          "Damaged lines hold {0} more whole record, without a checksum: nothing but the eye can tell that it is right.",
          "Damaged lines hold {0} more whole records, without a checksum: nothing but the eye can tell that they are right.",
        )
      : counted(
          count,
          "Damaged lines hold {0} more whole record, without a checksum ({1}): nothing but the eye can tell that it is right.",
          "Damaged lines hold {0} more whole records, without a checksum ({1}): nothing but the eye can tell that they are right.",
          namesText(items, 5),
        );
  if (!howToKeepOffered) return [hold];
  return [`${hold} ${counted(count, "To keep it, {1}.", "To keep them, {1}.", howToKeepOffered)}`];
}

function otherJobsLines({ otherJobs }: RepairPlan): string[] {
  return otherJobs.map(({ line, job }) =>
    t(
      "Line {0} begins another job, {1}: two checkpoints are in one file. A repair does not take them apart.",
      countText(line),
      shortText(job, 40),
    ),
  );
}

/** `2 min of item time and $0.04`; empty where nothing is known. */
export function costText({ items, ms, usd }: ExpectedWork): string {
  if (items === 0) return "";
  const parts = [...(ms === null ? [] : [itemTimeText(ms)]), ...(usd === null ? [] : [usdText(usd)])];
  return bothText(parts);
}

/** `item-1, item-2 and 12 more` */
export function namesText(items: readonly ItemKey[], max: number): string {
  const names = items.slice(0, max).map((item) => shortText(safeText(idText(item)), 40));
  return items.length > max
    ? t("{0} and {1} more", names.join(", "), countText(items.length - max))
    : names.join(", ");
}
