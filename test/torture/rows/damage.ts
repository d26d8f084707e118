import { isDeepStrictEqual } from "node:util";
import { mayBeNested } from "../../../src/runtime/format/salvage.js";
import { CheckpointScanner } from "../../../src/runtime/format/scan.js";
import { type WrittenLog, writtenLog } from "../logs.js";
import { Findings, type Row } from "../row.js";

/** Every bit of every line, each read with the line before it and the line after it. */
export const flips: Row = {
  name: "flips",
  what: "every bit of checksummed lines flipped",
  unit: "lines",
  full: 1000,
  reduced: 20,
  async run({ times, progress }) {
    const findings = new Findings();
    const log = writtenLog(times);
    let cases = 0;
    for (let n = 0; n < times; n++) {
      const from = Math.max(0, n - 1);
      const to = Math.min(times, n + 2);
      const part = partOf(log, from, to);
      const begin = (log.ends[n - 1] ?? 0) - (log.ends[from - 1] ?? 0);
      const end = log.ends[n]! - (log.ends[from - 1] ?? 0);
      for (let bit = begin * 8; bit < end * 8; bit++, cases++) {
        const damaged = Buffer.from(part.bytes);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        compare(
          part,
          damaged,
          bit >> 3,
          (bit >> 3) + 1,
          `bit ${bit & 7} of byte ${bit >> 3} in line ${n + 1}`,
          findings,
        );
      }
      if (n % 50 === 0) progress(`${n} of ${times} lines`);
    }
    return findings.outcome(cases, `${times} lines`);
  },
};

/** Ranges overwritten by noise, in a file of 1,000 records. */
export const damage: Row = {
  name: "damage",
  what: "random ranges of 1 to 512 bytes overwritten",
  unit: "ranges",
  full: 2000,
  reduced: 50,
  async run({ random, times, progress }) {
    const findings = new Findings();
    const log = writtenLog(1000);
    for (let n = 0; n < times; n++) {
      const damaged = Buffer.from(log.bytes);
      const from = random.between(0, damaged.length - 1);
      const to = Math.min(damaged.length, from + random.between(1, 512));
      for (let at = from; at < to; at++) damaged[at] = random.between(0, 255);
      compare(log, damaged, from, to, `bytes ${from} to ${to}`, findings);
      if (n % 50 === 0) progress(`${n} of ${times} ranges`);
    }
    return findings.outcome(times);
  },
};

function partOf(log: WrittenLog, from: number, to: number): WrittenLog {
  const offset = log.ends[from - 1] ?? 0;
  return {
    records: log.records.slice(from, to),
    bytes: log.bytes.subarray(offset, log.ends[to - 1]),
    ends: log.ends.slice(from, to).map((end) => end - offset),
  };
}

/** Records that are read though nobody wrote them, and those whose lines were not touched but are missing. */
function compare(
  { records, ends }: WrittenLog,
  damaged: Buffer,
  from: number,
  to: number,
  where: string,
  findings: Findings,
): void {
  const found: unknown[] = [];
  try {
    const scanner = new CheckpointScanner();
    for (const { record } of scanner.push(damaged)) found.push(record);
    const tail = scanner.tailRecord();
    if (tail) found.push(tail.record);
  } catch (error) {
    findings.add("thrown", `${where}: ${(error as Error).message}`);
    return;
  }
  // Both are in the order of the file.
  let at = 0;
  records.forEach((record, i) => {
    const start = ends[i - 1] ?? 0;
    // Where the newline before it became the beginning of a list, nobody can say that it is not an item of that.
    const isHidden = from < start && to === start && mayBeNested(damaged, start);
    const isTouched = (from < ends[i]! && to > start) || isHidden;
    if (isDeepStrictEqual(found[at], record)) at++;
    else if (!isTouched) findings.add("lost", `${where}: record ${i + 1}`);
  });
  if (at < found.length) findings.add("wrong", `${where}: ${JSON.stringify(found[at])} was never written`);
}
