import type { RepairPlan } from "../runtime/state/repairPlan.js";
import { bytesText, plural } from "./text.js";

/** What a repair would keep, save and drop, a sentence a line. */
export function repairLines(plan: RepairPlan): string[] {
  if (plan.edits.length === 0)
    return [
      "The last record was cut short while it was written.",
      "It gets its newline; no other byte changes.",
    ];
  const lines = [
    `Damaged: ${plural(plan.edits.length, "line")}.`,
    `Kept: ${bytesText(plan.keptBytes)} of ${bytesText(plan.sizeBytes)}.`,
  ];
  if (plan.salvagedRecords > 0)
    lines.push(`Saved out of damaged lines: ${plural(plan.salvagedRecords, "whole record")}.`);
  lines.push(
    `Dropped: ${bytesText(plan.droppedBytes)}. Items that only these bytes held will be done again.`,
  );
  return lines;
}
