// npm run package: agent-jobs-VERSION.vsix in the project's folder.
import { build } from "../build.mjs";
import { run } from "../processes.mjs";
import { vsceArguments } from "../vsce.mjs";

export default async function packageExtension(context) {
  await build(context);
  return run(context.node, [...vsceArguments(), ...context.args], context);
}
