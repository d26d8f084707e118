import assert from "node:assert/strict";
import { keyOf } from "../../src/runtime/format/itemId.js";
import { csvOf, jsonLineOf } from "../../src/runtime/resultRows.js";

describe("results as rows", () => {
  it("have a column for each member of results and inputs, none of which hides the item's id", () => {
    const rows = [
      { item: keyOf("a"), input: { id: "a", n: 1 }, result: { id: "other", label: "spam" } },
      { item: keyOf("b"), input: null, result: "=1+1" },
      { item: keyOf(3), result: undefined },
    ];
    assert.equal(
      csvOf(rows),
      "id,input.id,input.n,result.id,result.label,input,result\na,a,1,other,spam,,\nb,,,,,,'=1+1\n3,,,,,,\n",
    );
  });

  it("say as JSON whose they are where asked, and null where there is no result", () => {
    const whose = { job: "j", label: null };
    assert.equal(
      jsonLineOf({ whose, item: keyOf("a"), result: undefined }),
      '{"job":"j","label":null,"id":"a","result":null}\n',
    );
  });
});
