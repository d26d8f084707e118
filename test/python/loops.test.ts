import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { hasPython, python, pythonEnv } from "../support/pythonProgram.js";

const program = resolve("test/python/loops.py");
const names = [...readFileSync(program, "utf8").matchAll(/^ {4}def test_(\w+)\(/gm)].map(([, name]) => name!);

interface Told {
  test: string;
  outcome: "passed" | "failed" | "skipped";
  detail: string | null;
}

// One interpreter runs them all; each counts for itself.
describe("the Python helper", () => {
  const told = new Map<string, Told>();

  before(async function () {
    if (!hasPython()) return this.skip();
    const { stdout } = await promisify(execFile)(python, [program], { env: pythonEnv() });
    for (const line of stdout.trim().split("\n")) {
      const one = JSON.parse(line) as Told;
      told.set(one.test.replace(/^test_/, ""), one);
    }
  });

  for (const name of names)
    it(name.replaceAll("_", " "), function () {
      const one = told.get(name);
      if (one?.outcome === "skipped") return this.skip();
      assert.equal(one?.outcome, "passed", one?.detail ?? "it was not run");
    });
});
