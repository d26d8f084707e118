import { AgentJobsError } from "../errors.js";
import { isForeignKind } from "../format/foreignKinds.js";
import { sniffCheckpoint } from "./sniff.js";

/**
 * Files of other tools are only read: asked before anything is written, locked or moved, so that nothing is ever made
 * beside one either.
 * @param what was to be done, as in "Cannot … PATH"
 * @throws AgentJobsError AJ_FOREIGN
 */
export async function refuseForeign(path: string, what: string): Promise<void> {
  const format = await sniffCheckpoint(path).catch(() => "missing"); // whoever opens it says what is wrong
  if (!isForeignKind(format)) return;
  throw new AgentJobsError(
    "AJ_FOREIGN",
    `Cannot ${what} ${path}: it is another tool's file (${format}), which is only read, and nothing was changed. To do its items by a job, name a checkpoint that is not there yet.`,
  );
}
