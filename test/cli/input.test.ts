import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";

const job = `console.log("as it is loaded");
export default { items: [{ id: 1, text: "a" }, { id: "1", text: "b\\u202e" }], process() { throw new Error("not to be run"); } };`;

describe("agent-jobs input", () => {
  it("prints one item of the input as it is, and runs and records nothing", async () => {
    const folder = scratchFolder({ "n.job.mjs": job });
    try {
      const cli = (...args: string[]) => runCli(["input", "n.job.mjs", ...args], { cwd: folder.path });
      const number = await cli("--item", "1", "--json");
      assert.deepEqual(JSON.parse(number.stdout.trim().split("\n").at(-1)!), {
        item: 1,
        input: { id: 1, text: "a" },
      });
      const text = await cli("--item", '"1"');
      assert.match(text.stdout, /\{\n {2}"id": "1",\n {2}"text": "b\\u\{202e\}"\n\}/);
      const unknown = await cli("--item", "2");
      assert.equal(unknown.code, 2);
      assert.match(unknown.stderr, /The input of n has no item 2 now/);
      assert.equal(existsSync(join(folder.path, "checkpoints")), false);
    } finally {
      folder.remove();
    }
  });
});
