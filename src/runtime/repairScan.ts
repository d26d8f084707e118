/** Looks at damaged checkpoints: what a repair of them would do. Changes nothing. */
import { formatVersion } from "./config.js";
import { AgentJobsError } from "./errors.js";
import { finishesNothing, foreignParts, readableIds } from "./format/foreignParts.js";
import type { CheckpointRecord } from "./format/record.js";
import type { Salvaged } from "./format/salvage.js";
import { CheckpointScanner, type Fault, type ScanSummary } from "./format/scan.js";
import { applyRecord } from "./state/fold.js";
import { createJobState, type JobState } from "./state/jobState.js";
import {
  type ByteRange,
  type FoundFault,
  planRepair,
  type RepairChoices,
  type RepairInput,
  type RepairPlan,
} from "./state/repairPlan.js";
import { eventsPathOf } from "./store/follow.js";
import { type ReadWatch, readChunks } from "./store/readChunks.js";
import { refuseForeign } from "./store/refuseForeign.js";
import { exists, type FileIdentity, identify } from "./store/replaceFile.js";

/** A plan, and the file that it is of as it was then. */
export interface PlannedRepair {
  path: string;
  plan: RepairPlan;
  summary: ScanSummary;
  identity: FileIdentity;
  /** What was found, to plan again with other choices. */
  input: RepairInput;
}

/** How a long repair is watched and ended: then the file stays as it was, and nothing is left beside it. */
export type RepairWatch = ReadWatch;

/**
 * Looks at a file and plans its repair. Changes nothing. Reads in constant memory, besides the ids of finished
 * items and what is known of each bad line.
 * @throws AgentJobsError AJ_UNKNOWN_FORMAT for a file of no known format, AJ_FOREIGN for another tool's, AJ_NEWER_FORMAT, AJ_NOT_A_FILE, AJ_READ;
 *   the signal's reason
 */
export async function planRepairOf(
  path: string,
  options: RepairChoices & RepairWatch = {},
): Promise<PlannedRepair> {
  await refuseForeign(path, "repair");
  const identity = await identify(path);
  const { sizeBytes } = identity;
  const faults: FoundFault[] = [];
  const state = createJobState();
  const otherJobs: RepairInput["otherJobs"] = [];
  let lastRecordOffsetBytes = -1;
  const scanner = new CheckpointScanner(undefined, (fault, salvaged, line) =>
    faults.push(lookInto(fault, salvaged, line)),
  );
  const take = (record: CheckpointRecord, line: number, offsetBytes: number) => {
    if (record.type === "job" && state.job !== null && record.job !== state.job && otherJobs.length < 10)
      otherJobs.push({ line, job: record.job });
    lastRecordOffsetBytes = offsetBytes;
    applyRecord(state, record);
  };
  for await (const chunk of readChunks(path, identity, options))
    for (const { record, line, offsetBytes } of scanner.push(chunk)) take(record, line, offsetBytes);
  const tail = scanner.tailRecord();
  if (tail) take(tail.record, tail.line, tail.offsetBytes);
  const summary = scanner.summary();
  refuseUnfit(path, summary, state);
  if (summary.format !== "agent-jobs") await addEvents(path, state);
  const pending = scanner.pendingFaults();
  const isOfFormat = ({ record }: Salvaged) =>
    (record.type === "snapshot") === (summary.format === "agent-resume");
  for (const found of faults) {
    if (pending.has(found.fault)) found.fault = { ...found.fault, residue: true };
    if (found.offered) found.offered = found.offered.filter(isOfFormat);
  }
  const input = { summary, faults, sizeBytes, state, lastRecordOffsetBytes, otherJobs };
  return { path, plan: planRepair(input, options), summary, identity, input };
}

/** The same file's plan with other choices, without reading it again. */
export function replanned(planned: PlannedRepair, choices: RepairChoices): PlannedRepair {
  return { ...planned, plan: planRepair(planned.input, choices) };
}

function lookInto(fault: Fault, salvaged: readonly Salvaged[], line: Buffer | null): FoundFault {
  if (line === null) return { fault, salvaged };
  const withLineEnd = (one: Salvaged) => (isBlank(line, one.end) ? { ...one, end: line.length } : one);
  const found: FoundFault = { fault, salvaged: salvaged.map(withLineEnd) };
  // A record whose bytes changed, or that is none, holds nothing that could be taken for whole.
  if (fault.reason !== "checksum" && fault.reason !== "wrong-shape")
    found.offered = foreignParts(line, salvaged).map(withLineEnd);
  // What was found whole says nothing of the rest, which may have been of another item.
  const rest = Buffer.from(line);
  for (const { start, end } of salvaged) rest.fill(" ", start, end);
  found.readable = readableIds(rest);
  const whole = [...salvaged, ...(found.offered ?? [])];
  found.untold = [...partsBeside(line, whole)]
    .filter((part) => tellsNothing(line, part))
    .map(({ start }) => start);
  found.hasMark = line.length >= 3 && line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf;
  return found;
}

/** What lies before, between and after whole records of a line. */
function* partsBeside(line: Buffer, whole: readonly ByteRange[]): Generator<ByteRange> {
  let start = 0;
  for (const one of [...whole].sort((a, b) => a.start - b.start)) {
    if (one.start > start) yield { start, end: one.start };
    start = one.end;
  }
  if (line.length > start) yield { start, end: line.length };
}

const mark = Buffer.from("\ufeff");

/** Whether a part of a damaged line may have been of an item that nobody can name. */
function tellsNothing(line: Buffer, { start, end }: ByteRange): boolean {
  let from = start;
  while (from < end && isBlankByte(line[from])) from++;
  const part = line.subarray(from, end);
  return part.length > 0 && !part.equals(mark) && readableIds(part).length === 0 && !finishesNothing(part);
}

/** Whether a line holds nothing from a place on: a record that ends there keeps the line's end, a CR included. */
function isBlank(line: Buffer, from: number): boolean {
  for (let at = from; at < line.length; at++) if (!isBlankByte(line[at])) return false;
  return true;
}

const isBlankByte = (byte: number | undefined): boolean => byte === 0x0d || byte === 0x20 || byte === 0x09;

/** What items of a foreign file took is in its events: the expected work is judged by it. */
async function addEvents(path: string, state: JobState): Promise<void> {
  const events = eventsPathOf(path);
  if (!(await exists(events))) return;
  const scanner = new CheckpointScanner();
  for await (const chunk of readChunks(events, await identify(events)))
    for (const { record } of scanner.push(chunk)) applyRecord(state, record);
}

function refuseUnfit(path: string, { format }: ScanSummary, state: JobState): void {
  if (format === "unknown")
    throw new AgentJobsError(
      "AJ_UNKNOWN_FORMAT",
      `Cannot repair ${path}: it is no checkpoint of a known format, and nothing was changed. Name a checkpoint.`,
    );
  if ((state.formatVersion ?? 0) > formatVersion)
    throw new AgentJobsError(
      "AJ_NEWER_FORMAT",
      `Will not repair ${path}: it has format version ${state.formatVersion}, and this version knows ${formatVersion}. Update Agent Jobs.`,
    );
}
