// node_modules, as the lock file says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { npm } from "./processes.mjs";

/** Installs where something is missing or of another version than in the lock file. */
export async function ensureDependencies(root) {
  if (isInstalled(root)) return;
  console.log("Installing the dependencies …");
  await npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root });
}

/**
 * npm writes what it has installed into a lock file of its own, as the last step: an interrupted installation has none.
 * Comparing the two says more than a stamp would, and lets an installation by hand stand.
 */
function isInstalled(root) {
  const wanted = readPackages(join(root, "package-lock.json"));
  const installed = readPackages(join(root, "node_modules/.package-lock.json"));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    const found = installed[path];
    if (!found) return entry.optional === true || entry.devOptional === true; // of another system
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined; // not there, or cut off while it was written
  }
}
