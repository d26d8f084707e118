// npm run vscode [-- PORT]: a real VS Code on examples/ with the extension loaded.
import { join } from "node:path";
import { installServer } from "../../host/installServer.mjs";
import { build } from "../build.mjs";
import { run } from "../processes.mjs";
import { findOnPath } from "../system.mjs";

export default async function vscode(context) {
  const folder = join(context.root, "examples");
  // As root the desktop VS Code does not start without further ado, and a machine without a display has no use for it.
  const headless = process.platform === "linux" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
  const code = headless || process.getuid?.() === 0 ? undefined : findOnPath(["code", "code.cmd"]);
  await build(context, ["host/"]);
  if (code) {
    const args = [`--extensionDevelopmentPath=${context.root}`, "--new-window", folder];
    return run(code, args, { ...context, shell: code.endsWith(".cmd") });
  }
  await installServer(context.root);
  return run(
    context.node,
    ["--enable-source-maps", "dist/test/host/open.main.js", folder, ...context.args],
    context,
  );
}
