/** What a run that an editor started says of its failure: nobody looks at the terminal that it runs in. */
import { rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { readPlain } from "./store/plainFile.js";

/** Names the file for it, in the environment. Where it is not set, as in a person's own terminal, none is written. */
export const lastErrorVariable = "AGENT_JOBS_ERROR_FILE";

/** Writes the latest error. At once, since what comes next may be the end of the process. */
export function noteLastError(path: string, message: string): void {
  try {
    rmSync(path, { force: true });
    writeFileSync(path, message, { mode: 0o600, flag: "wx" });
  } catch {
    // It is on the terminal all the same.
  }
}

/** The latest error, which is then forgotten; undefined where there was none. */
export async function takeLastError(path: string): Promise<string | undefined> {
  const message = await readPlain(path).catch(() => undefined);
  await rm(path, { force: true }).catch(() => {});
  return message?.trim() || undefined;
}
