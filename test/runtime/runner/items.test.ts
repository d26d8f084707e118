import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Input, type InputItem, resolveItems } from "../../../src/runtime/runner/items.js";
import { contentHash } from "../../../src/runtime/session/operationCache.js";
import { scratchFolder } from "../../support/cli.js";

describe("items", () => {
  const folder = scratchFolder({
    "lines.jsonl": '\uFEFF{"id":"a","n":1}\r\n\n{"id":9007199254740993}\n"b"\n{"id":7}',
    "array.json": '[{"id":"a"},{"id":9007199254740993},18446744073709551615]',
    "table.csv": '\uFEFFid,city\na,Köln\nb,"New\nYork"\n',
    "object.json": '{"a":1}',
    "broken.jsonl": '{"id":"a"}\n{"id":\n',
    "docs/b.md": "two",
    "docs/a.md": "one",
    "docs/deep/c.md": "three",
    "docs/.hidden.md": "no",
    "docs/x.txt": "no",
    "parts/1.jsonl": "{}",
    "parts/2.jsonl": "{}",
  });
  after(() => folder.remove());

  const resolve = (source: unknown, key?: unknown): Promise<Input> =>
    resolveItems(source as never, key as never, folder.path);
  async function list(source: unknown, key?: unknown): Promise<InputItem[]> {
    const input = await resolve(source, key);
    const items: InputItem[] = [];
    for await (const item of input.items) items.push(item);
    return items;
  }
  const keys = async (source: unknown, key?: unknown) => (await list(source, key)).map((item) => item.key);
  const rejects = (source: unknown, message: RegExp, key?: unknown) =>
    assert.rejects(list(source, key), (error: Error & { code: string }) => {
      assert.equal(error.code, "AJ_JOB");
      assert.match(error.message, message);
      return true;
    });

  it("come from an array, by `id`, or by themselves where they are ids", async () => {
    assert.deepEqual(await keys([{ id: "a" }, "b", 3, { id: 4n }]), ['"a"', '"b"', "3", "4"]);
  });

  it("come from a .jsonl file with a BOM, CRLF, blank lines and no newline at the end", async () => {
    assert.deepEqual(await keys("lines.jsonl"), ['"a"', "9007199254740993", '"b"', "7"]);
  });

  it("come from a .json file, integers above 2^53 with all their digits", async () => {
    assert.deepEqual(await keys("array.json"), ['"a"', "9007199254740993", "18446744073709551615"]);
  });

  it("come from a .csv file with a header", async () => {
    const items = await list("table.csv");
    assert.deepEqual(
      items.map(({ item }) => item),
      [
        { id: "a", city: "Köln" },
        { id: "b", city: "New\nYork" },
      ],
    );
    assert.deepEqual(await keys("table.csv", "city"), ['"Köln"', '"New\\nYork"']);
  });

  it("come from a glob: sorted, forward slashes, hidden files left out, hashed by their bytes", async () => {
    const items = await list("docs/**/*.md");
    assert.deepEqual(
      items.map(({ item }) => item),
      [{ path: "docs/a.md" }, { path: "docs/b.md" }, { path: "docs/deep/c.md" }],
    );
    assert.deepEqual(
      items.map(({ key }) => key),
      ['"docs/a.md"', '"docs/b.md"', '"docs/deep/c.md"'],
    );
    assert.equal(await items[0]!.hash(), createHash("sha256").update("one").digest("hex"));
  });

  it("come from a glob of data files as files, and from an existing data file as its items", async () => {
    assert.deepEqual(await keys("parts/*.jsonl"), ['"parts/1.jsonl"', '"parts/2.jsonl"']);
    assert.equal((await list("docs/../lines.jsonl")).length, 4);
  });

  it("are hashed by their RFC 8785 JSON, whatever the order of members", async () => {
    const [one, two] = await list([
      { id: 1, b: 2, a: [1.0, "ü"] },
      { a: [1, "ü"], b: 2, id: 1 },
    ]);
    assert.equal(await one!.hash(), await two!.hash());
    assert.equal(await one!.hash(), contentHash({ id: 1, b: 2, a: [1, "ü"] }));
    const [noJson] = await list([{ id: "x", big: 1n }]);
    assert.equal(await noJson!.hash(), undefined);
  });

  it("come from iterables, sync and async, as a stream whose end is not known", async () => {
    async function* later() {
      yield "a";
      yield "b";
    }
    for (const source of [
      new Set(["a", "b"]),
      later(),
      later,
      () => later(),
      async () => new Set(["a", "b"]),
    ]) {
      const input = await resolve(source);
      assert.equal(input.kind, "stream");
    }
    assert.deepEqual(await keys(later), ['"a"', '"b"']);
    assert.deepEqual(await keys(new Map([["a", 1]]).keys()), ['"a"']);
  });

  it("come from a function giving any of those", async () => {
    assert.deepEqual(await keys(() => ["a"]), ['"a"']);
    assert.deepEqual(await keys(async () => "array.json", "id").catch((error) => error.code), "AJ_JOB");
    assert.equal((await list(() => "docs/*.md")).length, 2);
  });

  it("are named by a key function or a member", async () => {
    assert.deepEqual(await keys([{ url: "u" }], (item: { url: string }) => item.url), ['"u"']);
    assert.deepEqual(await keys([{ url: "u" }], "url"), ['"u"']);
  });

  it("that have no id are an error which says which and what to do", async () => {
    await rejects([{ id: "a" }, { name: "b" }], /Item 2 of items has no usable id.*`key`/);
    await rejects([{ id: "a" }], /no member `url`/, "url");
    await rejects([{ id: { deep: 1 } }], /no usable id/);
    await rejects([{ id: Number.NaN }], /finite/);
    await rejects([{ id: 2 ** 60 }], /exact/);
    await rejects([undefined], /Item 1/);
  });

  it("that cannot be had are an error that names the file", async () => {
    await rejects("missing.jsonl", /no items file .*missing\.jsonl/);
    await rejects("nothing/*.md", /no file matches "nothing\/\*\.md"/);
    await rejects("object.json", /object\.json.*array/);
    await rejects("broken.jsonl", /broken\.jsonl, line 2/);
    await rejects({ a: 1 }, /cannot be iterated/);
    await rejects(() => () => [], /another function/);
    await rejects(() => {
      throw new Error("no network");
    }, /`items` threw: no network/);
  });

  it("of an iterable that breaks are an error that says after how many", async () => {
    await rejects(function* () {
      yield "a";
      throw new Error("cursor lost");
    }, /threw after 1 item: cursor lost/);
  });
});
