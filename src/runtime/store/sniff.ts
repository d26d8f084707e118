import { type FileHandle, lstat } from "node:fs/promises";
import { sniffBytes } from "../config.js";
import type { JobRecord } from "../format/record.js";
import { type CheckpointFormat, CheckpointScanner } from "../format/scan.js";
import { openPlain } from "./plainFile.js";

export type SniffedFormat = CheckpointFormat | "binary" | "missing";

/**
 * Looks at the first 4 KiB of a file to tell whether it is a checkpoint, and at more of one that may be another tool's.
 * `binary` files, such as model weights that are also called .ckpt, are to be listed nowhere.
 */
export async function sniffCheckpoint(path: string): Promise<SniffedFormat> {
  return (await sniffHead(path)).format;
}

/** As `sniffCheckpoint`, and the header of a checkpoint of ours where it is in these bytes. */
export async function sniffHead(path: string): Promise<{ format: SniffedFormat; header: JobRecord | null }> {
  const file = await openPlain(path).catch(async (error: unknown) => {
    const stat = await lstat(path).catch(() => undefined);
    if (stat?.isFile()) throw error;
  });
  if (!file) return { format: "missing", header: null };
  try {
    const bytes = Buffer.alloc(sniffBytes);
    const { bytesRead } = await file.read(bytes, 0, sniffBytes, 0);
    const head = bytes.subarray(0, bytesRead);
    const scanner = new CheckpointScanner();
    let records = 0;
    for (const { record } of scanner.push(head)) {
      if (record.type === "job") return { format: "agent-jobs", header: record };
      records++;
    }
    return { format: await formatOf(file, head, scanner.summary().format, records), header: null };
  } finally {
    await file.close();
  }
}

async function formatOf(
  file: FileHandle,
  head: Buffer,
  format: CheckpointFormat,
  records: number,
): Promise<SniffedFormat> {
  if (format === "unknown" || format === "empty") {
    const foreign = await foreignKindOf(file, head);
    if (foreign) return foreign;
  }
  if (format === "empty" && head.length === sniffBytes) return begunFormat(head);
  if (format !== "unknown") return format;
  // Text without a record is left to whoever reads on.
  return records === 0 && looksBinary(head) ? "binary" : "unknown";
}

async function foreignKindOf(file: FileHandle, head: Buffer): Promise<CheckpointFormat | undefined> {
  const { kindBytes, kindOf } = await import("../foreign/kindOf.js");
  let found = kindOf(head);
  if (found === "more" && head.length === sniffBytes) {
    const bytes = Buffer.alloc(kindBytes);
    const { bytesRead } = await file.read(bytes, 0, kindBytes, 0);
    found = kindOf(bytes.subarray(0, bytesRead));
  }
  return found === "more" ? undefined : found?.kind;
}

/** One record may be longer than what is looked at: what its first member says. */
function begunFormat(head: Buffer): CheckpointFormat {
  const [, name = ""] = /^[^{]*\{"(\w+)"/.exec(head.toString("latin1")) ?? [];
  if (name === "id") return "article";
  if (name === "turn" || name === "completed_items") return "agent-resume";
  return name === "type" ? "agent-jobs" : "empty";
}

/** Control characters other than white space: no text. A run of NULs at the end is what a power cut leaves. */
function looksBinary(head: Buffer): boolean {
  let end = head.length;
  while (end > 0 && head[end - 1] === 0) end--;
  return head.subarray(0, end).some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b));
}
