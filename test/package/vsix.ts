// The VSIX of what lies in dist/, made for a test.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { root } from "../setup/root.js";
import { addPlugin, vsceArguments } from "../setup/vsce.mjs";

/** Writes the VSIX to `path`. */
export function buildVsix(path: string): void {
  execFileSync(process.execPath, vsceArguments(path), { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  addPlugin(root, path);
}

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;

/** The names in a ZIP, from its central directory (APPNOTE.TXT 4.3.12 and 4.3.16). */
export function zipNames(path: string): string[] {
  const bytes = readFileSync(path);
  let end = bytes.length - END_BYTES; // a comment may follow, if rarely
  while (bytes.readUInt32LE(end) !== END_SIGNATURE) end--;
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  return Array.from({ length: count }, () => {
    const nameBytes = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes);
    at += ENTRY_BYTES + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    return name;
  });
}
