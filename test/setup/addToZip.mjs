// Adds files to a ZIP, stored as they are (APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16).
import { readFileSync, writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";

const LOCAL_SIGNATURE = 0x04034b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
/** 1 January 1980, midnight: the same files make the same archive. */
const DATE = 0x0021;

/** What a local header and an entry of the directory share. */
function common(name, bytes) {
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(VERSION, 0);
  shared.writeUInt16LE(UTF8_NAMES, 2);
  shared.writeUInt16LE(DATE, 8);
  shared.writeUInt32LE(crc32(bytes), 10);
  shared.writeUInt32LE(bytes.length, 14);
  shared.writeUInt32LE(bytes.length, 18);
  shared.writeUInt16LE(Buffer.byteLength(name), 22);
  return shared;
}

function signed(signature, ...parts) {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(signature);
  return Buffer.concat([head, ...parts]);
}

/**
 * @param {string} path the archive
 * @param {Record<string, Buffer>} files by their names in it
 */
export function addToZip(path, files) {
  const archive = readFileSync(path);
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const count = archive.readUInt16LE(end + 10);
  const directoryBytes = archive.readUInt32LE(end + 12);
  const directoryAt = archive.readUInt32LE(end + 16);
  const directory = [archive.subarray(directoryAt, directoryAt + directoryBytes)];
  const locals = [];
  let at = directoryAt;
  for (const [name, bytes] of Object.entries(files)) {
    const shared = common(name, bytes);
    const local = signed(LOCAL_SIGNATURE, shared, Buffer.from(name), bytes);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    const made = Buffer.from([VERSION, 0]);
    directory.push(signed(ENTRY_SIGNATURE, made, shared, place, Buffer.from(name)));
    locals.push(local);
    at += local.length;
  }
  const entries = Buffer.concat(directory);
  const last = Buffer.alloc(END_BYTES);
  last.writeUInt32LE(END_SIGNATURE, 0);
  last.writeUInt16LE(count + locals.length, 8);
  last.writeUInt16LE(count + locals.length, 10);
  last.writeUInt32LE(entries.length, 12);
  last.writeUInt32LE(at, 16);
  writeFileSync(path, Buffer.concat([archive.subarray(0, directoryAt), ...locals, entries, last]));
}
