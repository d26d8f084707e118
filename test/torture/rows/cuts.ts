import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import type { DoneRecord } from "../../../src/runtime/format/record.js";
import { CheckpointScanner, type ScannedRecord } from "../../../src/runtime/format/scan.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { type WrittenLog, writtenLog } from "../logs.js";
import { Findings, type Row } from "../row.js";
import { Scratch } from "../scratch.js";

/** How many records before a cut are in the file that is continued, besides its header. */
const kept = 6;
/** At every so many bytes the whole file is continued: prime, so that it meets every place of a line. */
const wholeFileEvery = 101;
const atATime = 8;

/**
 * A mixed file cut at every byte. What a reader makes of it there is asked byte by byte; then the file is continued
 * through the real store, with the last records before the cut, or, now and then, with all of them.
 */
export const cuts: Row = {
  name: "cuts",
  what: "cut at every byte, loaded, continued, loaded again",
  unit: "records",
  full: 1000,
  reduced: 12,
  async run({ times, progress }) {
    const findings = new Findings();
    const log = writtenLog(times);
    readEveryCut(log, findings);
    const scratch = new Scratch();
    try {
      const all = log.bytes.length + 1;
      for (let at = 0; at < all && findings.problems.length < 20; at += atATime) {
        const some = Array.from({ length: Math.min(atATime, all - at) }, (_, i) => at + i);
        await Promise.all(some.map((cut) => continueCut(log, cut, scratch.path, findings)));
        if (at % 1024 === 0) progress(`${at} of ${all} cuts`);
      }
      return findings.outcome(all, `${log.records.length} records of ${log.bytes.length} bytes`);
    } finally {
      scratch.remove();
    }
  },
};

/** One reader that is given a byte at a time and asked after each is a reader of the file that was cut there. */
function readEveryCut({ bytes, ends, records }: WrittenLog, findings: Findings): void {
  const scanner = new CheckpointScanner();
  const same = ({ record }: ScannedRecord, i: number) => isDeepStrictEqual(record, records[i]);
  let whole = 0;
  for (let cut = 0; cut <= bytes.length; cut++) {
    if (cut > 0)
      for (const scanned of scanner.push(bytes.subarray(cut - 1, cut)))
        if (!same(scanned, whole++)) findings.add("wrong", `cut at ${cut}: not the record that was written`);
    const tail = scanner.tailRecord();
    if (whole < ends.filter((end) => end <= cut).length && findings.problems.length < 20)
      findings.add("lost", `cut at ${cut}: only ${whole} records`);
    // A last line that lacks only its newline counts.
    const lacksNewline = ends[whole] === cut + 1;
    if (lacksNewline !== (tail !== undefined))
      findings.add(tail ? "wrong" : "lost", `cut at ${cut}: the last line`);
    if (tail && !same(tail, whole)) findings.add("wrong", `cut at ${cut}: not the record that was written`);
    const { faultCount, tornTail } = scanner.summary();
    const isTorn = cut > 0 && bytes[cut - 1] !== 0x0a && !lacksNewline;
    if (faultCount > 0 || tornTail !== isTorn) findings.add("wrong", `cut at ${cut}: tail and faults`);
  }
}

async function continueCut(log: WrittenLog, cut: number, folder: string, findings: Findings): Promise<void> {
  const path = join(folder, `${cut}.jsonl`);
  const before = log.ends.filter((end) => end - 1 <= cut).length;
  const first = cut % wholeFileEvery === 0 ? 1 : Math.max(1, before - kept);
  const begin = before === 0 ? 0 : log.ends[0]!;
  const head = log.bytes.subarray(0, Math.min(begin, cut));
  const file = Buffer.concat([
    head,
    log.bytes.subarray(log.ends[first - 1] ?? cut, Math.max(cut, head.length)),
  ]);
  const bytes = before === 0 ? log.bytes.subarray(0, cut) : file;
  const expected = before === 0 ? [] : [log.records[0]!, ...log.records.slice(first, before)];
  const appended: DoneRecord = {
    type: "done",
    atMs: 1_748_107_200_000,
    item: keyOf("appended"),
    result: cut,
  };
  try {
    writeFileSync(path, bytes);
    const store = new JsonlStore(path);
    const loaded: unknown[] = [];
    const opened = await store.open("mixed", { onRecord: ({ record }) => loaded.push(record) });
    compare(loaded, expected, `cut at ${cut}, opened`, findings);
    const run = { type: "run-started", atMs: 0, run: 9, pid: 1, host: "ada", token: "t" } as const;
    await opened.append([run], "written");
    await opened.append([appended], "synced");
    await opened.close();
    if (!readFileSync(path).subarray(0, bytes.length).equals(bytes))
      findings.add("lost", `cut at ${cut}: bytes of the file were changed`);
    const again: { type: string }[] = [];
    const { scan } = await store.load("mixed", ({ record }) => again.push(record));
    // A header is written again where the cut took it.
    const own = expected.length > 0 ? again : again.filter(({ type }) => type !== "job");
    compare(own, [...expected, run, appended], `cut at ${cut}, continued`, findings);
    if (scan.damageCount > 0 || scan.tornTail || scan.format !== "agent-jobs")
      findings.add("wrong", `cut at ${cut}: ${JSON.stringify({ ...scan, faults: scan.faults.slice(0, 2) })}`);
  } catch (error) {
    findings.add("thrown", `cut at ${cut}: ${(error as Error).message}`);
  } finally {
    rmSync(path, { force: true });
  }
}

function compare(
  found: readonly unknown[],
  expected: readonly object[],
  where: string,
  findings: Findings,
): void {
  if (isDeepStrictEqual(found, expected)) return;
  const absent = expected.filter((one) => !found.some((other) => isDeepStrictEqual(one, other)));
  if (absent.length > 0)
    findings.add("lost", `${where}: ${JSON.stringify(absent[0]).slice(0, 200)} is not there`);
  else findings.add("wrong", `${where}: ${found.length} records instead of ${expected.length}`);
}
