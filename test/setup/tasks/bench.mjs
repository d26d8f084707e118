// npm run bench: how fast it is.
import { build } from "../build.mjs";
import { run } from "../processes.mjs";

export default async function bench(context) {
  await build(context, ["bench/"]);
  return run(context.node, ["--enable-source-maps", "dist/test/bench/main.js", ...context.args], context);
}
