import { expectedCheckpoint } from "../runtime/runner/findCheckpoints.js";
import { labelledCheckpoint } from "../runtime/runner/jobPaths.js";

/**
 * The arguments that choose a job's run: a checkpoint that was found by its header is gone on with, not started over.
 * What the arguments that follow choose themselves is left to them.
 */
export async function whichRun(
  { label, checkpoint }: { label: string | null; checkpoint: string },
  jobFile: string,
  following: readonly string[] = [],
): Promise<string[]> {
  const isElsewhere = checkpoint !== labelledCheckpoint(await expectedCheckpoint(jobFile), label);
  return [
    ...(label === null || following.includes("--as") ? [] : ["--as", label]),
    ...(isElsewhere && !following.includes("--checkpoint") ? ["--checkpoint", checkpoint] : []),
  ];
}
