import type { ItemKey } from "../format/itemId.js";
import type { Salvaged } from "../format/salvage.js";
import type { Fault, ScanSummary } from "../format/scan.js";
import { type ExpectedWork, expectWork } from "./expectedWork.js";
import type { JobState } from "./jobState.js";

export interface ByteRange {
  start: number;
  end: number;
}

/** A bad line, and all that can be read in it. */
export interface FoundFault {
  fault: Fault;
  /** Whole records found by their checksums: they count already, and are always kept. */
  salvaged: readonly Salvaged[];
  /** Whole records without a checksum: kept where the person says so. */
  offered?: readonly Salvaged[];
  /** Ids of finished items that can be read in what is left of it, as a hint. */
  readable?: readonly ItemKey[];
  /**
   * Where in it each part begins, beside whole records, of which nobody can tell which item it was of, nor that it finished none. Left out:
   * all of it is such a part where no id can be read in it.
   */
  untold?: readonly number[];
  /** It begins with a byte order mark. */
  hasMark?: boolean;
}

/** What becomes of one bad line. */
export interface RepairEdit {
  fault: Fault;
  /** Whole records inside the line that are kept, as byte ranges of the line; empty where it is dropped whole. */
  kept: ByteRange[];
  /** How many whole records without a checksum are in it, kept or not. */
  offered: number;
  /** Items that are not done, and that what is dropped may have finished: a hint. */
  mayHaveHeld: ItemKey[];
  /** Ids read in changed bytes that another line stands for: the line was as likely of an item that cannot be read. */
  readsAs: ItemKey[];
  hasMark: boolean;
}

/** What a repair would do to a file, before anything is done. Pure data. */
export interface RepairPlan {
  /** In the order of the file; empty where nothing needs doing. */
  edits: RepairEdit[];
  /** Adds the missing newline at the end: the whole repair of a torn tail. */
  addsNewline: boolean;
  sizeBytes: number;
  /** Of lines that stay as they are. */
  keptBytes: number;
  /** Of whole records that are taken out of bad lines. */
  salvagedBytes: number;
  droppedBytes: number;
  salvagedRecords: number;
  /** Whole records without a checksum in bad lines, and whether they are among the salvaged. */
  offeredRecords: number;
  keepsOffered: boolean;
  /** How many items count as done as the file is. */
  doneItems: number;
  /** Items that count as done after the repair and not before, and the other way round. */
  gained: ItemKey[];
  lost: ItemKey[];
  /** Items that would be gained if what is offered were kept. */
  offeredItems: ItemKey[];
  /** Items that are not done, and that dropped bytes may have finished: a hint. */
  mayHaveHeld: ItemKey[];
  /** Dropped parts of lines, most of them whole ones, of which nobody can say which item they were of. */
  unreadableLines: number;
  /** What the items that may have to be done again would take. */
  redo: ExpectedWork;
  /** Headers of another job in the middle: two checkpoints in one file, which no repair takes apart. */
  otherJobs: { line: number; job: string }[];
}

export interface RepairInput {
  summary: ScanSummary;
  /** All faults of the file, in its order. */
  faults: readonly FoundFault[];
  sizeBytes: number;
  /** What the file says as it is. */
  state?: JobState;
  /** Where the last whole line with a record begins. */
  lastRecordOffsetBytes?: number;
  otherJobs?: { line: number; job: string }[];
}

export interface RepairChoices {
  /** Only these lines, counted from 1; left out: all of them. */
  lines?: ReadonlySet<number>;
  /** Keep merged records without a checksum: nothing but a person's eye says that they are whole. */
  salvageMerged?: boolean;
}

/**
 * Plans the smallest repair. Where the file is not damaged, a torn tail gets its newline and residue stays.
 * Where it is, every bad line goes; the records found in them stay.
 */
export function planRepair(
  input: RepairInput,
  { lines, salvageMerged = false }: RepairChoices = {},
): RepairPlan {
  const { summary, faults, sizeBytes, state } = input;
  const chosen = lines
    ? faults.filter(({ fault }) => lines.has(fault.line))
    : summary.damageCount > 0
      ? faults
      : [];
  const offeredItems = itemsGainedBy(chosen, input);
  const isDone = (item: ItemKey) =>
    state?.done.has(item) === true || (salvageMerged && offeredItems.gained.has(item));
  const plan: RepairPlan = {
    ...{ edits: [], addsNewline: summary.openTail && (!lines || lines.has(summary.lines)), sizeBytes },
    ...{ keptBytes: sizeBytes, salvagedBytes: 0, droppedBytes: 0, salvagedRecords: 0 },
    ...{ offeredRecords: 0, keepsOffered: salvageMerged, mayHaveHeld: [], unreadableLines: 0 },
    doneItems: state?.done.size ?? 0,
    gained: salvageMerged ? [...offeredItems.gained] : [],
    lost: salvageMerged ? offeredItems.lost : [],
    offeredItems: [...offeredItems.gained],
    redo: { items: 0, usd: null, ms: null },
    otherJobs: input.otherJobs ?? [],
  };
  const mayHaveHeld = new Set<ItemKey>();
  for (const found of chosen) {
    const isTaken = (item: ItemKey) => isDone(item) || mayHaveHeld.has(item);
    const edit = editOf(found, salvageMerged, isDone, isTaken);
    plan.edits.push(edit);
    const { fault, offered = [] } = found;
    plan.salvagedRecords += edit.kept.length;
    plan.offeredRecords += offered.length;
    for (const item of edit.mayHaveHeld) mayHaveHeld.add(item);
    // A later line of agent-resume says all that an earlier one said.
    const isSuperseded =
      summary.format === "agent-resume" && fault.offsetBytes < (input.lastRecordOffsetBytes ?? -1);
    if (!fault.residue && !isSuperseded) plan.unreadableLines += untoldIn(found, edit, summary);
  }
  for (const { kind, start, end } of segmentsOf(plan)) {
    if (kind === "kept") continue;
    plan[kind === "salvaged" ? "salvagedBytes" : "droppedBytes"] += end - start;
    plan.keptBytes -= end - start;
  }
  plan.mayHaveHeld = [...mayHaveHeld];
  plan.redo = expectWork(state, plan.mayHaveHeld.length + plan.unreadableLines, plan.gained.length);
  return plan;
}

