import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { JobDefinitionError } from "../../../src/runtime/errors.js";
import { pythonVariable, resolveProgram } from "../../../src/runtime/runner/workerCommand.js";
import { TestJob } from "../../support/jobs.js";

describe("the program of a job", () => {
  let job: TestJob;
  let folder: string;
  const { PATH, [pythonVariable]: chosen } = process.env;
  beforeEach(() => {
    job = new TestJob();
    folder = join(job.folder, "project/jobs");
    mkdirSync(folder, { recursive: true });
    delete process.env[pythonVariable];
    process.env.PATH = join(job.folder, "bin");
  });
  afterEach(() => {
    process.env.PATH = PATH;
    if (chosen !== undefined) process.env[pythonVariable] = chosen;
    else delete process.env[pythonVariable];
    job.remove();
  });

  const isWindows = process.platform === "win32";
  const inVenv = isWindows ? ".venv/Scripts/python.exe" : ".venv/bin/python";
  const named = (name: string) => (isWindows ? `${name}.exe` : name);

  /** A file in the test's folder that may be executed. */
  function program(path: string, mode = 0o755): string {
    const file = join(job.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "");
    chmodSync(file, mode);
    return file;
  }
  const resolved = (definition: object = {}) => {
    const loaded = { ...job.loaded({ worker: ["${python}"], items: [], ...definition }), folder };
    return resolveProgram(loaded, loaded.definition.worker!);
  };

  it("has for ${python} what the editor chose, else .venv, else python3, else python", () => {
    assert.throws(() => resolved(), JobDefinitionError);
    const python = program(`bin/${named("python")}`);
    assert.equal(resolved().file, python);
    if (!isWindows) {
      const python3 = program("bin/python3");
      assert.equal(resolved().file, python3);
    }
    const venv = program(`project/jobs/${inVenv}`);
    assert.equal(resolved().file, venv);
    process.env[pythonVariable] = "/the/editors/python";
    assert.equal(resolved().file, "/the/editors/python");
  });

  it("passes over a python that cannot be executed, and a folder of that name", function () {
    if (isWindows) return this.skip();
    program("bin/python3", 0o644);
    mkdirSync(join(folder, inVenv), { recursive: true });
    const python = program("bin/python");
    assert.equal(resolved().file, python);
  });

  it("takes the nearest .venv up to the repository's, and none from outside of it", () => {
    const python = program(`bin/${named("python")}`);
    program(inVenv);
    assert.equal(resolved().file, python, "in no repository only the job's own folder counts");
    mkdirSync(join(job.folder, "project/.git"));
    assert.equal(resolved().file, python, "one above the repository may be anybody's");
    const venv = program(`project/${inVenv}`);
    assert.equal(resolved().file, venv);
  });

  it("may have ${python} within an argument", () => {
    const python = program(`bin/${named("python")}`);
    const { file, args } = resolved({ worker: ["sh", "-c", "${python} -u w.py"] });
    assert.deepEqual([file, args], ["sh", ["-c", `${python} -u w.py`]]);
  });

  it("has the variables of its envFile, which win over the environment's", () => {
    const text = `\uFEFF# a comment
PLAIN=one two   # and one here
export EXPORTED=yes
SINGLE='it is # "kept" \\n'
DOUBLE="two\\nlines"
LINES="first
second"
EMPTY=
  SPACED = x=y
PATH=/of/the/file
no assignment
`;
    writeFileSync(join(folder, "my.env"), text);
    const { env } = resolved({ worker: ["x"], envFile: "my.env" });
    const names = ["PLAIN", "EXPORTED", "SINGLE", "DOUBLE", "LINES", "EMPTY", "SPACED", "PATH"];
    assert.deepEqual(
      names.map((name) => env[name]),
      ["one two", "yes", 'it is # "kept" \\n', "two\nlines", "first\nsecond", "", "x=y", "/of/the/file"],
    );
    assert.equal(env.HOME, process.env.HOME);
    assert.throws(() => resolved({ worker: ["x"], envFile: "none.env" }), JobDefinitionError);
  });
});
