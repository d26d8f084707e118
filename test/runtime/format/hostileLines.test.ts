import assert from "node:assert/strict";
import { hostileLines, verdictOf } from "../../torture/hostileLines.js";

// What else is made of them, all together: npm run torture -- --only hostile-lines
describe("a hostile line", () => {
  for (const { name, verdict, bytes } of hostileLines())
    it(`${name}: ${verdict.slice(0, 60)}`, () => assert.equal(verdictOf(bytes), verdict));
});
