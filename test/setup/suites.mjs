// The suites of the tests: each a process of its own with a verdict of its own.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./processes.mjs";

/**
 * In the order in which they begin, so that the longest do not come last. `part` is what `npm test -- PART` runs; `share`
 * is every nth of a folder's bundles, of the `long` ones (longTests.mjs) or of the others. Much of what windows and
 * commands take is waiting: several suites run at a time, but for what wants the machine for itself (`alone`). One that
 * is `compiled` starts a few programs hundreds of times, and compiles each once.
 */
const SUITES = [
  { part: "interface", folder: "interface", timeoutMs: 120_000 },
  { part: "interface", folder: "interface", long: true, share: [0, 2], timeoutMs: 120_000 },
  { part: "core", folder: "cli", long: true, share: [0, 2], timeoutMs: 60_000, compiled: true },
  { part: "interface", folder: "interface", long: true, share: [1, 2], timeoutMs: 120_000 },
  { part: "core", folder: "runtime", timeoutMs: 20_000 },
  { part: "host", folder: "extension", long: true, timeoutMs: 90_000, program: "dist/test/host/main.js" },
  { part: "core", folder: "cli", long: true, share: [1, 2], timeoutMs: 60_000, compiled: true },
  { part: "core", folder: "cli", timeoutMs: 60_000, compiled: true },
  { part: "host", folder: "extension", timeoutMs: 90_000, program: "dist/test/host/main.js" },
  { part: "core", folder: "torture", timeoutMs: 180_000 },
  { part: "core", folder: "runtime", long: true, timeoutMs: 20_000 },
  { part: "core", folder: "examples", long: true, timeoutMs: 60_000 },
  { part: "core", folder: "examples", timeoutMs: 60_000 },
  { part: "core", folder: "package", timeoutMs: 60_000 },
  { part: "core", folder: "python", timeoutMs: 60_000 },
  { part: "core", folder: "view", timeoutMs: 10_000 },
  { part: "core", folder: "torture", long: true, timeoutMs: 180_000, alone: true },
];

export const PARTS = [...new Set(SUITES.map((suite) => suite.part))];

function testBundles(root, { folder, long = false }) {
  const path = join(root, "dist/test", folder);
  if (!existsSync(path)) return [];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".test.js") && name.endsWith(".long.test.js") === long)
    .sort()
    .map((name) => join(path, name));
}

/** The suites of these parts that have tests, with the long ones or without. */
export function suitesOf(root, parts, withLong) {
  const wanted = SUITES.filter(({ part, long }) => parts.includes(part) && (withLong || !long));
  return wanted.flatMap((suite) => {
    const [index, of] = suite.share ?? [0, 1];
    const files = testBundles(root, suite).filter((_, i) => i % of === index);
    const name = `${suite.folder}${suite.long ? ", long" : ""}${of === 1 ? "" : ` ${index + 1}/${of}`}`;
    return files.length > 0 ? [{ ...suite, name, files }] : [];
  });
}

/**
 * Runs one suite. Without a verdict it has failed, whatever its exit code: whoever dies of a signal gives none, and
 * VS Code reports an extension host that died as 0.
 *
 * @param {number | "inherit"} output a file for what it prints, or here
 * @returns {Promise<{ passed: number, failed: number, skipped: number, problem?: string }>}
 */
export async function runSuite(suite, { node, env }, grep, output) {
  const folder = mkdtempSync(join(tmpdir(), "agent-jobs-verdict-"));
  const verdictFile = join(folder, "verdict.json");
  const program = suite.program ?? "dist/test/setup/plain.main.js";
  try {
    const code = await run(node, ["--enable-source-maps", program, ...suite.files], {
      ownGroup: true,
      stdio: ["ignore", output, output],
      env: {
        ...env,
        AGENT_JOBS_VERDICT: verdictFile,
        ...(suite.compiled ? { NODE_COMPILE_CACHE: join(folder, "compiled") } : {}),
        AGENT_JOBS_TIMEOUT_MS: String(suite.timeoutMs),
        AGENT_JOBS_COLOR: process.stdout.isTTY && !process.env.NO_COLOR ? "1" : "0",
        ...(grep ? { AGENT_JOBS_GREP: grep } : {}),
      },
    });
    return judge(suite, code, verdictFile, grep);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function judge(suite, code, verdictFile, grep) {
  const name = `The suite ${suite.name}`;
  if (!existsSync(verdictFile)) {
    return { passed: 0, failed: 1, skipped: 0, problem: `${name} gave no verdict (exit code ${code}).` };
  }
  const verdict = JSON.parse(readFileSync(verdictFile, "utf8"));
  if (verdict.failed === 0 && code !== 0) {
    return { ...verdict, failed: 1, problem: `${name} ended with exit code ${code} after its tests.` };
  }
  if (!grep && verdict.passed + verdict.failed + verdict.skipped === 0) {
    return { ...verdict, failed: 1, problem: `${name} ran no test.` };
  }
  return verdict;
}
