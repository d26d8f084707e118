/** Takes items back that are done, so that the next run does them again. The old checkpoint is kept. */
import { randomUUID } from "node:crypto";
import { clearCheckpoint } from "./backups.js";
import type { ItemKey } from "./format/itemId.js";
import { type CheckpointRecord, encodeRecord, type Usage, type WritableRecord } from "./format/record.js";
import { CheckpointScanner } from "./format/scan.js";
import { applyRecord } from "./state/fold.js";
import { createJobState, type JobState, noUsage, type UsageTotals } from "./state/jobState.js";
import { streamPlain } from "./store/plainFile.js";
import { identify, replaceFile } from "./store/replaceFile.js";

export interface RedoChoice {
  /** Which items; "all" also takes those back that are not done and have finished steps. */
  items: ReadonlySet<ItemKey> | "all";
  /** Whether results of their steps stay, to be given back where the step has the same inputs again. */
  keepsSteps: boolean;
}

const flushBytes = 1024 * 1024;

/**
 * Rewrites a checkpoint of our own format without what it says of some items, by the protocol of repairs. What they
 * cost stays counted: it was spent. A file of another format, or a damaged one, becomes a backup as a whole.
 * @returns where the old checkpoint is kept; null where there was none
 * @throws what `replaceFile` and `clearCheckpoint` do
 */
export async function redoItems(path: string, choice: RedoChoice): Promise<string | null> {
  const identity = await identify(path).catch(() => undefined);
  const plan = identity && (await look(path, choice));
  if (!plan) return clearCheckpoint(path);
  const { backup } = await replaceFile(path, identity, async ({ target }) => {
    let pending: Buffer[] = [];
    let bytes = 0;
    const write = async (record: WritableRecord) => {
      const line = encodeRecord(record);
      pending.push(line);
      bytes += line.length;
      if (bytes < flushBytes) return;
      await target.writeFile(Buffer.concat(pending));
      [pending, bytes] = [[], 0];
    };
    let hasSums = false;
    await eachRecord(path, async (record) => {
      if (!keeps(record, choice)) return;
      await write(record as WritableRecord);
      if (record.type === "job" && !hasSums) await write(plan.sums);
      hasSums ||= record.type === "job";
    });
    for (const record of plan.waiting) await write(record);
    await target.writeFile(Buffer.concat(pending));
  });
  return backup;
}

interface Plan {
  /** What the items that are taken back have cost. */
  sums: WritableRecord;
  /** Items that keep steps wait to go on; they are not in doubt. */
  waiting: WritableRecord[];
}

/** Undefined where the file cannot be rewritten: of another format, damaged, or not there. */
async function look(path: string, choice: RedoChoice): Promise<Plan | undefined> {
  const before = createJobState();
  const after = createJobState();
  const steps = new Map<ItemKey, WritableRecord>();
  const scan = await eachRecord(path, (record) => {
    applyRecord(before, record);
    if (!keeps(record, choice)) return;
    applyRecord(after, record);
    if (record.type !== "step" || !isChosen(record.item, choice)) return;
    const { item, run, attempt, atMs } = record;
    steps.set(item, { type: "waiting", item, run, attempt, atMs, pass: 0 });
  }).catch(() => undefined);
  if (scan?.format !== "agent-jobs" || scan.damageCount > 0) return undefined;
  return { sums: sumsOf(before, after), waiting: [...steps.values()] };
}

function isChosen(item: ItemKey, { items }: RedoChoice): boolean {
  return items === "all" || items.has(item);
}

function keeps(record: CheckpointRecord, choice: RedoChoice): boolean {
  if (record.type === "write-error" || record.type === "unknown" || record.type === "snapshot") return false;
  if (!("item" in record) || record.type === "gone" || record.type === "back") return true;
  if (!isChosen(record.item, choice)) return true;
  return record.type === "step" && choice.keepsSteps;
}

/** What one state has in its totals and the other has not. */
function sumsOf(before: JobState, after: JobState): WritableRecord {
  const runs = [...before.runs.values()].map((run) => {
    const left = after.runs.get(run.run);
    const usage = difference(run.usage, left?.usage ?? noUsage());
    const failed = run.failed - (left?.failed ?? 0);
    return { run: run.run, ts: run.startedAtMs / 1000, failed, ...(usage && { usage }) };
  });
  const usage = difference(before.usage, after.usage);
  const atMs = before.lastRecordAtMs ?? 0;
  return { type: "compacted", atMs, key: randomUUID(), runs, steps: [], ...(usage && { usage }) };
}

function difference(whole: UsageTotals, part: UsageTotals): Usage | undefined {
  const names = Object.keys(whole) as (keyof UsageTotals)[];
  const left = names
    .map((name) => [name, (whole[name] ?? 0) - (part[name] ?? 0)] as const)
    .filter(([, amount]) => amount > 0);
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

async function eachRecord(path: string, take: (record: CheckpointRecord) => void | Promise<void>) {
  const scanner = new CheckpointScanner();
  for await (const chunk of await streamPlain(path))
    for (const { record } of scanner.push(chunk as Buffer)) await take(record);
  const tail = scanner.tailRecord();
  if (tail) await take(tail.record);
  return scanner.summary();
}
