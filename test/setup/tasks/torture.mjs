// npm run torture: kills, power cuts and full disks, many more of them than npm test has time for.
import { build } from "../build.mjs";
import { run } from "../processes.mjs";

export default async function torture(context) {
  await build(context, ["torture/"]);
  return run(context.node, ["--enable-source-maps", "dist/test/torture/main.js", ...context.args], context);
}
