import assert from "node:assert/strict";
import fc from "fast-check";
import { type ItemId, keyOf } from "../../src/runtime/format/itemId.js";
import { type JobLink, linkQuery, readLink } from "../../src/view/jobLink.js";

describe("a link to a job", () => {
  const link = (item: ItemId | undefined, path = "jobs/nightly.job.ts"): JobLink => ({
    ...{ folder: "batches", path, item: item === undefined ? null : keyOf(item) },
  });

  it("is read as it was written, whatever the item's id is", () => {
    for (const item of [
      "doc 17",
      "5",
      5,
      "true",
      true,
      "null",
      null,
      '"x"',
      "1e3",
      "a&b=c",
      "ö+%25",
      undefined,
    ])
      assert.deepEqual(readLink("/job", linkQuery(link(item))), link(item), JSON.stringify(item));
  });

  it("is read as it was written for any path and any id", () => {
    const text = fc.string({ minLength: 1, unit: "grapheme" }).filter((one) => !/\p{Cc}/u.test(one));
    fc.assert(
      fc.property(text, text, (path, id) => {
        assert.deepEqual(readLink("/job", linkQuery(link(id, path))), link(id, path));
      }),
    );
  });

  it("shows an id as people write it", () => {
    assert.equal(linkQuery(link("doc-17")), "folder=batches&path=jobs%2Fnightly.job.ts&item=doc-17");
  });

  it("names nothing where it is not one", () => {
    const bad = ["", "item=a", "path=", "path=a&path=b", "path=a&item=", "path=a%00b", "path=a&item=%1b[2J"];
    for (const query of [...bad, `path=${"a".repeat(5_000)}`, `path=a&x=${"a".repeat(20_000)}`])
      assert.equal(readLink("/job", query), null, query.slice(0, 40));
    for (const path of ["", "/", "/run", "/job/x", "/JOB"])
      assert.equal(readLink(path, "path=a"), null, path);
  });
});
