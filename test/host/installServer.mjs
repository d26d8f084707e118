// The VS Code server that the npm package code-server carries, installed once into the user's cache.
import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../setup/cache.mjs";
import { ensureNode, FALLBACK_NODE, isAtLeast, withNodeOnPath } from "../setup/node.mjs";
import { npm } from "../setup/processes.mjs";

const VSCODE = "node_modules/code-server/lib/vscode";

/** The Node that this server is made for. Where npm has none for this system, a newer one has to do. */
async function serverNode() {
  try {
    return await ensureNode(FALLBACK_NODE);
  } catch (error) {
    if (isAtLeast(process.versions.node, "24.0.0")) return process.execPath;
    throw error;
  }
}

/**
 * @param {string} root the project's folder
 * @returns {Promise<{ node: string, server: string }>} the program to start it with, and its main file
 */
export async function installServer(root) {
  const recipe = join(root, "test/host");
  const node = await serverNode();
  const lock = readFileSync(join(recipe, "package-lock.json"));
  const key = createHash("sha256").update(lock).digest("hex").slice(0, 12);
  const folder = await cached(`vscode-host-${key}`, async (stage) => {
    console.log("Installing the VS Code server for the tests (once, about 700 MB) …");
    for (const file of ["package.json", "package-lock.json", ".npmrc"])
      cpSync(join(recipe, file), join(stage, file));
    const env = withNodeOnPath(node);
    // No install scripts: they ask for a compiler. What we use (node-pty, ripgrep, the file watcher) comes prebuilt.
    const flags = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"];
    await npm(["ci", ...flags], { cwd: stage, env });
    // Not `npm ci`: the lock files in there are out of step with their package.json.
    await npm(["install", ...flags], { cwd: join(stage, VSCODE), env });
    await npm(["install", ...flags], { cwd: join(stage, VSCODE, "extensions"), env });
    if (!existsSync(join(stage, VSCODE, "out/server-main.js")))
      throw new Error("code-server carries no server-main.js.");
  });
  return { node, server: join(folder, VSCODE, "out/server-main.js") };
}
