import type { Salvaged } from "../format/salvage.js";
import type { Fault, ScanSummary } from "../format/scan.js";

/** What becomes of one bad line. */
export interface RepairEdit {
  fault: Fault;
  /** Whole records inside the line that are kept, as byte ranges of the line; empty where it is dropped whole. */
  kept: { start: number; end: number }[];
}

/** What a repair would do to a file, before anything is done. Pure data. */
export interface RepairPlan {
  /** In the order of the file; empty where nothing needs doing. */
  edits: RepairEdit[];
  /** Adds the missing newline at the end: the whole repair of a torn tail. */
  addsNewline: boolean;
  sizeBytes: number;
  keptBytes: number;
  droppedBytes: number;
  salvagedRecords: number;
}

export interface RepairInput {
  summary: ScanSummary;
  /** All faults of the file, with what was found in each. */
  faults: { fault: Fault; salvaged: readonly Salvaged[] }[];
  sizeBytes: number;
  /** Only the faults of these lines, counted from 1; left out: all of them. */
  lines?: ReadonlySet<number>;
}

/**
 * Plans the smallest repair. Where the file is not damaged, a torn tail gets its newline and residue stays.
 * Where it is, every bad line goes; the records found in them stay.
 */
export function planRepair({ summary, faults, sizeBytes, lines }: RepairInput): RepairPlan {
  const chosen = lines
    ? faults.filter(({ fault }) => lines.has(fault.line))
    : summary.damageCount > 0
      ? faults
      : [];
  const edits = chosen.map(({ fault, salvaged }) => ({
    fault,
    kept: salvaged.map(({ start, end }) => ({ start, end })),
  }));
  let droppedBytes = 0;
  let salvagedRecords = 0;
  for (const { fault, kept } of edits) {
    droppedBytes += fault.lengthBytes;
    for (const { start, end } of kept) droppedBytes -= end - start;
    salvagedRecords += kept.length;
  }
  return {
    edits,
    addsNewline: summary.openTail,
    sizeBytes,
    keptBytes: sizeBytes - droppedBytes,
    droppedBytes,
    salvagedRecords,
  };
}

/** Whether a plan changes any byte. */
export function changesFile(plan: RepairPlan): boolean {
  return plan.edits.length > 0 || plan.addsNewline;
}
