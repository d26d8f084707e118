import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addToZip } from "./addToZip.mjs";

/** Where alone VS Code lets TypeScript look for the plugin of an extension, and what vsce leaves out. */
const plugin = "node_modules/agent-jobs-typescript";

/**
 * Adds the TypeScript plugin to a VSIX that vsce has made.
 *
 * @param {string} root the project's folder
 * @param {string} vsix
 */
export function addPlugin(root, vsix) {
  const names = ["package.json", "index.js"].map((name) => `${plugin}/${name}`);
  addToZip(
    vsix,
    Object.fromEntries(names.map((name) => [`extension/${name}`, readFileSync(join(root, name))])),
  );
}

/**
 * The arguments for Node that make the VSIX of what lies in dist/.
 *
 * @param {string} [out] the file to write; by default agent-jobs-VERSION.vsix in the project's folder
 */
export function vsceArguments(out) {
  return [
    "node_modules/@vscode/vsce/vsce",
    "package",
    "--allow-missing-repository", // there is no address yet
    "--no-rewrite-relative-links", // without an address there is nothing to rewrite them to
    "--no-dependencies", // everything is bundled
    ...(out ? ["--out", out] : []),
  ];
}
