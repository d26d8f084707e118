/** The file that stands in for the terminal of a detached run. */
import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { maxLogBytes } from "../runtime/config.js";
import { redact } from "../runtime/redact.js";
import { openLogFile } from "../runtime/runner/itemLog.js";
import { safeLines } from "../runtime/safeText.js";

/** What a detached run prints: its progress, and the output of a command that writes its checkpoint itself. */
export const outputPathOf = (checkpoint: string): string => `${checkpoint}.out`;

const maxShownBytes = 64 * 1024;

/** Opens the file for a run that begins; one that has grown large becomes the older one. */
export function openOutput(path: string): number {
  const file = openLogFile(path);
  if (fstatSync(file).size < maxLogBytes) return file;
  closeSync(file);
  renameSync(path, `${path}.1`);
  return openLogFile(path);
}

/** The lines from a place on, at most the last of them; made safe once more, for not all of it is ours. */
export function outputSince(path: string, fromBytes: number): string[] {
  const file = openSync(path, "r");
  try {
    const from = Math.max(fromBytes, fstatSync(file).size - maxShownBytes);
    const bytes = Buffer.alloc(maxShownBytes);
    const length = readSync(file, bytes, 0, bytes.length, from);
    return safeLines(redact(bytes.toString("utf8", 0, length)));
  } finally {
    closeSync(file);
  }
}

/** What a run said last that began at a time; empty where it was not detached. */
export function lastOutput(checkpoint: string, sinceMs: number, maxLines: number): string[] {
  const path = outputPathOf(checkpoint);
  try {
    const stat = statSync(path);
    if (!stat.isFile() || stat.mtimeMs < sinceMs) return [];
    return outputSince(path, 0)
      .filter((line) => line !== "")
      .slice(-maxLines);
  } catch {
    return []; // whatever is there says less than the checkpoint
  }
}
