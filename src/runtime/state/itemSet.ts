import { randomInt } from "node:crypto";
import type { ItemKey } from "../format/itemId.js";

/** So few are kept as they are. */
const fewItems = 1_000;
/** Ids lie one behind the other in pieces of this size; where one lies is a number of 32 bits: 4 GiB in all. */
const pieceBits = 16;
const pieceBytes = 1 << pieceBits;
/** A header has room for so many UTF-16 units, and a piece for as many of two bytes. */
const maxUnits = (1 << 13) - 1;
const maxPieces = 2 ** (32 - pieceBits);
const wideFlag = 1 << 15;
const longFlag = 1 << 14;
const headerBytes = 2;
const longBytes = headerBytes + 4;
/** The table grows in parts, one at a time: to lay all of it out anew would take a tenth of a second at a million items. */
const parts = 256;
const firstSlots = 16;
const fullAt = 0.75;
const slotBytes = Uint32Array.BYTES_PER_ELEMENT;

/** Whoever chooses ids cannot choose which of them meet in the table. */
const ownSeed = randomInt(2 ** 32 - 1) | 0;

/** One part of the table: where ids lie, plus 1, and a byte of each one's hash; 0 is nothing. */
interface Part {
  slots: Uint32Array;
  tags: Uint8Array;
  count: number;
}

/**
 * A set as data that another thread can be sent. Two buffers, as each one costs time to send, and shared ones: memory that was handed
 * over counts as garbage to come, and V8 would look for some after every few megabytes.
 */
export interface PackedItems {
  seed: number;
  few: ItemKey[] | undefined;
  /** One behind the other. */
  pieces: Uint8Array<SharedArrayBuffer>;
  usedBytes: number;
  /** The slots of all parts, and behind them their tags. */
  table: SharedArrayBuffer;
  /** Of each part in turn, how many slots it has, and how many of them are taken. */
  parts: Uint32Array<ArrayBuffer>;
  long: ItemKey[];
  count: number;
}

/**
 * A set of items in the order in which they were added, for as many as a job may have: of each it keeps the id's characters,
 * a byte each up to U+00FF and two beyond, and about 12 bytes more. They are no objects, so that a collection of garbage has
 * nothing to look at: with a million strings in a `Set` it stops the program for a fifth of a second.
 */
export class ItemSet implements Iterable<ItemKey> {
  private few: Set<ItemKey> | undefined = new Set();
  private pieces: Buffer[] = [];
  /** Where the last piece ends. */
  private usedBytes = pieceBytes;
  /** Parts that lie in a buffer of a packed set are there from when somebody asks for them. */
  private table: (Part | undefined)[] = [];
  private packed: Pick<PackedItems, "table" | "parts"> | undefined;
  /** Ids that fit no piece. */
  private long: ItemKey[] = [];
  private count = 0;
  private seed = ownSeed;

  constructor(items: Iterable<ItemKey> = []) {
    for (const item of items) this.add(item);
  }

  get size(): number {
    return this.few?.size ?? this.count;
  }

  has(item: ItemKey): boolean {
    if (this.few) return this.few.has(item);
    const hash = this.hashOf(item);
    const part = this.part(hash >>> 24);
    return part.slots[this.slotOf(part, item, hash)] !== 0;
  }

