import { AgentJobsError } from "../errors.js";

/** What is said where a checkpoint is to be and something else is. */
export function notAFile(path: string, what: string): AgentJobsError {
  return new AgentJobsError(
    "AJ_NOT_A_FILE",
    `Cannot use ${path} as a checkpoint: it is ${what}. Name a file, or a path where none is yet.`,
  );
}
