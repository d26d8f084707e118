import { closeSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord, type WritableRecord } from "../../../src/runtime/format/record.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { Actor } from "../actor.js";
import { besideOf, type Change, mergedOf } from "../changes.js";
import { Findings, type Row } from "../row.js";
import { freeBytes, inMemory, Scratch } from "../scratch.js";

const mib = 1024 * 1024;
const deadlineMs = 300_000;
const startMs = 1_748_107_200_000;

/** So many items of a job, each begun, every fourth of them failed once, and done: 2.5 records an item. */
interface Log {
  items: number;
  resultBytes: number;
}

interface Large {
  name: string;
  /** Memory grows with the ids, and with nothing else. */
  maxMiB: number;
  log: Log;
}

/** What rewrites a checkpoint, on a large one: in a process of its own, whose memory is looked at. */
export const largeChanges: Row = {
  name: "large-changes",
  what: "repair, compact, merge of 1,000,000 records, 240 MB: under 400 MiB",
  unit: "hundredths of these sizes",
  full: 100,
  reduced: 1,
  async run({ times, progress }) {
    const share = times / 100;
    const items = Math.ceil(400_000 * share);
    const files: Large[] = [
      { name: "400,000 items", maxMiB: 400, log: { items, resultBytes: 400 } },
      {
        name: "1,000 items of 240 KB",
        maxMiB: 200,
        log: { items: Math.ceil(1000 * share), resultBytes: 240_000 },
      },
    ];
    const most = 1024 * mib * share + 16 * mib;
    const folder = freeBytes(inMemory()) > 2 * most ? inMemory() : tmpdir();
    if (freeBytes(folder) < most)
      return { skipped: `it needs ${Math.ceil(most / mib)} MiB of space in ${folder}` };
    const findings = new Findings();
    const scratch = new Scratch(folder);
    const path = join(scratch.path, "a.jsonl");
    const told: string[] = [];
    try {
      for (const { name, log, maxMiB } of files)
        for (const mode of ["repair", "compact", "merge"] as const) {
          progress(`${mode}, ${name}`);
          for (const each of readdirSync(scratch.path)) rmSync(join(scratch.path, each));
          generate(path, { log, token: "a", isDamaged: mode === "repair" });
          // Of the other's items half are in the first as well.
          const other = { ...log, items: Math.ceil(log.items / 10) };
          const from = log.items - Math.floor(other.items / 2);
          if (mode === "merge") generate(besideOf(path), { log: other, token: "b", from });
          const actor = new Actor(mode, [path], { deadlineMs });
          await actor.ended;
          const where = `${mode}, ${name}`;
          if (!actor.completed) findings.add("thrown", `${where}: ${actor.threw}`);
          if (actor.maxRssMiB > maxMiB) findings.add("wrong", `${where}: ${actor.maxRssMiB} MiB of memory`);
          told.push(`${where} ${actor.maxRssMiB} MiB`);
          const expected = mode === "merge" ? from + other.items : log.items;
          const failed = Math.ceil(log.items / 4) + (mode === "merge" ? Math.ceil(other.items / 4) : 0);
          if (actor.completed) await check(path, mode, { done: expected, failed }, where, findings);
        }
      return findings.outcome(told.length, told.join("; "));
    } finally {
      scratch.remove();
    }
  },
};

interface Generated {
  log: Log;
  token: string;
  /** The number of the first item. */
  from?: number;
  isDamaged?: boolean;
}

function generate(path: string, { log, token, from = 0, isDamaged = false }: Generated): void {
  const file = openSync(path, "wx");
  const filler = "x".repeat(log.resultBytes);
  let lines: Buffer[] = [];
  let bytes = 0;
  const add = (line: Buffer) => {
    lines.push(line);
    bytes += line.length;
    if (bytes > mib) flush();
  };
  const flush = () => {
    writeSync(file, Buffer.concat(lines));
    [lines, bytes] = [[], 0];
  };
  // Two runs do nothing at the same moment: what is the same to the millisecond is one record in two copies.
  const atMs = startMs + token.charCodeAt(0);
  add(encodeRecord({ type: "job", atMs, v: 1, job: "large" }));
  add(encodeRecord({ type: "run-started", atMs, run: 1, pid: 1, host: "ada", token }));
  for (let i = 0; i < log.items; i++)
    for (const record of recordsOf(from + i, i % 4 === 0, { atMs, result: filler }))
      add(encodeRecord(record));
  if (isDamaged) add(Buffer.from('{"id":"damaged","ts":1,"c":"00000000"}\n'));
  add(encodeRecord({ type: "run-ended", atMs, run: 1, reason: "stopped" }));
  flush();
  closeSync(file);
}

function recordsOf(
  number: number,
  fails: boolean,
  { atMs, result }: { atMs: number; result: string },
): WritableRecord[] {
  const base = { atMs, item: keyOf(`r-${number}`), run: 1, attempt: 1 };
  const done = { ...base, type: "done", result, ms: 12 } as const;
  if (!fails) return [{ ...base, type: "started" }, done];
  return [
    { ...base, type: "started" },
    { ...base, type: "failed", cause: "timeout", message: "It took too long." },
    { ...base, type: "started", attempt: 2 },
    { ...done, attempt: 2 },
  ];
}

async function check(
  path: string,
  mode: Change,
  expected: { done: number; failed: number },
  where: string,
  findings: Findings,
): Promise<void> {
  const { state, scan } = await new JsonlStore(mode === "merge" ? mergedOf(path) : path).load("large");
  if (scan.faultCount > 0) findings.add("wrong", `${where}: ${scan.faultCount} faults are left`);
  if (state.done.size < expected.done)
    findings.add("lost", `${where}: ${state.done.size} done instead of ${expected.done}`);
  const failed = [...state.runs.values()].reduce((sum, run) => sum + run.failed, 0);
  if (state.done.size > expected.done || state.open.size > 0 || failed !== expected.failed)
    findings.add("wrong", `${where}: ${state.done.size} done, ${state.open.size} open, ${failed} failures`);
  if (mode === "merge") return;
  const backups = readdirSync(dirname(path)).filter((name) => name.includes(".bak-"));
  if (backups.length !== 1) findings.add("lost", `${where}: ${backups.length} backups`);
  else if (statSync(join(dirname(path), backups[0]!)).size <= statSync(path).size)
    findings.add("wrong", `${where}: it did not shrink`);
}
