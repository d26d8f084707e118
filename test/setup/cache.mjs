// What is downloaded once for all clones of a user: whole or not there at all.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const STALE_STAGE_MS = 60 * 60 * 1000;

export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "agent-jobs");
}

/**
 * Gives the folder `name` of the cache. Where it is missing, `fill` fills a stage folder beside it, which then takes
 * the name: another run at the same time, or a kill in the middle, never leaves half of it under that name.
 *
 * @param {string} name
 * @param {(stage: string) => Promise<void>} fill
 * @returns {Promise<string>}
 */
export async function cached(name, fill) {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  sweepStages();
  const stage = mkdtempSync(join(cacheFolder(), "stage-"));
  const discard = () => rmSync(stage, { recursive: true, force: true, maxRetries: 5 });
  process.on("exit", discard);
  try {
    await fill(stage);
    renameSync(stage, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // otherwise another run was first
  } finally {
    process.off("exit", discard);
    discard();
  }
  return folder;
}

/** Removes what a SIGKILL or a power cut left. Only by age: the process may belong to another machine or container. */
function sweepStages() {
  for (const name of readdirSync(cacheFolder())) {
    const path = join(cacheFolder(), name);
    if (name.startsWith("stage-") && Date.now() - statSync(path).mtimeMs > STALE_STAGE_MS) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}
