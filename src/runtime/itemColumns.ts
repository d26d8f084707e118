/** What is known of each of millions of items, in a few bytes an item besides its id. */
import type { ItemKey } from "./format/itemId.js";

/** Counts items from 0 in the order in which they come. */
export class ItemNumbers {
  private readonly numbers = new Map<ItemKey, number>();

  of(item: ItemKey): number {
    const known = this.numbers.get(item);
    if (known !== undefined) return known;
    this.numbers.set(item, this.numbers.size);
    return this.numbers.size - 1;
  }
}

/** A whole number of 32 bits for each item, by its number; 0 until it is set. */
export class ItemColumn {
  private values = new Int32Array(1024);

  get(item: number): number {
    return this.values[item] ?? 0;
  }

  set(item: number, value: number): void {
    if (item >= this.values.length) this.grow(Math.max(item + 1, 2 * this.values.length));
    this.values[item] = value;
  }

  /** Takes what another column says where this one says nothing. */
  fillFrom({ values }: ItemColumn): void {
    if (values.length > this.values.length) this.grow(values.length);
    for (let item = 0; item < values.length; item++) this.values[item] ||= values[item]!;
  }

  private grow(length: number): void {
    const larger = new Int32Array(length);
    larger.set(this.values);
    this.values = larger;
  }
}

/** Which of millions of texts were seen, told by checksum, length and time: 16 bytes a place, half of them empty. */
export class SeenTexts {
  private checksums = new Uint32Array(1024);
  /** Of nothing where a place is empty: no text has that length. */
  private lengths = new Uint32Array(1024);
  private times = new Float64Array(1024);
  private size = 0;

  /** @returns whether it is new */
  add(checksum: number, length: number, atMs: number): boolean {
    if (2 * this.size >= this.lengths.length) this.grow();
    const at = this.place(checksum, length, atMs);
    if (this.lengths[at] !== 0) return false;
    this.put(at, checksum, length, atMs);
    return true;
  }

  private place(checksum: number, length: number, atMs: number): number {
    const last = this.lengths.length - 1;
    let at = checksum & last;
    for (; this.lengths[at] !== 0; at = (at + 1) & last)
      if (this.checksums[at] === checksum && this.lengths[at] === length && this.times[at] === atMs) break;
    return at;
  }

  private put(at: number, checksum: number, length: number, atMs: number): void {
    this.checksums[at] = checksum;
    this.lengths[at] = length;
    this.times[at] = atMs;
    this.size++;
  }

  private grow(): void {
    const { checksums, lengths, times } = this;
    const places = 2 * lengths.length;
    this.checksums = new Uint32Array(places);
    this.lengths = new Uint32Array(places);
    this.times = new Float64Array(places);
    this.size = 0;
    for (let at = 0; at < lengths.length; at++)
      if (lengths[at] !== 0) this.add(checksums[at]!, lengths[at]!, times[at]!);
  }
}
