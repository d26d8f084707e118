import assert from "node:assert/strict";
import { join } from "node:path";
import { type PlanOutcome, readPlan } from "../../src/tools/readPlan.js";
import { cliPath, scratchFolder } from "../support/cli.js";

describe("the plan that the editor reads", () => {
  const folder = scratchFolder({
    "told.job.mjs": 'console.log("loading…"); export default { items: ["a", "b"], process: () => 1 };',
    "program.job.json": JSON.stringify({ command: ["true"], checkpoint: "own.jsonl" }),
    "broken.job.mjs": "export default { items: 7, process: () => 1 };",
    "silent.mjs": "",
  });
  after(() => folder.remove());

  const read = (...args: string[]): Promise<PlanOutcome> =>
    readPlan(process.execPath, args, {
      ...{ cwd: folder.path, env: {} },
      signal: AbortSignal.timeout(30_000),
    });
  const planOf = (job: string) => read(cliPath, "plan", join(folder.path, job), "--json");

  it("is found behind what the job file prints as it is loaded", async () => {
    const outcome = await planOf("told.job.mjs");
    assert.ok("plan" in outcome, JSON.stringify(outcome));
    assert.equal(outcome.plan.toRun, 2);
  });

  it("is none by its nature for a program that keeps its own checkpoint", async () => {
    assert.deepEqual(await planOf("program.job.json"), { kind: "command" });
  });

  it("is an error for a job that cannot be used, and where nothing is said: nothing is run unasked then", async () => {
    const broken = await planOf("broken.job.mjs");
    assert.ok("error" in broken && /items/.test(broken.error), JSON.stringify(broken));
    const silent = await read(join(folder.path, "silent.mjs"));
    assert.ok("error" in silent && silent.error !== "", JSON.stringify(silent));
  });
});
