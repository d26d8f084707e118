// Node of a given version, from the npm packages that carry its binary.
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { cached } from "./cache.mjs";
import { npm } from "./processes.mjs";

/** What the project needs, and what it goes on in where the Node that started it is older. */
export const MINIMUM_NODE = "22.15.0";
export const FALLBACK_NODE = "24.21.0";

/** Which system and processor npm has `node-<platform>-<arch>` packages for, in the versions that are asked for here. */
const PACKAGED = ["linux-x64", "linux-arm64", "win-x64"];

export function isAtLeast(version, minimum) {
  const [ours, theirs] = [version, minimum].map((text) => text.split(".").map(Number));
  for (const [i, number] of theirs.entries()) if (ours[i] !== number) return ours[i] > number;
  return true;
}

/**
 * The path of a Node's program, installed into the user's cache on first use.
 *
 * @param {string} version exact, such as "22.15.0"
 * @returns {Promise<string>}
 */
export async function ensureNode(version) {
  if (process.versions.node === version) return process.execPath;
  const system = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const advice = `Install Node ${MINIMUM_NODE} or later and put it on PATH.`;
  if (!PACKAGED.includes(system)) throw new Error(`npm has no Node ${version} for ${system}. ${advice}`);
  const name = `node-${system}`;
  const program = join("node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  const folder = await cached(`node-${version}-${system}`, async (stage) => {
    console.log(`Installing Node ${version} from npm (once) …`);
    const quiet = ["--ignore-scripts", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"];
    try {
      await npm(["install", ...quiet, "--loglevel=error", "--prefix", stage, `${name}@${version}`], {
        cwd: stage,
      });
    } catch (error) {
      throw new Error(`Cannot install Node ${version} from npm's ${name}. ${advice}`, { cause: error });
    }
    if (!existsSync(join(stage, program)))
      throw new Error(`npm's ${name}@${version} has no ${program}. ${advice}`);
  });
  return join(folder, program);
}

/** The Node that the project's own programs run in: this one, or the fallback where this one is too old. */
export async function projectNode() {
  return isAtLeast(process.versions.node, MINIMUM_NODE) ? process.execPath : ensureNode(FALLBACK_NODE);
}

/** This environment, but `node` is the given program for everything that is started by name. */
export function withNodeOnPath(program, env = process.env) {
  const name = Object.keys(env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  return { ...env, [name]: [dirname(program), env[name]].filter(Boolean).join(delimiter) };
}
