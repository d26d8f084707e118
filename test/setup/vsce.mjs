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
