import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyOf } from "../../../src/runtime/format/itemId.js";
import type { DoneRecord } from "../../../src/runtime/format/record.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { root } from "../../setup/root.js";
import { scratchFolder } from "../../support/cli.js";

describe("A file of another tool that is continued", () => {
  let folder: string;
  let remove: () => void;
  let path: string;
  beforeEach(() => {
    ({ path: folder, remove } = scratchFolder());
    path = join(folder, "a.ckpt");
  });
  afterEach(() => remove());

  const done = (id: string, result?: unknown): DoneRecord => {
    return {
      type: "done",
      atMs: 1_748_107_200_500,
      item: keyOf(id),
      ...(result !== undefined && { result }),
    };
  };
  const from = (fixture: string) => copyFileSync(join(root, "test/fixtures", fixture), path);
  const lines = () =>
    readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "");
  async function append(...records: DoneRecord[]) {
    const log = await new JsonlStore(path).open("job");
    for (const record of records) await log.append([record], "synced");
    await log.close();
  }
  const load = () => new JsonlStore(path).load("job");

  it("stays as it was, with lines added as its own tool writes them", async () => {
    for (const [fixture, added] of [
      ["article/a11-with-result-field.jsonl", '{"id": "new", "ts": 1748107200, "result": {"s": 1}}\n'],
      ["article/a1-half-847-of-1000.jsonl", '{"id": "new", "ts": 1748107200, "result": {"s": 1}}\n'],
      [
        "agent-resume-py/17-item-key-ids.ckpt",
        '{"turn":3,"state":{"results":{"item-001":"summary for item-001","item-002":"summary for item-002","new":{"s":1}}},' +
          '"completed_items":["item-001","item-002","new"],"timestamp":1748107200.5}\n',
      ],
      [
        "agent-resume-rs/half-3-of-5.ckpt",
        '{"turn":4,"state":{"alpha":1.0,"last":"é-😀","zeta":"naïve \u2028"},"completed_items":["item-001","item-002","é-😀","new"],"timestamp":1748107200.5}\n',
      ],
    ] as const) {
      from(fixture);
      const before = readFileSync(path, "utf8");
      await append(done("new", { s: 1 }));
      assert.equal(readFileSync(path, "utf8"), before + added);
    }
  });

  it("keeps a state that JSON.parse would change, byte for byte", async () => {
    const state = '{"a": NaN, "b":-Infinity,"big":9007199254740993,"f":1.0,"dup":1,"dup":2,"s":"\\u00e9\\/"}';
    writeFileSync(path, `{"turn":1,"state":${state},"completed_items":["x"],"timestamp":1.5}\n`);
    await append(done("new", { s: 1 }));
    assert.ok(lines()[1]!.startsWith(`{"turn":2,"state":${state},"completed_items":["x","new"]`));
  });

  it("takes a result into `state.results` where there is one, in its place, and else keeps it in the events", async () => {
    const of = (state: string) => `{"turn":1,"state":${state},"completed_items":[],"timestamp":1}\n`;
    const cases = [
      ['{"results":{}}', '{"results":{"a":[1]}}'],
      ['{"results":{"a":NaN,"b":2},"z":1}', '{"results":{"a":[1],"b":2},"z":1}'],
      ['{"results":[]}', '{"results":[]}'],
      ["null", "null"],
      ['{"x":{"results":{}}}', '{"x":{"results":{}}}'],
    ];
    for (const [before, after] of cases) {
      writeFileSync(path, of(before!));
      writeFileSync(`${path}.events`, "");
      await append(done("a", [1]));
      assert.ok(lines()[1]!.includes(`"state":${after},`), before);
      assert.equal(readFileSync(`${path}.events`, "utf8").includes('"result":[1]'), before === after, before);
    }
  });

  it("never gives an id that is no string the place of a string in `state.results`", async () => {
    writeFileSync(
      path,
      '{"turn":1,"state":{"results":{"1":"of the text"}},"completed_items":["1"],"timestamp":1}\n',
    );
    await append({ ...done("x"), item: keyOf(1), result: "of the number" });
    assert.ok(lines()[1]!.includes('{"results":{"1":"of the text"}},"completed_items":["1",1]'));
  });

  it("keeps the order of what is done: no line is overtaken by an earlier one", async () => {
    from("agent-resume-py/17-item-key-ids.ckpt");
    const log = await new JsonlStore(path).open("job");
    const ids = Array.from({ length: 50 }, (_, i) => `many-${i}`);
    await Promise.all(ids.map((id, i) => log.append([done(id)], i % 2 === 0 ? "synced" : "written")));
    await log.close();
    const { state } = await load();
    assert.deepEqual(
      ids.filter((id) => !state.done.has(keyOf(id))),
      [],
    );
    const counts = lines().map(
      (line) => (JSON.parse(line) as { completed_items: unknown[] }).completed_items.length,
    );
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    );
    assert.ok(lines().length < 10, "what is waiting at the same time shares a line");
  });

  it("is not damaged by a torn tail that it survived, and can be continued again", async () => {
    for (const fixture of ["article/a3-torn-tail.jsonl", "agent-resume-py/06-torn-tail.ckpt"]) {
      from(fixture);
      writeFileSync(`${path}.events`, "");
      const before = (await load()).state.done.size;
      for (let n = 1; n <= 3; n++) {
        await append(done(`new-${n}`));
        const { scan, state } = await load();
        assert.deepEqual([scan.damageCount, scan.faultCount, state.done.size], [0, 1, before + n], fixture);
      }
    }
  });

  it("gets no blank line where its last record only lacks a newline", async () => {
    from("article/a8-complete-record-no-newline.jsonl");
    await append(done("new"));
    assert.equal(readFileSync(path, "utf8").split("\n").length, 5);
  });

  it("counts what its items took once, live and after a start anew", async () => {
    from("agent-resume-py/17-item-key-ids.ckpt");
    const log = await new JsonlStore(path).open("job");
    await log.append([{ ...done("a"), ms: 40, run: 1, attempt: 1, usage: { usd: 2 } }], "synced");
    const counted = (state: typeof log.state) => [
      state.doneMs,
      state.doneUsage.usd,
      state.usage.usd,
      state.runs.get(1)?.done,
    ];
    assert.deepEqual(counted(log.state), [40, 2, 2, 1]);
    await log.close();
    assert.deepEqual(counted((await load()).state), [40, 2, 2, 1]);
  });
});
