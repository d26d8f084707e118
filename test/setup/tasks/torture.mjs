// npm run torture: kills, power cuts and full disks, many more of them than npm test has time for.
import { build } from "../build.mjs";
import { run } from "../processes.mjs";
import { ensurePrograms } from "../system.mjs";

export default async function torture(context) {
  await ensurePrograms({ browser: false });
  await build(context, ["torture/", "support/", "runtime/store/writer.main"]);
  return run(context.node, ["--enable-source-maps", "dist/test/torture/main.js", ...context.args], context);
}
