import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type CheckpointRecord, checksumOf } from "../../src/runtime/format/record.js";
import { scanBytes } from "../support/scan.js";

/** A line as anybody might leave it in a checkpoint, and what a reader makes of it. */
export interface HostileLine {
  name: string;
  /** Where it is in the data file, counted from 1. */
  at: number;
  /** With its newline. */
  bytes: Buffer;
  verdict: string;
}

/** The lines of hostileLines.txt, which says how it is to be read. */
export function hostileLines(): HostileLine[] {
  const text = readFileSync(resolve("test/torture/hostileLines.txt"), "utf8");
  return text.split("\n").flatMap((entry, i) => {
    if (entry === "" || entry.startsWith("#")) return [];
    const [, name, verdict, line] = /^(.*?) +\| (.*?) +\| (.*)$/.exec(entry) ?? [];
    if (line === undefined) throw new Error(`Line ${i + 1} of hostileLines.txt is no entry: ${entry}`);
    const bytes = Buffer.concat([bytesOf(line), Buffer.from("\n")]);
    return [{ name: name!, at: i + 1, verdict: bytesOf(verdict!).toString(), bytes }];
  });
}

/** What a reader says of a line that is alone in its file. */
export function verdictOf(bytes: Buffer): string {
  const { records, summary } = scanBytes(bytes);
  const verdicts = [
    ...records.map(({ record }) => named(record)),
    ...summary.faults.map(({ reason }) => reason),
  ];
  return verdicts.join(" + ") || "blank";
}

function named(record: CheckpointRecord): string {
  if (record.type === "done") return `done ${record.item}`;
  if (record.type === "snapshot") return ["snapshot", ...record.items].join(" ");
  return `record ${record.type}`;
}

function bytesOf(text: string): Buffer {
  let bytes = Buffer.alloc(0);
  let begin = 0;
  const checksum = (body: Buffer) => Buffer.from(`,"c":"${checksumOf(body)}"}`);
  const add = (more: Buffer) => {
    bytes = Buffer.concat([bytes, more]);
  };
  for (const [, plain = "", coded] of text.matchAll(/([^‹]+)|‹([^›]*)›/g)) {
    const [, part, times] = /^(".*") ×(\d+)$/.exec(coded ?? "") ?? [];
    if (coded === undefined) add(Buffer.from(plain));
    else if (coded === "|") begin = bytes.length;
    else if (coded === "c") {
      add(checksum(bytes.subarray(begin)));
      begin = bytes.length;
    } else if (coded === "C") add(checksum(bytes));
    else if (part !== undefined) add(Buffer.from((JSON.parse(part) as string).repeat(Number(times))));
    else add(Buffer.from(coded.replaceAll(" ", ""), "hex"));
  }
  return bytes;
}
