import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, scratchFolder } from "../support/cli.js";

describe("agent-jobs status over jobs of one name", () => {
  let scratch: ReturnType<typeof scratchFolder>;
  before(() => {
    scratch = scratchFolder();
    for (const folder of ["berlin", "paris"]) {
      mkdirSync(join(scratch.path, folder));
      writeFileSync(
        join(scratch.path, folder, "nightly.job.mjs"),
        'export default { items: ["a"], process() {} };',
      );
    }
    writeFileSync(join(scratch.path, "weekly.job.mjs"), 'export default { items: ["a"], process() {} };');
  });
  after(() => scratch.remove());

  it("says where each lies, and nothing of a name that is there once", async () => {
    const { stdout } = await runCli(["status", "."], { cwd: scratch.path });
    assert.deepEqual(stdout.trim().split("\n").sort(), [
      "● nightly (berlin)  not run yet",
      "● nightly (paris)  not run yet",
      "● weekly  not run yet",
    ]);
  });
});
