import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastErrorVariable, takeLastError } from "../../src/runtime/lastError.js";
import { runCli, scratchFolder } from "../support/cli.js";

describe("the error of a run that an editor started", () => {
  let folder: ReturnType<typeof scratchFolder>;
  beforeEach(() => {
    folder = scratchFolder({
      "broken.job.js": "module.exports = { items: [1] };",
      "good.job.js": `module.exports = { items: ["a"], process: () => process.env.${lastErrorVariable} ?? "not handed on" };`,
    });
  });
  afterEach(() => folder.remove());
  const file = () => join(folder.path, "error");
  const run = (job: string, ...args: string[]) =>
    runCli(["run", job, ...args], { cwd: folder.path, env: { [lastErrorVariable]: file() } });

  it("is left in the file that it names, for its owner alone, and taken from there once", async () => {
    const { code, stderr } = await run("broken.job.js");
    assert.equal(code, 2);
    if (process.platform !== "win32") assert.equal(statSync(file()).mode & 0o777, 0o600);
    const taken = await takeLastError(file());
    assert.equal(`agent-jobs: ${taken}`, stderr.trim());
    assert.equal(await takeLastError(file()), undefined);
  });

  it("is the usage error of a wrong argument, and without keys", async () => {
    await run("broken.job.js", "--limitt", "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789");
    const text = readFileSync(file(), "utf8");
    assert.match(text, /unknown option '--limitt'/);
    assert.doesNotMatch(text, /abcdefghij/);
  });

  it("is none where all went well, and the programs of a job do not hear of the file", async () => {
    assert.equal((await run("good.job.js")).code, 0);
    assert.equal(existsSync(file()), false);
    const { stdout } = await runCli(["results", "good.job.js"], { cwd: folder.path });
    assert.match(stdout, /"not handed on"/);
  });

  it("never goes through a link", async () => {
    const precious = join(folder.path, "precious");
    writeFileSync(precious, "precious");
    symlinkSync(precious, file());
    await run("broken.job.js");
    assert.equal(readFileSync(precious, "utf8"), "precious");
    assert.match((await takeLastError(file())) ?? "", /broken\.job\.js has no `process`/);
  });
});
