import assert from "node:assert/strict";
import fc from "fast-check";
import { type ItemKey, keyOf } from "../../../src/runtime/format/itemId.js";
import { ItemSet } from "../../../src/runtime/state/itemSet.js";

const key = (text: string) => text as ItemKey;
const many = 3_000;

/** What distinguishes ids, and where one must not be taken for another: kinds, digits, characters, lengths, halves of pairs. */
const ids = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom("a", "b", "ÿ", "Ā", "\ud800", "\udc00", "\\", '"'), maxLength: 4 }),
  fc.nat(),
  fc.constantFrom(null, true, false),
);

describe("a set of items", () => {
  it("has what was added, once each and in that order, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(ids, { maxLength: 300 }), fc.array(ids), fc.boolean(), (added, asked, isLarge) => {
        const before = isLarge ? Array.from({ length: many }, (_, n) => keyOf(`before-${n}`)) : [];
        const keys = [...before, ...added.map(keyOf)];
        const expected = new Set(keys);
        const found = new ItemSet(keys);
        assert.equal(found.size, expected.size);
        assert.deepEqual([...found], [...expected]);
        for (const item of asked.map(keyOf)) assert.equal(found.has(item), expected.has(item), item);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps ids of every length apart, over the ends of its pieces and beyond what fits in one", () => {
    const lengths = [0, 1, 2, 100, 4_095, 8_190, 8_191, 8_192, 30_000, 100_000];
    const units = ["x", "é", "中", "\ud800"];
    const added = Array.from({ length: 4 }, (_, round) =>
      lengths.flatMap((length) => units.map((unit) => key(`${round}${unit.repeat(length)}`))),
    ).flat();
    const few = Array.from({ length: many }, (_, n) => key(String(-n - 1)));
    const found = new ItemSet([...few, ...added, ...added]);
    assert.deepEqual([...found], [...new Set([...few, ...added])]);
    for (const item of added) {
      assert.ok(found.has(item));
      assert.ok(!found.has(key(`${item}!`)));
    }
  });

  it("is empty once it was cleared, and takes items again", () => {
    const found = new ItemSet(Array.from({ length: many }, (_, n) => keyOf(n)));
    found.clear();
    assert.deepEqual([found.size, found.has(keyOf(1)), [...found]], [0, false, []]);
    for (let n = many; n > 0; n--) found.add(keyOf(n));
    assert.deepEqual([found.size, found.has(keyOf(1)), found.has(keyOf(0))], [many, true, false]);
  });

  it("is the same as another with the same items in another order, and as none with others", () => {
    const items = Array.from({ length: many }, (_, n) => keyOf(n));
    const found = new ItemSet(items);
    assert.ok(found.equals(new ItemSet(items.toReversed())));
    assert.ok(!found.equals(new ItemSet(items.slice(1))));
    assert.ok(!found.equals(new ItemSet([...items.slice(1), keyOf("0")])));
  });

  it("finds each of a hundred thousand items, and no other", () => {
    const found = new ItemSet();
    for (let n = 0; n < 100_000; n++) found.add(keyOf(`item-${n}`));
    for (let n = 0; n < 100_000; n++) {
      assert.ok(found.has(keyOf(`item-${n}`)));
      assert.ok(!found.has(keyOf(`item-${n + 100_000}`)));
    }
  });

  it("is the same after it was handed over, whether or not anything was asked of it, and takes more items", () => {
    const key = (n: number) => keyOf(`item-${n}`);
    for (const count of [0, 500, many, 20_000]) {
      const items = Array.from({ length: count }, (_, n) => key(n));
      const handOver = (set: ItemSet) => ItemSet.unpack(structuredClone(set.pack()));
      const once = handOver(new ItemSet(items));
      assert.deepEqual(
        [once.size, once.has(key(count - 1)), once.has(key(count))],
        [count, count > 0, false],
      );
      const twice = handOver(handOver(new ItemSet(items)));
      assert.deepEqual([...twice], items);
      const more = Array.from({ length: many }, (_, n) => key(count - 10 + n));
      for (const set of [once, twice]) for (const item of more) set.add(item);
      const expected = new ItemSet([...items, ...more]);
      for (const set of [once, twice]) assert.deepEqual([...set], [...expected]);
    }
  });

  it("says how much memory it holds, which is shared once it was handed over", () => {
    assert.equal(new ItemSet([keyOf(1)]).heldBytes, 0);
    const count = 100_000;
    const found = new ItemSet(Array.from({ length: count }, (_, n) => keyOf(n)));
    const perItem = found.heldBytes / count;
    assert.ok(perItem > 7 && perItem < 30, String(perItem));
    assert.equal(ItemSet.unpack(found.pack()).heldBytes, found.heldBytes);
  });
});