/** How many parts of a line may each have finished an item that cannot be named. */
function untoldIn(
  { readable = [], untold = readable.length > 0 ? [] : [0] }: FoundFault,
  { kept, readsAs }: RepairEdit,
  { format }: Pick<ScanSummary, "format">,
): number {
  // What comes later says all that an earlier line of agent-resume said.
  const isSaidLater = (start: number) => format === "agent-resume" && kept.some((one) => one.start >= start);
  const parts = untold.filter((start) => !isSaidLater(start)).length;
  return parts === 0 && readable.length > 0 && readable.length === readsAs.length ? 1 : parts;
}

/** Faults of bytes that changed after they were written: an id among them may have been another. A torn line's are as written. */
const changedBytes: ReadonlySet<Fault["reason"]> = new Set(["checksum", "not-json", "not-utf8"]);

/** @param isTaken another line stands for the item, done or damaged */
function editOf(
  found: FoundFault,
  salvageMerged: boolean,
  isDone: (item: ItemKey) => boolean,
  isTaken: (item: ItemKey) => boolean,
): RepairEdit {
  const { fault, salvaged, offered = [], readable = [], hasMark = false } = found;
  const kept = [...salvaged, ...(salvageMerged ? offered : [])].sort((a, b) => a.start - b.start);
  return {
    fault,
    kept: kept.map(({ start, end }) => ({ start, end })),
    offered: offered.length,
    // What a survived crash left was never finished, and is done again anyway.
    mayHaveHeld: fault.residue ? [] : readable.filter((item) => !isDone(item)),
    readsAs: !fault.residue && changedBytes.has(fault.reason) ? readable.filter(isTaken) : [],
    hasMark,
  };
}

/** What keeping the offered records would change: they join the done items, or, in F2, replace them if they come last. */
function itemsGainedBy(
  chosen: readonly FoundFault[],
  { summary, state, lastRecordOffsetBytes = -1 }: RepairInput,
): { gained: Set<ItemKey>; lost: ItemKey[] } {
  const done = state?.done ?? new Set<ItemKey>();
  const gained = new Set<ItemKey>();
  let lost: ItemKey[] = [];
  const add = (items: Iterable<ItemKey>) => {
    for (const item of items) if (!done.has(item)) gained.add(item);
  };
  for (const { fault, offered = [] } of chosen)
    for (const { record } of offered) {
      if (record.type === "done") add([record.item]);
      else if (record.type === "snapshot" && fault.offsetBytes > lastRecordOffsetBytes) {
        const items = new Set(record.items);
        gained.clear();
        add(items);
        lost = [...done].filter((item) => !items.has(item));
      }
    }
  // The tail of an F2 file, whole without its newline, is a later line than any fault.
  return summary.format === "unknown" ? { gained: new Set(), lost: [] } : { gained, lost };
}

export interface Segment extends ByteRange {
  kind: "kept" | "salvaged" | "dropped";
  /** A newline follows it in the repaired file that does not in the original. */
  addsNewline: boolean;
}

/** The original's bytes from the first to the last, each in one segment. */
export function* segmentsOf(
  plan: Pick<RepairPlan, "edits" | "addsNewline" | "sizeBytes">,
): Generator<Segment> {
  const segment = (kind: Segment["kind"], start: number, end: number, addsNewline = false) => ({
    ...{ kind, start, end, addsNewline },
  });
  let at = 0;
  for (const { fault, kept } of plan.edits) {
    const { offsetBytes, lengthBytes } = fault;
    if (offsetBytes > at) yield segment("kept", at, offsetBytes);
    const lineEnd = Math.min(offsetBytes + lengthBytes + 1, plan.sizeBytes);
    at = offsetBytes;
    for (const { start, end } of kept) {
      if (offsetBytes + start > at) yield segment("dropped", at, offsetBytes + start);
      at = offsetBytes + end;
      if (at === lineEnd - 1) at = lineEnd; // its own newline
      yield segment("salvaged", offsetBytes + start, at, at !== lineEnd);
    }
    if (lineEnd > at) yield segment("dropped", at, lineEnd);
    at = lineEnd;
  }
  if (plan.sizeBytes > at) yield segment("kept", at, plan.sizeBytes, plan.addsNewline);
}

/** The file as it would be: for what is small enough to be looked at. */
export function repairedBytes(original: Buffer, plan: RepairPlan): Buffer {
  const parts: Buffer[] = [];
  for (const { kind, start, end, addsNewline } of segmentsOf(plan)) {
    if (kind === "dropped") continue;
    parts.push(original.subarray(start, end));
    if (addsNewline) parts.push(Buffer.from("\n"));
  }
  return Buffer.concat(parts);
}

/** Whether a plan changes any byte. */
export function changesFile(plan: RepairPlan): boolean {
  return plan.edits.length > 0 || plan.addsNewline;
}
