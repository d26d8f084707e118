import { spawn } from "node:child_process";
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { encodeRecord } from "../../../src/runtime/format/record.js";
import { releaseAtEnd } from "../../host/cleanup.js";
import type { Read } from "../reader.main.js";
import { Findings, type Row } from "../row.js";
import { freeBytes, inMemory, Scratch } from "../scratch.js";

const reader = resolve("dist/test/torture/reader.main.js");
const maxMiB = 300;
const deadlineMs = 120_000;
const mib = 1024 * 1024;

interface Large {
  name: string;
  bytes: number;
  /** Writes what lies between a first and a last good record. */
  write(file: number): void;
  /** How many items are done besides those two. */
  done: number;
  /** The file ends in it: there is no last record. */
  isTail?: boolean;
}

/** Files that are too much for a string, a buffer or a stack, or meant to be slow. Each is read in its own process. */
export const large: Row = {
  name: "large",
  what: `3 GiB, 600 MB lines, 1,000,000 records, deep nesting: under ${maxMiB} MiB`,
  unit: "hundredths of these sizes",
  full: 100,
  reduced: 1,
  async run({ times, progress }) {
    const files = largeFiles(times / 100);
    const most = Math.max(...files.map(({ bytes }) => bytes)) + 512 * mib;
    // Half of a memory's space is left to others.
    const folder = freeBytes(inMemory()) > 2 * most ? inMemory() : tmpdir();
    if (freeBytes(folder) < most)
      return { skipped: `it needs ${Math.ceil(most / mib)} MiB of space in ${folder}` };
    const findings = new Findings();
    const scratch = new Scratch(folder);
    let highestMiB = 0;
    let slowest = "";
    let slowestMs = 0;
    try {
      for (const file of files) {
        progress(file.name);
        const path = join(scratch.path, "large.jsonl");
        generate(path, file);
        const beganMs = performance.now();
        const read = await readApart(path, file.name, findings);
        rmSync(path);
        if (!read) continue;
        const ms = performance.now() - beganMs;
        if (ms > slowestMs) [slowestMs, slowest] = [ms, file.name];
        highestMiB = Math.max(highestMiB, read.maxRssMiB);
        if (read.maxRssMiB > maxMiB) findings.add("wrong", `${file.name}: ${read.maxRssMiB} MiB of memory`);
        if (!read.has[0] || (!read.has[1] && !file.isTail))
          findings.add("lost", `${file.name}: a record beside it`);
        const expected = file.done + (file.isTail ? 1 : 2);
        if (read.done !== expected)
          findings.add("wrong", `${file.name}: ${read.done} done instead of ${expected}`);
      }
      const slow = `the slowest ${(slowestMs / 1000).toFixed(1)} s (${slowest})`;
      return findings.outcome(files.length, `at most ${highestMiB} MiB; ${slow}`);
    } finally {
      scratch.remove();
    }
  },
};

