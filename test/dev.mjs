// Every npm script that needs more than node_modules: does all set-up, then the task.
//   node test/dev.mjs demo | test | vscode | package | torture | bench | bench:extension [arguments]
// Runs on a bare Node 20 and later with nothing installed: it and test/setup/*.mjs import only what Node brings.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureDependencies } from "./setup/dependencies.mjs";
import { projectNode, withNodeOnPath } from "./setup/node.mjs";
import { interruption, signalExitCode } from "./setup/processes.mjs";

const TASKS = ["demo", "test", "vscode", "package", "torture", "bench", "bench:extension"];
const [name, ...args] = process.argv.slice(2);
/** What test/setup starts, it starts in here. */
const root = resolve(fileURLToPath(import.meta.url), "../..");

if (!TASKS.includes(name)) {
  console.error(`Expected a task (${TASKS.join(", ")}), got ${name ? `"${name}"` : "none"}.`);
  process.exit(2);
}
process.chdir(root);
try {
  await ensureDependencies(root);
  const node = await projectNode();
  const env = { ...withNodeOnPath(node), AGENT_JOBS_ROOT: root };
  const { default: task } = await import(`./setup/tasks/${name.replace(":extension", "Extension")}.mjs`);
  process.exitCode = await task({ root, node, env, args });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error?.cause) console.error(error.cause.message ?? error.cause);
  if (name === "test") console.log("0 passed, 1 failed"); // its last line is the counts, come what may
  process.exitCode = 1;
}
const signal = interruption();
if (signal) process.exitCode ||= signalExitCode(signal);
