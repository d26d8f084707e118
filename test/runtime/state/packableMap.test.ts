import assert from "node:assert/strict";
import { PackableMap } from "../../../src/runtime/state/packableMap.js";

interface Value {
  n: number;
  steps?: Set<string>;
}

describe("a map that comes as bytes", () => {
  const many = 1_234;
  const entries = Array.from({ length: many }, (_, n): [string, Value] => [
    `key-${n}`,
    { n, ...(n % 7 === 0 && { steps: new Set(["draft", "judge"]) }) },
  ]);
  const handedOver = () =>
    new PackableMap<string, Value>().adopt(structuredClone(new PackableMap(entries).packEntries()));

  it("has what was packed, in its order, whatever it is asked first", () => {
    const whole = new Map(entries);
    const questions: [string, (map: Map<string, Value>) => unknown][] = [
      ["get", (map) => map.get("key-7")],
      ["has", (map) => [map.has("key-1233"), map.has("key-1234")]],
      ["size", (map) => map.size],
      ["keys", (map) => [...map.keys()]],
      ["values", (map) => [...map.values()]],
      ["entries", (map) => [...map.entries()]],
      ["iteration", (map) => [...map]],
      [
        "forEach",
        (map) => {
          const seen: unknown[] = [];
          map.forEach((value, key) => {
            seen.push([key, value]);
          });
          return seen;
        },
      ],
    ];
    for (const [what, ask] of questions) {
      const map = handedOver();
      assert.deepEqual(ask(map), ask(whole), what);
      assert.deepEqual([...map], entries, what);
    }
  });

  it("takes changes as if it had never been packed", () => {
    const change = (map: Map<string, Value>) => {
      map.set("key-3", { n: -3 });
      map.set("new", { n: -1 });
      return map.delete("key-4") && !map.delete("none");
    };
    const [map, whole] = [handedOver(), new Map(entries)];
    assert.deepEqual([change(map), change(whole)], [true, true]);
    assert.deepEqual([map.size, ...map], [whole.size, ...whole]);
    const first = handedOver();
    assert.equal(first.delete("key-0"), true);
    assert.equal(first.size, many - 1);
    const cleared = handedOver();
    cleared.clear();
    assert.deepEqual([cleared.size, ...cleared], [0]);
  });

  it("is made in parts between which others have a turn, and loses nothing to who changes it meanwhile", async () => {
    const map = handedOver();
    let turns = 0;
    await map.unpack(async () => {
      if (++turns === 2) map.set("key-0", { n: -1 });
    });
    assert.equal(turns, 3);
    assert.deepEqual([...map], [["key-0", { n: -1 }], ...entries.slice(1)]);
    await map.unpack(async () => assert.fail("There was nothing left to make."));
  });

  it("is packed again as it was", () => {
    assert.deepEqual(handedOver().packEntries(), new PackableMap(entries).packEntries());
    assert.equal(new PackableMap().packEntries().size, 0);
    assert.deepEqual([...new PackableMap().adopt(new PackableMap().packEntries())], []);
  });
});
