import { type ItemKey, idText } from "../runtime/format/itemId.js";
import type { ScanSummary } from "../runtime/format/scan.js";
import type { ExpectedWork } from "../runtime/state/expectedWork.js";
import type { RepairEdit, RepairPlan } from "../runtime/state/repairPlan.js";
import { faultReason } from "./faultText.js";
import { bytesText, countText, durationText, plural, safeText, shortText, usdText } from "./text.js";

/** What a surface can do with whole records that have no checksum; it names its own way to keep them. */
export interface RepairTextOptions {
  /** Such as "add --salvage-merged"; left out where they are kept already, or nobody can. */
  howToKeepOffered?: string;
}

/** What a bad line is, and what becomes of it, in plain words. */
export function editText(edit: RepairEdit): string {
  const { fault, kept, offered, mayHaveHeld, hasMark } = edit;
  const keptBytes = kept.reduce((sum, { start, end }) => sum + end - start, 0);
  const restBytes = fault.lengthBytes - keptBytes;
  const what = hasMark ? "A byte order mark stands in the middle of the file" : faultReason(fault);
  const parts: string[] = [];
  if (kept.length === 0) parts.push(`dropped, ${bytesText(fault.lengthBytes)}`);
  else {
    parts.push(`${plural(kept.length, "whole record")} kept`);
    if (restBytes > 0) parts.push(`${bytesText(restBytes)} dropped`);
  }
  if (fault.residue) parts.push("left by a crash that was survived");
  else if (mayHaveHeld.length > 0) parts.push(`may have held ${namesText(mayHaveHeld, 3)}`);
  if (offered > 0 && kept.length === 0)
    parts.push(`${plural(offered, "whole record")} without a checksum in it`);
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
    `Damaged: ${plural(plan.edits.length, "line")}.`,
    `Kept as it is: ${bytesText(plan.keptBytes)} of ${bytesText(plan.sizeBytes)}.`,
  ];
  if (plan.salvagedRecords > 0)
    lines.push(
      `Saved out of damaged lines: ${plural(plan.salvagedRecords, "whole record")}, ${bytesText(plan.salvagedBytes)}.`,
    );
  lines.push(`Dropped: ${bytesText(plan.droppedBytes)}.`);
  if (plan.addsNewline)
    lines.push(
      summary.tornTail
        ? "The last record was cut short while it was written; it gets its newline."
        : "The last line gets its missing newline.",
    );
  lines.push(...itemLines(plan), ...offeredLines(plan, options), ...otherJobsLines(plan));
  return lines;
}

/** The same in one or two sentences, for where there is no more room. */
export function repairSentence(plan: RepairPlan, summary: Pick<ScanSummary, "tornTail">): string {
  if (plan.edits.length === 0) return newlineLines(summary).join(" ");
  const saved =
    plan.salvagedRecords > 0 ? `, ${plural(plan.salvagedRecords, "whole record")} saved out of them` : "";
  const lost = `${plural(plan.edits.length, "damaged line")}: ${bytesText(plan.droppedBytes)} dropped${saved}.`;
  return [lost, ...itemLines(plan)].join(" ");
}

function newlineLines({ tornTail }: Pick<ScanSummary, "tornTail">): string[] {
  return [
    tornTail
      ? "The last record was cut short while it was written; nothing finished was lost."
      : "The last line is whole, but its newline is missing: what is written next would join it.",
    "It gets its newline; no other byte changes.",
  ];
}

function itemLines({ doneItems, gained, lost, redo }: RepairPlan): string[] {
  const lines: string[] = [];
  const staying = doneItems - lost.length;
  if (lost.length === 0)
    lines.push(
      staying === 0
        ? "No item counts as done before or after."
        : `${staying === 1 ? "The 1 item" : `All ${countText(staying)} items`} that ${staying === 1 ? "counts" : "count"} as done ${staying === 1 ? "stays" : "stay"} done.`,
    );
  else
    lines.push(
      `${plural(staying, "item")} stay done; ${plural(lost.length, "item")} would no longer count as done: ${namesText(lost, 5)}.`,
    );
  if (gained.length > 0)
    lines.push(`Counted as done besides: ${plural(gained.length, "item")} (${namesText(gained, 5)}).`);
  const cost = costText(redo);
  if (redo.items > 0)
    lines.push(
      `May have to be done again: up to ${plural(redo.items, "item")}${cost === "" ? "" : `, about ${cost}`}.`,
    );
  else lines.push("Nothing has to be done again because of this.");
  return lines;
}

function offeredLines(plan: RepairPlan, { howToKeepOffered }: RepairTextOptions): string[] {
  if (plan.offeredRecords === 0 || plan.keepsOffered) return [];
  const items = plan.offeredItems;
  const would = items.length > 0 ? ` (${namesText(items, 5)})` : "";
  const how = howToKeepOffered
    ? ` To keep ${plan.offeredRecords === 1 ? "it" : "them"}, ${howToKeepOffered}.`
    : "";
  return [
    `Damaged lines hold ${plural(plan.offeredRecords, "more whole record")}, without a checksum${would}: nothing but the eye can tell that ${plan.offeredRecords === 1 ? "it is" : "they are"} right.${how}`,
  ];
}

function otherJobsLines({ otherJobs }: RepairPlan): string[] {
  return otherJobs.map(
    ({ line, job }) =>
      `Line ${countText(line)} begins another job, ${shortText(job, 40)}: two checkpoints are in one file. A repair does not take them apart.`,
  );
}

/** `2 min of work and $0.04`; empty where nothing is known. */
export function costText({ items, ms, usd }: ExpectedWork): string {
  if (items === 0) return "";
  const parts = [
    ...(ms === null ? [] : [`${durationText(ms)} of work`]),
    ...(usd === null ? [] : [usdText(usd)]),
  ];
  return parts.join(" and ");
}

/** `item-1, item-2 and 12 more` */
export function namesText(items: readonly ItemKey[], max: number): string {
  const names = items.slice(0, max).map((item) => shortText(safeText(idText(item)), 40));
  return items.length > max
    ? `${names.join(", ")} and ${countText(items.length - max)} more`
    : names.join(", ");
}
