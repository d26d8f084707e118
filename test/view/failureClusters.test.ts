import assert from "node:assert/strict";
import fc from "fast-check";
import { failureClusters, messagePattern } from "../../src/view/failureClusters.js";
import { failureGroups } from "../../src/view/failures.js";
import { assertLinear } from "../support/growth.js";
import { sampleView } from "./sample.js";

describe("failures by what their messages say", () => {
  const clusters = (...messages: string[]) => {
    const [group] = failureGroups(sampleView({ failed: { other: messages } }));
    return failureClusters(group!.items).map(({ title, items }) => [title, items.length]);
  };
  const same = (a: string, b: string, idA = "", idB = "") =>
    assert.equal(messagePattern(a, idA), messagePattern(b, idB));
  const differ = (a: string, b: string) => assert.notEqual(messagePattern(a), messagePattern(b));

  it("are one cluster where numbers, times, ids or quotes alone differ", () => {
    same("429 Too many requests: retry after 20 s", "429 Too many requests: retry after 7.5 s");
    same("request req_011CSt9 failed at 12:04:33", "request req_77ZxQ1 failed at 23:59:01");
    same('The reply is no JSON: "Sure! Here"', 'The reply is no JSON: ""');
    same("no member 'total'", "no member 'sum'");
    same("no member `a`, line 3", "no member `b`, line 1,204");
    same("connect ECONNREFUSED 10.0.0.7:5432", "connect ECONNREFUSED 192.168.1.20:5432");
    same(
      "job 3f2b8c1e-0d4e-4f6a-9b1c-2d3e4f5a6b7c is gone",
      "job 00000000-1111-2222-3333-444444444444 is gone",
    );
  });

  it("are one where each names its own item, also one without a digit", () => {
    same("docs/readme.md is too long", "docs/guide.md is too long", "docs/readme.md", "docs/guide.md");
    same("no a", "no b", "a", "b");
    assert.equal(messagePattern("a late reply", "late"), "a … reply");
    assert.equal(messagePattern("translated", "late"), "translated");
  });

  it("are apart where the words differ", () => {
    differ("timed out after 30 s", "aborted after 30 s");
    differ("don't stop", "don't go on");
    differ("", "7");
  });

  it("are called by their message where all have the same, else by what is common, the most frequent first", () => {
    assert.deepEqual(clusters("late", "item 7 is late", "item 12 is late", "late", "late"), [
      ["late", 3],
      ["item … is late", 2],
    ]);
  });

  it("show no key, whether all messages have it or none of the others", () => {
    const key = "sk-ant-api03-abcdefghijkl";
    for (const [title] of clusters(`refused ${key}`, `wrong: ${key}`, `wrong: ${key}`))
      assert.doesNotMatch(String(title), /abcdefghijkl/);
  });

  it("are in one cluster each, and no two clusters are called the same by us", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 60 }), { minLength: 1, maxLength: 20 }), (messages) => {
        const [group] = failureGroups(sampleView({ failed: { other: messages } }));
        const found = failureClusters(group!.items);
        assert.equal(
          found.reduce((sum, { items }) => sum + items.length, 0),
          messages.length,
        );
        assert.equal(new Set(found.map(({ pattern }) => pattern)).size, found.length);
      }),
    );
  });

  for (const part of ["'", '"', "a", "1", "-", "_1-", "«", "…", " … …,", "a-"])
    it(`take time in step with their length, whatever a model wrote: ${part}`, () =>
      assertLinear((length) => {
        const text = part.repeat(length);
        for (let i = 0; i < 20; i++) messagePattern(text, text.slice(0, 3));
      }, 3_125));
});