  /** How much memory it takes beside the few objects that it is made of. */
  get heldBytes(): number {
    const own = this.table.flatMap((part) => (part ? [part.slots.buffer, part.tags.buffer] : []));
    const pieces = this.pieces.map(({ buffer }) => buffer);
    const buffers = new Set([...own, ...pieces, ...(this.packed ? [this.packed.table] : [])]);
    return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Whether another has the same items, in whatever order they were added. */
  equals(other: ItemSet): boolean {
    if (this.size !== other.size) return false;
    for (const item of this) if (!other.has(item)) return false;
    return true;
  }

  add(item: ItemKey): this {
    if (this.few) {
      this.few.add(item);
      if (this.few.size > fewItems) this.spread(this.few);
    } else this.insert(item);
    return this;
  }

  clear(): void {
    this.few = new Set();
    this.pieces = [];
    this.usedBytes = pieceBytes;
    this.table = [];
    this.packed = undefined;
    this.long = [];
    this.count = 0;
  }

  *[Symbol.iterator](): Generator<ItemKey> {
    if (this.few) return yield* this.few;
    for (let at = 0, left = this.count; left > 0; left--) {
      // What did not fit behind the last of a piece is at the beginning of the next.
      if (!this.isEntry(at)) at = ((at >>> pieceBits) + 1) * pieceBytes;
      yield this.itemAt(at);
      at += this.entryBytes(at);
    }
  }

  pack(): PackedItems {
    const { seed, few, usedBytes, long, count } = this;
    const pieces = new Uint8Array(new SharedArrayBuffer(this.pieces.length * pieceBytes));
    for (const [i, piece] of this.pieces.entries()) pieces.set(piece, i * pieceBytes);
    const table = this.table.map((_, n) => this.part(n));
    const parts = Uint32Array.from(table.flatMap(({ slots, count }) => [slots.length, count]));
    const packed = new SharedArrayBuffer(slotsOf(parts) * (slotBytes + 1));
    for (const [n, part] of table.entries()) {
      const copy = partIn(packed, parts, n);
      copy.slots.set(part.slots);
      copy.tags.set(part.tags);
    }
    return { seed, few: few && [...few], pieces, usedBytes, table: packed, parts, long, count };
  }

  static unpack({ seed, few, pieces, usedBytes, table, parts, long, count }: PackedItems): ItemSet {
    const set = new ItemSet(few);
    if (few) return set;
    set.few = undefined;
    for (let at = 0; at < pieces.length; at += pieceBytes)
      set.pieces.push(Buffer.from(pieces.buffer, pieces.byteOffset + at, pieceBytes));
    const unmade = new Array<Part | undefined>(parts.length / 2).fill(undefined);
    return Object.assign(set, { seed, usedBytes, table: unmade, packed: { table, parts }, long, count });
  }

  private spread(few: Iterable<ItemKey>): void {
    this.few = undefined;
    this.table = Array.from({ length: parts }, () => emptyPart(firstSlots));
    for (const item of few) this.insert(item);
  }

  private part(n: number): Part {
    this.table[n] ??= partIn(this.packed!.table, this.packed!.parts, n);
    return this.table[n];
  }

  private insert(item: ItemKey): void {
    const hash = this.hashOf(item);
    const part = this.part(hash >>> 24);
    const slot = this.slotOf(part, item, hash);
    if (part.slots[slot] !== 0) return;
    part.slots[slot] = this.write(item) + 1;
    part.tags[slot] = tagOf(hash);
    this.count++;
    if (++part.count > part.slots.length * fullAt) this.grow(part);
  }

  /** Where an item is in a part, or is to be. */
  private slotOf({ slots, tags }: Part, item: ItemKey, hash: number): number {
    const mask = slots.length - 1;
    const tag = tagOf(hash);
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = slots[slot]!;
      if (place === 0 || (tags[slot] === tag && this.isAt(place - 1, item))) return slot;
    }
  }

  private grow(part: Part): void {
    const { slots, tags } = part;
    const grown = emptyPart(slots.length * 2);
    const mask = grown.slots.length - 1;
    for (const [i, place] of slots.entries()) {
      if (place === 0) continue;
      let slot = this.hashOf(this.itemAt(place - 1)) & mask;
      while (grown.slots[slot] !== 0) slot = (slot + 1) & mask;
      grown.slots[slot] = place;
      grown.tags[slot] = tags[i]!;
    }
    part.slots = grown.slots;
    part.tags = grown.tags;
    // The table that was handed over is needed for as long as a part lies in it.
    const { packed } = this;
    if (packed && this.table.every((one) => one && one.slots.buffer !== packed.table))
      this.packed = undefined;
  }

