// Builds dist/ and what is asked for of dist/test. Always: it is quick, and a stale build is a day lost.
import { mustRun } from "./processes.mjs";

/**
 * @param {{ node: string, env: NodeJS.ProcessEnv }} context
 * @param {string[] | "all"} [tests] which folders of test/ to bundle as well
 * @returns {Promise<string>} how long it took, such as "2.1 s"
 */
export async function build({ node, env }, tests = []) {
  const start = performance.now();
  const work = [mustRun(node, ["esbuild.mjs"], { env })];
  if (tests === "all") work.push(mustRun(node, ["test/setup/buildTests.mjs"], { env }));
  else if (tests.length > 0) work.push(mustRun(node, ["test/setup/buildTests.mjs", ...tests], { env }));
  await Promise.all(work);
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
