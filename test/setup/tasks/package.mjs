// npm run package [-- --out FILE]: agent-jobs-VERSION.vsix in the project's folder.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "../build.mjs";
import { run } from "../processes.mjs";
import { addPlugin, vsceArguments } from "../vsce.mjs";

export default async function packageExtension(context) {
  await build(context);
  const { root, args } = context;
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const at = args.findIndex((arg) => arg === "--out" || arg === "-o");
  const out = resolve(root, at === -1 ? `agent-jobs-${version}.vsix` : args[at + 1]);
  const others = at === -1 ? args : args.toSpliced(at, 2);
  const code = await run(context.node, [...vsceArguments(out), ...others], context);
  if (code === 0) addPlugin(root, out);
  return code;
}