function largeFiles(share: number): Large[] {
  const gib3 = Math.ceil(3 * 1024 * share) * mib;
  const line = Math.ceil(600e6 * share);
  const ten = Math.ceil(10e6 * share);
  const million = Math.ceil(1e6 * share);
  const filler = "x".repeat(mib - 100);
  const inLine = (name: string, head: string, part: string, bytes: number, isTail = false): Large => ({
    ...{ name, bytes, done: 0, isTail },
    write: (file) => {
      writeSync(file, head);
      repeat(file, part, bytes);
      if (!isTail) writeSync(file, "\n");
    },
  });
  return [
    {
      ...{ name: "a file of 3 GiB", bytes: gib3, done: gib3 / mib },
      write: (file) => {
        for (let i = 0; i < gib3 / mib; i++) writeSync(file, doneLine(`large-${i}`, filler));
      },
    },
    {
      ...{ name: "3 GiB of nothing in a file", bytes: mib, done: 0 },
      write: (file) => {
        ftruncateSync(file, gib3);
        writeSync(file, "\n", gib3);
      },
    },
    inLine("a line of 600 MB", '{"id":"long","ts":1,"result":"', "x".repeat(1000), line),
    inLine("a last line of 600 MB", '{"id":"long","ts":1,"result":"', "x".repeat(1000), line, true),
    inLine("a line of 60 MiB that is no JSON", "", "no json ", Math.ceil(60 * mib * share)),
    {
      ...{ name: "1,000,000 records", bytes: million * 60, done: million },
      write: (file) => {
        for (let at = 0; at < million; at += 10_000) {
          const count = Math.min(10_000, million - at);
          writeSync(file, Buffer.concat(Array.from({ length: count }, (_, i) => doneLine(`r-${at + i}`))));
        }
      },
    },
    {
      ...{ name: "1,000,000 faults", bytes: million * 5, done: 0 },
      write: (file) => repeat(file, '{"x"\n', million * 5),
    },
    {
      ...{ name: "lists nested 10 MB deep", bytes: ten, done: 1 },
      write: (file) => {
        writeSync(file, '{"id":"deep","ts":1,"result":');
        repeat(file, "[", ten >> 1);
        repeat(file, "]", ten >> 1);
        writeSync(file, "}\n");
      },
    },
    ...[
      ['"\\', "quotes and escapes"],
      ['{"', "braces and quotes"],
      ["[{", "brackets and braces"],
      ['{"a":', "objects, nested"],
      ['{"a":"\\"', "texts never ended"],
      ['"NaN', "NaN and quotes"],
      ["NaN,", "NaN"],
      ["}{", "joints"],
      [',"c":"', "marks of a checksum"],
      [',"c":"00000000"}', "checksums"],
      ['{"id":"a","ts":1', "records torn and merged"],
      ['{"id":"a","ts":1}', "records merged"],
      ['{"id":"a","ts":1,"c":"00000000"}', "records with wrong checksums, merged"],
      ['{"turn":1,"completed_items":["a",', "snapshots torn and merged"],
      ["1", "digits"],
      ["\u0000", "NULs"],
      ["\ufeff", "byte order marks"],
      ["\\ud800", "surrogates"],
      ["😀", "characters of four bytes"],
      [" ", "blanks"],
      ["\r", "carriage returns"],
    ].flatMap(([part, name]) => [
      inLine(`10 MB of ${name}`, "", part!, ten),
      inLine(`10 MB of ${name} in a record`, '{"id":"evil","ts":1,"result":[', part!, ten),
    ]),
  ];
}

const doneLine = (id: string, result?: string): Buffer =>
  encodeRecord({ type: "done", atMs: 0, item: keyOf(id), ...(result !== undefined && { result }) });

function repeat(file: number, part: string, bytes: number): void {
  const times = Math.max(1, Math.floor(mib / Buffer.byteLength(part)));
  const block = Buffer.from(part.repeat(times));
  for (let left = bytes; left > 0; left -= block.length)
    writeSync(file, block.subarray(0, left - (left % Buffer.byteLength(part)) || left));
}

function generate(path: string, { write, isTail }: Large): void {
  const file = openSync(path, "wx");
  try {
    writeSync(file, doneLine("before"));
    write(file);
    if (!isTail) {
      closeSync(file);
      const end = openSync(path, "a");
      writeSync(end, doneLine("after"));
      closeSync(end);
    }
  } finally {
    if (isTail) closeSync(file);
  }
}

function readApart(path: string, name: string, findings: Findings): Promise<Read | undefined> {
  const child = spawn(process.execPath, [reader, path, keyOf("before"), keyOf("after")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const release = releaseAtEnd(() => child.kill("SIGKILL"));
  let isHung = false;
  const hung = setTimeout(() => {
    isHung = true;
    child.kill("SIGKILL");
  }, deadlineMs);
  let told = "";
  let problem = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (told += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (problem += text));
  return new Promise((resolve) => {
    child.once("close", (code, signal) => {
      clearTimeout(hung);
      release();
      if (code === 0) return resolve(JSON.parse(told) as Read);
      findings.add("thrown", `${name}: ${isHung ? "it hung" : `${signal ?? code} ${problem.slice(0, 500)}`}`);
      resolve(undefined);
    });
  });
}