  /**
   * Adds an entry: a header, and the units of the id, or its number among the long ones. Gives where it lies.
   */
  private write(item: ItemKey): number {
    const units = item.length;
    const isLong = units > maxUnits;
    const isWide = !isLong && hasWide(item);
    const bytes = isLong ? longBytes : headerBytes + (isWide ? 2 * units : units);
    if (this.usedBytes + bytes > pieceBytes) {
      // A header of nothing but ones is no entry's.
      if (this.usedBytes + headerBytes <= pieceBytes)
        this.pieces.at(-1)!.writeUInt16LE(0xffff, this.usedBytes);
      if (this.pieces.length === maxPieces - 1)
        throw new RangeError("Expected ids of less than 4 GiB in all.");
      this.pieces.push(Buffer.allocUnsafeSlow(pieceBytes));
      this.usedBytes = 0;
    }
    const piece = this.pieces.at(-1)!;
    const at = this.usedBytes;
    piece.writeUInt16LE(isLong ? longFlag : units | (isWide ? wideFlag : 0), at);
    if (isLong) piece.writeUInt32LE(this.long.push(item) - 1, at + headerBytes);
    else piece.write(item, at + headerBytes, isWide ? "utf16le" : "latin1");
    this.usedBytes += bytes;
    return (this.pieces.length - 1) * pieceBytes + at;
  }

  private isEntry(at: number): boolean {
    const inPiece = at & (pieceBytes - 1);
    return inPiece + headerBytes <= pieceBytes && this.header(at) !== 0xffff;
  }

  private header(at: number): number {
    const piece = this.pieces[at >>> pieceBits]!;
    const inPiece = at & (pieceBytes - 1);
    return piece[inPiece]! | (piece[inPiece + 1]! << 8);
  }

  private entryBytes(at: number): number {
    const header = this.header(at);
    if (header & longFlag) return longBytes;
    const units = header & maxUnits;
    return headerBytes + (header & wideFlag ? 2 * units : units);
  }

  private itemAt(at: number): ItemKey {
    const piece = this.pieces[at >>> pieceBits]!;
    const from = (at & (pieceBytes - 1)) + headerBytes;
    const header = this.header(at);
    if (header & longFlag) return this.long[piece.readUInt32LE(from)]!;
    const units = header & maxUnits;
    return (
      header & wideFlag
        ? piece.toString("utf16le", from, from + 2 * units)
        : piece.toString("latin1", from, from + units)
    ) as ItemKey;
  }

  /** Whether this item's id lies here. */
  private isAt(at: number, item: ItemKey): boolean {
    const header = this.header(at);
    if (header & longFlag) return this.itemAt(at) === item;
    const units = header & maxUnits;
    if (units !== item.length) return false;
    const piece = this.pieces[at >>> pieceBits]!;
    const from = (at & (pieceBytes - 1)) + headerBytes;
    if (header & wideFlag) {
      for (let i = 0; i < units; i++)
        if ((piece[from + 2 * i]! | (piece[from + 2 * i + 1]! << 8)) !== item.charCodeAt(i)) return false;
    } else for (let i = 0; i < units; i++) if (piece[from + i] !== item.charCodeAt(i)) return false;
    return true;
  }

  /** FNV-1a over the UTF-16 units, with the last step of MurmurHash3, which lets every unit change every bit. */
  private hashOf(item: string): number {
    let hash = this.seed;
    for (let i = 0; i < item.length; i++) hash = Math.imul(hash ^ item.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}

const slotsOf = (parts: PackedItems["parts"], end = parts.length / 2): number => {
  let slots = 0;
  for (let n = 0; n < end; n++) slots += parts[2 * n]!;
  return slots;
};

/** A part that lies in a buffer of a packed set. */
function partIn(table: SharedArrayBuffer, parts: PackedItems["parts"], n: number): Part {
  const [length, count] = [parts[2 * n]!, parts[2 * n + 1]!];
  const before = slotsOf(parts, n);
  return {
    slots: new Uint32Array(table, before * slotBytes, length),
    tags: new Uint8Array(table, slotsOf(parts) * slotBytes + before, length),
    count,
  };
}

const emptyPart = (slots: number): Part => ({
  slots: new Uint32Array(slots),
  tags: new Uint8Array(slots),
  count: 0,
});

const tagOf = (hash: number): number => (hash >>> 16) & 0xff;

function hasWide(item: string): boolean {
  for (let i = 0; i < item.length; i++) if (item.charCodeAt(i) > 0xff) return true;
  return false;
}
