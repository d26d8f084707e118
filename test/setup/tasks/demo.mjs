// npm run demo: the main example, in this terminal.
import { build } from "../build.mjs";
import { run } from "../processes.mjs";

export default async function demo(context) {
  console.log(`Built in ${await build(context)}.`);
  const job = "examples/readme-digest/readme-digest.job.ts";
  // Whoever only tries the demo must not pay for it: a model writes the summaries where it is named.
  const env = { DIGEST_MODEL: "local", ...process.env, ...context.env };
  return run(context.node, ["dist/cli.js", "run", job, ...context.args], { ...context, env });
}
