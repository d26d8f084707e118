// npm test [-- core|host|interface…] [--grep TEXT]: all tests, or some. The last line is the counts.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installServer } from "../../host/installServer.mjs";
import { build } from "../build.mjs";
import { interruption, run } from "../processes.mjs";
import { PARTS, runSuite, suitesOf } from "../suites.mjs";
import { ensurePrograms } from "../system.mjs";

function parse(args) {
  const parts = [];
  let grep;
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--grep" && args[i + 1] !== undefined) grep = args[++i];
    else if (PARTS.includes(args[i])) parts.push(args[i]);
    else throw new Error(`Expected ${PARTS.join(", ")} or --grep TEXT, got "${args[i]}".`);
  }
  return { parts: parts.length > 0 ? parts : PARTS, grep };
}

/** What needs no test runner, each counted as one check. */
async function runChecks({ node, env }) {
  const checks = [
    ["lint", ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."]],
    ["typecheck", ["node_modules/typescript/bin/tsc", "--noEmit"]],
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

function report(results) {
  const sum = (name) => results.reduce((total, result) => total + result[name], 0);
  const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
  console.log("");
  for (const { problem } of results) if (problem) console.log(problem);
  if (interruption()) console.log(`Ended early by ${interruption()}.`);
  if (passed + failed === 0) console.log("No test ran.");
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

async function runHere(suite, context, grep, output) {
  const start = performance.now();
  if (output === undefined) console.log(`\n── ${suite.name} ──`);
  const result = await runSuite(suite, context, grep, output);
  const counts = `${result.passed} passed, ${result.failed} failed`;
  const end = `── ${suite.name}: ${counts}, ${((performance.now() - start) / 1000).toFixed(1)} s`;
  if (output === undefined) console.log(end);
  return { ...result, end };
}

/** Runs suites one after the other, each with its output kept until somebody waits for it: two at a time are hard to read. */
async function* runLane(suites, context, grep) {
  const folder = mkdtempSync(join(tmpdir(), "agent-jobs-output-"));
  try {
    for (const [i, suite] of suites.entries()) {
      if (interruption()) return;
      const path = join(folder, `${i}.txt`);
      const file = openSync(path, "w");
      try {
        const result = await runHere(suite, context, grep, file);
        yield { ...result, output: `\n── ${suite.name} ──\n${readFileSync(path, "utf8")}${result.end}` };
      } finally {
        closeSync(file);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Begins a lane; gives what waits for its end. */
function startLane(suites, context, grep) {
  const running = (async () => {
    const results = [];
    for await (const result of runLane(suites, context, grep)) results.push(result);
    return results;
  })();
  running.catch(() => {}); // whoever waits for it hears of it
  return async () => {
    const results = await running;
    for (const { output } of results) console.log(output);
    return results;
  };
}

export default async function test(context) {
  const { parts, grep } = parse(context.args);
  const problem = await prepare(context, parts.includes("host") || parts.includes("interface"));
  if (problem) return report([{ passed: 0, failed: 1, skipped: 0, problem }]);

  const results = [];
  const suites = suitesOf(context.root, parts);
  const lanes = [...new Set(suites.flatMap(({ lane }) => lane ?? []))].map((name) =>
    startLane(
      suites.filter(({ lane }) => lane === name),
      context,
      grep,
    ),
  );
  // A part or a pattern is asked for while something is being written: then only what was asked for.
  if (context.args.length === 0) results.push(await runChecks(context));
  for (const suite of suites.filter(({ lane }) => lane === undefined)) {
    if (suite.alone) for (const ended of lanes.splice(0)) results.push(...(await ended()));
    if (interruption()) break;
    results.push(await runHere(suite, context, grep));
  }
  for (const ended of lanes) results.push(...(await ended()));
  return report(results);
}
