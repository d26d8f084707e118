import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { PythonProgram } from "../../support/pythonProgram.js";
import { checksummed } from "../../support/scan.js";
import { hostileLines } from "../hostileLines.js";
import { writtenLog } from "../logs.js";
import { Findings, type Row } from "../row.js";
import { Scratch } from "../scratch.js";
import { missing } from "../system.js";

const server = resolve("test/torture/actor.py");
/** Files of this many records, so that each is read in a millisecond. */
const records = 60;

/** What both readers have to agree on. */
interface Reading {
  done: string[];
  damaged: number;
  format: string;
  tornTail: boolean;
  faults: [number, number, number, boolean][];
}

/** Whatever was done to a file, Python's reader sees in it what ours sees: no item more, none less, the same damage. */
export const pythonReading: Row = {
  name: "python-reading",
  what: "cut, flipped, overwritten and hostile files, read by Python as by us",
  unit: "files of each kind",
  full: 3000,
  reduced: 40,
  async run({ random, times, progress }) {
    const skip = missing({ programs: ["python3"] });
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    const path = join(scratch.path, "a.jsonl");
    const reader = new PythonProgram([server, "serve", path]);
    let cases = 0;
    const compare = async (bytes: Buffer, where: string) => {
      cases++;
      writeFileSync(path, bytes);
      const ours = await ourReading(path);
      const theirs = await reader.ask<Reading & { message?: string }>({ do: "load" });
      const { done, damaged, format, tornTail, faults } = theirs;
      const told = { done, damaged, format, tornTail, faults };
      if (!isDeepStrictEqual(told, ours))
        findings.add("wrong", `${where}: ${JSON.stringify(told)} instead of ${JSON.stringify(ours)}`);
    };
    try {
      await reader.next();
      const log = writtenLog(records);
      const anywhere = () => random.between(0, log.bytes.length - 1);
      for (let n = 0; n < times && findings.problems.length < 5; n++) {
        const cut = anywhere();
        await compare(log.bytes.subarray(0, cut), `cut at ${cut}`);
        const rest = anywhere();
        await compare(
          Buffer.concat([log.bytes.subarray(0, cut), log.bytes.subarray(rest)]),
          `cut at ${cut}, gone on at ${rest}`,
        );
        const flipped = Buffer.from(log.bytes);
        const bit = anywhere() * 8 + random.between(0, 7);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        await compare(flipped, `bit ${bit} flipped`);
        const noisy = Buffer.from(log.bytes);
        const [from, length] = [anywhere(), random.between(1, 512)];
        for (let at = from; at < Math.min(noisy.length, from + length); at++)
          noisy[at] = random.between(0, 255);
        await compare(noisy, `${length} bytes at ${from} overwritten`);
        progress(`${n} of ${times}`);
      }
      const [before, after] = [checksummed('{"id":"before","ts":1'), checksummed('{"id":"after","ts":1')];
      for (const { name, bytes } of sampled(hostileLines(), times)) {
        // Python's parser gives up at a thousand levels: it calls such a line damaged, and so goes not on unasked.
        if (/nested|lists|objects in/.test(name) && bytes.length > 1000) continue;
        if (bytes.length > 1_000_000) continue; // it reads them, and takes its time
        await compare(Buffer.concat([before, bytes, after]), name);
      }
      return findings.outcome(cases);
    } finally {
      await reader.end();
      scratch.remove();
    }
  },
};

/** Of a list all, or, where fewer are asked for, those spread over it. */
function sampled<T>(list: readonly T[], times: number): T[] {
  const step = Math.max(1, Math.floor(list.length / times));
  return list.filter((_, i) => i % step === 0);
}

async function ourReading(path: string): Promise<Reading> {
  const { state, scan } = await new JsonlStore(path).load("mixed");
  return {
    done: [...state.done],
    damaged: scan.damageCount,
    format: scan.format,
    tornTail: scan.tornTail,
    faults: scan.faults.map(({ line, offsetBytes, lengthBytes, residue }) => [
      ...([line, offsetBytes, lengthBytes, residue] as const),
    ]),
  };
}

/** A mixed file cut anywhere and continued by Python: all before the cut and what was appended is there. */
export const pythonCuts: Row = {
  name: "python-cuts",
  what: "cut anywhere, continued by Python's writer, loaded by ours",
  unit: "cuts",
  full: 3000,
  reduced: 40,
  async run({ random, times, progress }) {
    const skip = missing({ programs: ["python3"] });
    if (skip) return skip;
    const findings = new Findings();
    const scratch = new Scratch();
    const log = writtenLog(records);
    const writer = new PythonProgram([server, "serve", ""]);
    try {
      await writer.next();
      for (let n = 0; n < times && findings.problems.length < 5; n++) {
        const path = join(scratch.path, `${n}.jsonl`);
        const cut = random.between(0, log.bytes.length);
        writeFileSync(path, log.bytes.subarray(0, cut));
        for (const order of [
          { do: "open", path, job: "mixed" },
          { do: "append", ids: ["appended"] },
          { do: "close" },
        ]) {
          const { code, message } = await writer.ask<{ code?: string; message?: string }>(order);
          if (code !== undefined) findings.add("thrown", `cut at ${cut}: ${code} ${message}`);
        }
        const found: unknown[] = [];
        const { state, scan } = await new JsonlStore(path).load("mixed", ({ record }) => found.push(record));
        const before = log.records.filter((_, i) => log.ends[i]! - 1 <= cut);
        for (const record of before)
          if (!found.some((one) => isDeepStrictEqual(one, record)))
            findings.add("lost", `cut at ${cut}: ${JSON.stringify(record).slice(0, 200)}`);
        if (!state.done.has(keyOf("appended"))) findings.add("lost", `cut at ${cut}: what was appended`);
        if (scan.damageCount > 0 || scan.tornTail || scan.format !== "agent-jobs")
          findings.add(
            "wrong",
            `cut at ${cut}: ${JSON.stringify({ ...scan, faults: scan.faults.slice(0, 2) })}`,
          );
        rmSync(path, { force: true });
        progress(`${n} of ${times} cuts`);
      }
      return findings.outcome(times);
    } finally {
      await writer.end();
      scratch.remove();
    }
  },
};
