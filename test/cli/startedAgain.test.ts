import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { startedAgainVariable } from "../../src/runtime/startedAgain.js";
import { runCli, scratchFolder } from "../support/cli.js";

describe("a run that an editor starts again by itself", () => {
  const job = 'export default { items: ["a"], process: () => "done" };';
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder({ "one.job.mjs": job });
  });
  afterEach(() => folder.remove());

  for (const command of ["run", "retry"])
    it(`does nothing, and says so: ${command}`, async () => {
      const env = { [startedAgainVariable]: "yes" };
      const { code, stderr } = await runCli([command, "one.job.mjs"], { cwd: folder.path, env });
      assert.equal(code, 75);
      assert.match(stderr, /Nothing was run: resume it where you want it to go on/);
      assert.equal(existsSync(join(folder.path, "checkpoints")), false);
    });
});
