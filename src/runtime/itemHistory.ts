/** All that a checkpoint says of one item, found without reading it whole into memory, and followed as it grows. */
import { stat } from "node:fs/promises";
import { systemCodeOf } from "./errors.js";
import type { ItemKey } from "./format/itemId.js";
import { parseLine } from "./format/parseLine.js";
import { type CheckpointRecord, checksumOf } from "./format/record.js";
import { salvage } from "./format/salvage.js";
import { eventsPathOf } from "./store/follow.js";
import { type ItemLine, ItemLineFinder, maxLineBytes } from "./store/itemLines.js";
import { openPlain } from "./store/plainFile.js";

/** A JSON text as far as it is shown. */
export interface ShownJson {
  /** Indented; the beginning of the text as it is in the file where it `isCut`. */
  text: string;
  isCut: boolean;
  /** Of the value, as far as that is known: of its line where it is cut. */
  bytes: number;
}

/** A record of an item, and where it is. */
export interface ItemEntry {
  /** The file, absolute: the checkpoint, or the events beside one of another format. */
  path: string;
  /** Counted from 1. */
  line: number;
  /** Without the result, which may be large. */
  record: Extract<CheckpointRecord, { item: ItemKey }>;
  result?: ShownJson;
}

export interface ItemHistory {
  /** In the order of the file, the newest of them. */
  entries: readonly ItemEntry[];
  /** How many earlier ones are not among them. */
  left: number;
}

/** An item that is tried for ever is shown by its newest records. */
const maxEntries = 2_000;
/** A longer result is shown by its beginning. */
const maxResultBytes = maxLineBytes;
const cutBytes = 64 * 1024;
/** What follows the result in a line that is cut: its checksum and figures. */
const tailBytes = 4 * 1024;
/** So much is read at a time, which takes a few milliseconds. */
const sliceBytes = 1024 * 1024;

/** Reads what a checkpoint says of an item, and at each further call what came since. */
export class ItemHistoryReader {
  private readonly files: HistoryFile[];

  constructor(checkpoint: string, item: ItemKey) {
    this.files = [checkpoint, eventsPathOf(checkpoint)].map((path) => new HistoryFile(path, item));
  }

  /** @throws AgentJobsError AJ_NOT_A_FILE; what the system says */
  async read(): Promise<ItemHistory> {
    for (const file of this.files) await file.read();
    const entries = this.files.flatMap((file) => file.all);
    const left = this.files.reduce((sum, file) => sum + file.left, 0);
    return { entries, left };
  }
}

