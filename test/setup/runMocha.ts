import { writeFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import Mocha from "mocha";

/** What a suite says of itself. A suite that says nothing has failed: a process that dies says nothing. */
export interface Verdict {
  passed: number;
  failed: number;
  skipped: number;
  /** Which tests failed, each with the first line of why. */
  failures: { test: string; why: string }[];
}

/**
 * Runs mocha over bundled test files and writes the verdict. What to do is in the environment, which is the only
 * channel that reaches into an extension host: AGENT_JOBS_VERDICT (file to write), AGENT_JOBS_GREP,
 * AGENT_JOBS_TIMEOUT_MS, AGENT_JOBS_COLOR.
 */
export async function runMocha(files: readonly string[]): Promise<Verdict> {
  const grep = process.env.AGENT_JOBS_GREP;
  const color = process.env.AGENT_JOBS_COLOR === "1";
  if (!color) takeColorsFromSymbols();
  const mocha = new Mocha({
    ui: "bdd",
    reporter: "spec",
    color,
    timeout: Number(process.env.AGENT_JOBS_TIMEOUT_MS ?? 10_000),
    forbidOnly: process.env.CI === "true",
    ...(grep ? { grep } : {}),
  });
  for (const file of files) mocha.addFile(file);
  const failures: Verdict["failures"] = [];
  const verdict = await new Promise<Verdict>((resolve) => {
    const runner = mocha.run(() => {
      const { passes = 0, failures: failed = 0, pending = 0 } = runner.stats ?? {};
      resolve({ passed: passes, failed, skipped: pending, failures });
    });
    runner.on("fail", (test, error: Error) => {
      failures.push({ test: test.fullTitle(), why: String(error.message).split("\n", 1)[0]! });
    });
  });
  const path = process.env.AGENT_JOBS_VERDICT;
  if (path) writeFileSync(path, JSON.stringify(verdict));
  return verdict;
}

/** With CI=true mocha's check mark is coloured for ever, whatever its option says. */
function takeColorsFromSymbols() {
  const { symbols } = Mocha.reporters.Base;
  for (const [name, symbol] of Object.entries(symbols)) symbols[name] = stripVTControlCharacters(symbol);
}
