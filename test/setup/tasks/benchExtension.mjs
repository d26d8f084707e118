// npm run bench:extension: what the extension costs the editor that it runs in.
import { installServer } from "../../host/installServer.mjs";
import { build } from "../build.mjs";
import { run } from "../processes.mjs";
import { ensurePrograms } from "../system.mjs";

export default async function benchExtension(context) {
  await ensurePrograms({ browser: true });
  await installServer(context.root);
  await build(context, ["bench/"]);
  return run(
    context.node,
    ["--enable-source-maps", "dist/test/bench/extension/main.js", ...context.args],
    context,
  );
}
