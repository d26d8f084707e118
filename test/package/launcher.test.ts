import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import packageJson from "../../package.json";
import { root } from "../setup/root.js";

const isWindows = process.platform === "win32";
const name = isWindows ? "agent-jobs.cmd" : "agent-jobs";

/** The launcher that the extension brings for terminals, where an extension's folder has spaces in its path. */
describe("the launcher of the command line", () => {
  let scratch: string;
  let launcher: string;
  before(() => {
    scratch = mkdtempSync(join(tmpdir(), "agent jobs launcher "));
    mkdirSync(join(scratch, "dist"));
    cpSync(join(root, "dist/bin"), join(scratch, "dist/bin"), { recursive: true });
    copyFileSync(join(root, "dist/cli.js"), join(scratch, "dist/cli.js"));
    launcher = join(scratch, "dist/bin", name);
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  const launch = (env: NodeJS.ProcessEnv, ...args: string[]) => {
    const { AGENT_JOBS_NODE: _, ELECTRON_RUN_AS_NODE: __, ...rest } = process.env;
    const quoted = isWindows ? `"${launcher}"` : launcher;
    const { status, stdout, stderr } = spawnSync(quoted, args, {
      ...{ cwd: scratch, encoding: "utf8", env: { ...rest, ...env }, shell: isWindows },
    });
    return { status, stdout: stdout.trim(), stderr };
  };

  it("runs it with the Node that is named", () => {
    const { status, stdout } = launch(
      { AGENT_JOBS_NODE: process.execPath, PATH: "/usr/bin:/bin" },
      "--version",
    );
    assert.deepEqual({ status, stdout }, { status: 0, stdout: packageJson.version });
  });

  it("runs it with the Node on PATH where none is named", () => {
    const bin = join(scratch, "node bin");
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, isWindows ? "node.exe" : "node"));
    const { status, stdout } = launch({ PATH: [bin, "/usr/bin", "/bin"].join(delimiter) }, "--version");
    assert.deepEqual({ status, stdout }, { status: 0, stdout: packageJson.version });
  });

  it("makes a Node of an editor's program, and of no other", function () {
    if (isWindows) return this.skip();
    const program = join(scratch, "an editor");
    writeFileSync(program, '#!/bin/sh\nprintf "%s|" "$ELECTRON_RUN_AS_NODE" "$@"\n', { mode: 0o755 });
    const editor = launch({ AGENT_JOBS_NODE: program, AGENT_JOBS_NODE_IS_EDITOR: "1" }, "run", "a b");
    assert.deepEqual(editor.stdout.split("|"), ["1", `${scratch}/dist/bin/../cli.js`, "run", "a b", ""]);
    assert.equal(launch({ AGENT_JOBS_NODE: program }).stdout.split("|")[0], "");
  });

  it("hands on the exit code", () => {
    const { status } = launch({ AGENT_JOBS_NODE: process.execPath }, "run", "missing.job.mjs");
    assert.equal(status, 2);
  });
});
