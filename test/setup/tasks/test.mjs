// npm test: the tests of every day. npm test -- all: the long ones, too. npm test -- core|host|interface… [--grep TEXT]: all
// of a part, or those of a name. The last line is the counts.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installServer } from "../../host/installServer.mjs";
import { build } from "../build.mjs";
import { LONG_TESTS } from "../longTests.mjs";
import { interruption, run } from "../processes.mjs";
import { PARTS, runSuite, suitesOf } from "../suites.mjs";
import { ensurePrograms } from "../system.mjs";

/** Suites that run beside each other: some of what they do is waiting, and with more of them windows wait for a processor instead. */
const AT_A_TIME = 3;

function parse(args) {
  const parts = [];
  let grep;
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--grep" && args[i + 1] !== undefined) grep = args[++i];
    else if (args[i] === "all") parts.push(...PARTS);
    else if (PARTS.includes(args[i])) parts.push(args[i]);
    else throw new Error(`Expected all, ${PARTS.join(", ")} or --grep TEXT, got "${args[i]}".`);
  }
  // A part or a pattern is asked for while something is being written: then only what was asked for.
  const withChecks = args.length === 0 || args.includes("all");
  return { parts: parts.length > 0 ? parts : PARTS, grep, withLong: args.length > 0, withChecks };
}

/** What needs no test runner, each counted as one check. */
async function runChecks({ node, env }) {
  const checks = [
    ["lint", ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."]],
    ["typecheck", ["node_modules/typescript/bin/tsc", "--noEmit"]],
    [
      "typecheck of the dashboard's page",
      ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "src/extension/dashboard/webview"],
    ],
  ];
  let failed = 0;
  for (const [name, args] of checks) {
    const ok = (await run(node, args, { env })) === 0;
    console.log(`${name}: ${ok ? "passed" : "FAILED"}`);
    if (!ok) failed++;
  }
  return { passed: checks.length - failed, failed, skipped: 0 };
}

/** Everything that has to be there before a test runs; gives the problem that is in the way, if there is one. */
async function prepare(context, windowed) {
  try {
    await ensurePrograms({ browser: windowed });
    if (windowed && process.env.TEST_HOST !== "desktop") await installServer(context.root);
    console.log(`Built in ${await build(context, "all")}.`);
    return undefined;
  } catch (error) {
    return error.message;
  }
}

function report(results, withLong) {
  const sum = (name) => results.reduce((total, result) => total + result[name], 0);
  const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
  console.log("");
  for (const { problem } of results) if (problem) console.log(problem);
  // What a suite printed is far above by now, and whoever keeps only the end of the output has nothing else.
  for (const { name, failures = [] } of results)
    for (const { test, why } of failures) console.log(`✗ ${name}: ${test}: ${why}`);
  if (interruption()) console.log(`Ended early by ${interruption()}.`);
  if (passed + failed === 0) console.log("No test ran.");
  if (!withLong)
    console.log(`Left out: ${LONG_TESTS.length} files of long tests; npm test -- all runs them, too.`);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

/** Runs one suite, with its output here, or kept until it has ended where others run beside it. */
async function runOne(suite, context, grep, isAlone) {
  if (isAlone) console.log(`\n── ${suite.name} ──`);
  const start = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "agent-jobs-output-"));
  const path = join(folder, "output.txt");
  const file = isAlone ? undefined : openSync(path, "w");
  try {
    const result = await runSuite(suite, context, grep, file ?? "inherit");
    if (!isAlone) console.log(`\n── ${suite.name} ──\n${readFileSync(path, "utf8")}`);
    const counts = `${result.passed} passed, ${result.failed} failed`;
    console.log(`── ${suite.name}: ${counts}, ${((performance.now() - start) / 1000).toFixed(1)} s`);
    return { ...result, name: suite.name };
  } finally {
    if (file !== undefined) closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs suites, so many at a time; each begins as soon as one before it has ended. */
async function runAll(suites, context, grep, atATime) {
  const results = [];
  const left = [...suites];
  const lane = async () => {
    for (let suite = left.shift(); suite && !interruption(); suite = left.shift())
      results.push(await runOne(suite, context, grep, suites.length === 1));
  };
  await Promise.all(Array.from({ length: atATime }, lane));
  return results;
}

export default async function test(context) {
  const { parts, grep, withLong, withChecks } = parse(context.args);
  const problem = await prepare(context, parts.includes("host") || parts.includes("interface"));
  if (problem) return report([{ passed: 0, failed: 1, skipped: 0, problem }], withLong);

  const suites = suitesOf(context.root, parts, withLong);
  const together = suites.filter(({ alone }) => !alone);
  const running = runAll(together, context, grep, AT_A_TIME);
  const checks = withChecks ? [await runChecks(context)] : [];
  const results = [...checks, ...(await running)];
  for (const suite of suites) if (suite.alone) results.push(...(await runAll([suite], context, grep, 1)));
  return report(results, withLong);
}
