import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import * as vscode from "vscode";
import packageJson from "../../package.json";
import { inWorkspace, type Parts, parts } from "./support/extension.js";

const isWindows = process.platform === "win32";

describe("the integrated terminal", () => {
  const folder = inWorkspace("with a space");
  const bin = join(process.env.AGENT_JOBS_ROOT!, "dist/bin");
  let terminal: Parts["terminal"];
  before(async () => {
    ({ terminal } = await parts());
  });
  beforeEach(async () => {
    mkdirSync(folder, { recursive: true });
    await terminal.drawn();
  });
  afterEach(async () => {
    await extendTerminal(undefined);
    rmSync(folder, { recursive: true, force: true });
  });

  const extendTerminal = async (value: boolean | undefined) => {
    const settings = vscode.workspace.getConfiguration("agentJobs");
    await settings.update("extendTerminal", value, vscode.ConfigurationTarget.Workspace);
    await terminal.drawn();
  };

  /** What a line prints in the shell of a new terminal, and its exit code. */
  async function told(line: string): Promise<{ text: string; exitCode: number }> {
    const shell = vscode.window.createTerminal({
      ...{ name: "told", cwd: folder },
      ...(!isWindows && { shellPath: "/bin/sh" }),
    });
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, "told.code"));
    try {
      const written = new Promise<void>((resolve) => watcher.onDidCreate(() => resolve()));
      shell.sendText(
        isWindows
          ? `${line} > told.txt & call echo %^errorlevel% > told.tmp & move told.tmp told.code`
          : `${line} > told.txt; echo $? > told.tmp; mv told.tmp told.code`,
      );
      await written;
      const read = (name: string) => readFileSync(join(folder, name), "utf8").trim();
      return { text: read("told.txt"), exitCode: Number(read("told.code")) };
    } finally {
      watcher.dispose();
      shell.dispose();
      for (const name of ["told.txt", "told.code"]) rmSync(join(folder, name), { force: true });
    }
  }
  const variable = (name: string) => (isWindows ? `echo %${name}%` : `printf %s "$${name}"`);

  it("has the command agent-jobs", async () => {
    const { text, exitCode } = await told("agent-jobs --version");
    assert.deepEqual({ text, exitCode }, { text: packageJson.version, exitCode: 0 });
  });

  it("hands on arguments with spaces and the exit code", async () => {
    writeFileSync(join(folder, "two words.jsonl"), '{"id": "a", "ts": 1748107200}\nnonsense\n{"id": "b"}\n');
    const { text, exitCode } = await told('agent-jobs status --json "two words.jsonl"');
    assert.equal(exitCode, 3);
    assert.equal(JSON.parse(text).jobs[0].damaged, true);
  });

  it("takes the agent-jobs that is there already, where there is one", async () => {
    const { text } = await told(variable("PATH"));
    assert.equal(text.split(delimiter).at(-1), bin);
  });

  it("lets Python scripts import the helper", async () => {
    const { text } = await told(variable("PYTHONPATH"));
    const last = text.split(delimiter).at(-1)!;
    assert.ok(existsSync(join(last, "agent_jobs.py")), last);
  });

  it("has the helper behind the PYTHONPATH that a person has set for terminals", async () => {
    const platform = { win32: "windows", darwin: "osx" }[process.platform as string] ?? "linux";
    const settings = vscode.workspace.getConfiguration("terminal.integrated.env");
    const entries = async (PYTHONPATH: string | null) => {
      await settings.update(platform, { PYTHONPATH }, vscode.ConfigurationTarget.Global);
      await terminal.drawn();
      return (await told(variable("PYTHONPATH"))).text.split(delimiter);
    };
    try {
      const [theirs, helper, ...others] = await entries("/their/own");
      assert.deepEqual([theirs, others], ["/their/own", []]);
      assert.ok(existsSync(join(helper!, "agent_jobs.py")), helper);
      assert.deepEqual(await entries(null), [helper]);
      assert.deepEqual(await entries("${env:AGENT_JOBS_NO_SUCH}"), [helper]);
    } finally {
      await settings.update(platform, undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it("has neither where a setting says so", async () => {
    await extendTerminal(false);
    const { text } = await told(`${variable("PATH")} && ${variable("PYTHONPATH")}`);
    assert.ok(!text.includes(process.env.AGENT_JOBS_ROOT!), text);
  });

  it("has the command also where the rights of its file were lost", async function () {
    if (isWindows) return this.skip();
    const launcher = join(bin, "agent-jobs");
    chmodSync(launcher, 0o644);
    try {
      await extendTerminal(false);
      await extendTerminal(true);
      assert.equal(statSync(launcher).mode & 0o111, 0o111);
    } finally {
      chmodSync(launcher, 0o755);
    }
  });
});