class HistoryFile {
  left = 0;
  private entries: ItemEntry[] = [];
  /** What the last line says that no newline has ended yet. */
  private last: ItemEntry[] = [];
  private finder: ItemLineFinder;
  private readBytes = 0;
  private identity = "";
  private mtimeMs = 0;
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly item: ItemKey,
  ) {
    this.finder = new ItemLineFinder(item);
  }

  get all(): ItemEntry[] {
    return [...this.entries, ...this.last];
  }

  /** One reading at a time, whoever asks. */
  read(): Promise<void> {
    const read = this.reading.then(() => this.readNew());
    this.reading = read.catch(() => {});
    return read;
  }

  private async readNew(): Promise<void> {
    let found: Awaited<ReturnType<typeof stat>>;
    try {
      found = await stat(this.path);
    } catch (error) {
      if (!["ENOENT", "ENOTDIR"].includes(systemCodeOf(error) ?? "")) throw error;
      return this.restart("");
    }
    const identity = `${found.dev}:${found.ino}`;
    const isEdited = found.size === this.readBytes && found.mtimeMs !== this.mtimeMs;
    if (identity !== this.identity || found.size < this.readBytes || isEdited) this.restart(identity);
    this.mtimeMs = found.mtimeMs;
    if (found.size === this.readBytes) return;
    const file = await openPlain(this.path);
    try {
      const chunk = Buffer.allocUnsafeSlow(Math.min(sliceBytes, found.size - this.readBytes + 1));
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, this.readBytes);
        if (bytesRead === 0) break;
        this.readBytes += bytesRead;
        for (const line of this.finder.push(chunk.subarray(0, bytesRead)))
          for (const entry of await this.entriesOf(line, file)) this.add(entry);
      }
      const line = this.finder.unfinished();
      this.last = line ? await this.entriesOf(line, file) : [];
    } finally {
      await file.close();
    }
  }

  private restart(identity: string): void {
    this.identity = identity;
    this.readBytes = 0;
    this.left = 0;
    this.entries = [];
    this.last = [];
    this.finder = new ItemLineFinder(this.item);
  }

  private add(entry: ItemEntry): void {
    // Of how far it came, the latest word is enough.
    const { record } = entry;
    const before = this.entries.at(-1)?.record;
    if (record.type === "progress" && before?.type === "progress") this.entries.pop();
    this.entries.push(entry);
    if (this.entries.length <= maxEntries) return;
    this.entries.shift();
    this.left++;
  }

  private async entriesOf(line: ItemLine, file: Awaited<ReturnType<typeof openPlain>>): Promise<ItemEntry[]> {
    const place = { path: this.path, line: line.line };
    if (line.lengthBytes > maxLineBytes) {
      const entry = await cutEntry(line, file);
      return entry && entry.record.item === this.item ? [{ ...place, ...entry }] : [];
    }
    const parsed = parseLine(trimmed(line.bytes));
    const records = "record" in parsed ? [parsed.record] : salvage(line.bytes).map(({ record }) => record);
    return records.flatMap((record) =>
      "item" in record && record.item === this.item ? [{ ...place, ...shown(record) }] : [],
    );
  }
}

type ItemRecord = ItemEntry["record"];

function shown(record: ItemRecord): Omit<ItemEntry, "path" | "line"> {
  if (!("result" in record) || record.result === undefined) return { record };
  const { result, ...rest } = record;
  const text = JSON.stringify(result, null, 2);
  const bytes = Buffer.byteLength(text);
  const isCut = bytes > 2 * maxResultBytes;
  const json = { text: isCut ? text.slice(0, cutBytes) : text, isCut, bytes };
  return { record: rest as ItemRecord, result: json };
}

/** Of a line that is too long to be made something of: its figures, and how its result begins. */
async function cutEntry(
  { bytes: head, offsetBytes, lengthBytes }: ItemLine,
  file: Awaited<ReturnType<typeof openPlain>>,
): Promise<Omit<ItemEntry, "path" | "line"> | undefined> {
  const at = head.indexOf('"result":');
  if (at < 0) return undefined;
  const tail = Buffer.alloc(tailBytes);
  const { bytesRead } = await file.read(tail, 0, tailBytes, offsetBytes + lengthBytes - tailBytes);
  const before = head.toString("utf8", 0, at).replace(/,\s*$/, "");
  const { c, ...after } = membersAtEnd(tail.toString("utf8", 0, bytesRead));
  const members = JSON.stringify(after).slice(1, -1);
  const body = `${before}${members && ","}${members}`;
  // The checksum is not looked at: that would read all of the line.
  const end = typeof c === "string" ? `,"c":"${checksumOf(body)}"` : "";
  const parsed = parseLine(Buffer.from(`${body}${end}}`));
  if (!("record" in parsed) || !("item" in parsed.record)) return undefined;
  const text = head.toString("utf8", at + '"result":'.length);
  return { record: parsed.record, result: { text, isCut: true, bytes: lengthBytes } };
}

/** The members at the end of an object's text, as many as are whole. */
function membersAtEnd(text: string): Record<string, unknown> {
  for (let at = text.indexOf(',"'); at >= 0; at = text.indexOf(',"', at + 1)) {
    try {
      return JSON.parse(`{${text.slice(at + 1).trimEnd()}`) as Record<string, unknown>;
    } catch {
      // Inside the result, or a text in it.
    }
  }
  return {};
}

function trimmed(line: Buffer): Buffer {
  let end = line.length;
  while (end > 0 && (line[end - 1] === 0x0d || line[end - 1] === 0x20)) end--;
  const start = line.length > 3 && line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0;
  return line.subarray(start, end);
}
