import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { adoptingPage, diffOf, pagePath, writeCommand } from "../adoption/page.js";
import { scenarios } from "../adoption/scenarios.js";
import { root } from "../setup/root.js";

const maxChangedLines = 3;

describe("adopting scripts that people have", () => {
  it("is shown for each script there is", () => {
    const scripts = scenarios.map(({ script }) => script).sort();
    assert.equal(scripts.length, 12);
    for (const version of ["before", "after"])
      assert.deepEqual(readdirSync(join(root, "test/adoption", version)).sort(), scripts);
  });

  for (const scenario of scenarios)
    it(`changes at most ${maxChangedLines} lines: ${scenario.kind}`, () => {
      const { added, removed } = diffOf(scenario);
      assert.ok(added > 0 && added <= maxChangedLines, `${added} lines more`);
      assert.ok(removed <= maxChangedLines, `${removed} lines less`);
    });

  it("is told on the page as the scripts have it", () => {
    const page = readFileSync(join(root, pagePath), "utf8").replaceAll("\r\n", "\n");
    assert.equal(
      page,
      adoptingPage(),
      `${pagePath} is not what the scripts say: write it with ${writeCommand}`,
    );
  });
});
