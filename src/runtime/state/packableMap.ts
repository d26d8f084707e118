import { deserialize, serialize } from "node:v8";

/** So many entries are made of bytes in a few milliseconds. */
const entriesAPart = 500;

/** A map as data that another thread can be sent: one buffer, which need not be copied. */
export interface PackedMap {
  size: number;
  /** Some entries in each part, one part behind the other. */
  bytes: Uint8Array<ArrayBuffer>;
  partBytes: number[];
}

/**
 * A map that may come as bytes, and stays such until somebody asks for an entry: of jobs that nobody looks at, the entries are no
 * objects that every collection of garbage would go through.
 */
export class PackableMap<K, V, P extends PackedMap = PackedMap> extends Map<K, V> {
  /** Undefined from when somebody asks for an entry. */
  protected packed: P | undefined;

  packEntries(): PackedMap {
    const entries = [...this];
    const parts: Buffer[] = [];
    for (let i = 0; i < entries.length; i += entriesAPart)
      parts.push(serialize(entries.slice(i, i + entriesAPart)));
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { size: entries.length, bytes, partBytes: parts.map(({ length }) => length) };
  }

  /** Has these entries instead of its own. */
  adopt(packed: P): this {
    super.clear();
    this.packed = packed.size > 0 ? packed : undefined;
    return this;
  }

  /** Makes entries of the bytes, before somebody asks. @param turn awaited between two parts */
  async unpack(turn: () => Promise<void> = async () => {}): Promise<void> {
    const { packed } = this;
    if (!packed) return;
    const entries: [K, V][][] = [];
    for (const part of partsOf<K, V>(packed)) {
      entries.push(part);
      await turn();
    }
    // Somebody who could not wait may have asked meanwhile, and changed them.
    if (this.packed !== packed) return;
    this.packed = undefined;
    for (const [key, value] of entries.flat()) super.set(key, value);
  }

  private open(): void {
    // The constructor of a map with entries sets them before there is a field.
    const { packed } = this;
    if (!packed) return;
    this.packed = undefined;
    for (const part of partsOf<K, V>(packed)) for (const [key, value] of part) super.set(key, value);
  }

  override get size(): number {
    return this.packed?.size ?? super.size;
  }

  override get(key: K): V | undefined {
    this.open();
    return super.get(key);
  }

  override has(key: K): boolean {
    this.open();
    return super.has(key);
  }

  override set(key: K, value: V): this {
    this.open();
    return super.set(key, value);
  }

  override delete(key: K): boolean {
    this.open();
    return super.delete(key);
  }

  override clear(): void {
    this.packed = undefined;
    super.clear();
  }

  override keys(): MapIterator<K> {
    this.open();
    return super.keys();
  }

  override values(): MapIterator<V> {
    this.open();
    return super.values();
  }

  override entries(): MapIterator<[K, V]> {
    this.open();
    return super.entries();
  }

  override [Symbol.iterator](): MapIterator<[K, V]> {
    this.open();
    return super[Symbol.iterator]();
  }

  override forEach(visit: (value: V, key: K, map: Map<K, V>) => void, thisArg?: unknown): void {
    this.open();
    super.forEach(visit, thisArg);
  }
}

function* partsOf<K, V>({ bytes, partBytes }: PackedMap): Generator<[K, V][]> {
  let at = 0;
  for (const length of partBytes) {
    yield deserialize(bytes.subarray(at, at + length)) as [K, V][];
    at += length;
  }
}
