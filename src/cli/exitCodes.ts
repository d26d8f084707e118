import { AgentJobsError } from "../runtime/errors.js";
import type { RunEndReason } from "../runtime/format/record.js";
import type { RunEnding } from "../runtime/state/status.js";

/** The exit codes of the contract. */
export const exit = {
  ok: 0,
  failedItems: 1,
  usage: 2,
  damaged: 3,
  held: 4,
  undecided: 5,
  cannotWrite: 74,
  stoppedEarly: 75,
  interrupted: 130,
  /** Of `attach`: the run was killed, or ended with its machine; 128 + SIGKILL, as shells say it. */
  killed: 137,
  terminated: 143,
} as const;

const ofReason: Record<RunEndReason, number> = {
  finished: exit.ok,
  "finished-with-failures": exit.failedItems,
  stopped: exit.stoppedEarly,
  limit: exit.stoppedEarly,
  budget: exit.stoppedEarly,
  deadline: exit.stoppedEarly,
  "stop-condition": exit.stoppedEarly,
  "max-failures": exit.failedItems,
  auth: exit.failedItems,
  "in-doubt": exit.stoppedEarly,
  interrupted: exit.interrupted,
  terminated: exit.terminated,
  error: exit.usage,
  migrated: exit.stoppedEarly,
};

export function exitCodeOfRun(reason: RunEndReason, error?: unknown): number {
  return error === undefined ? ofReason[reason] : exitCodeOfError(error);
}

/** What `attach` exits with: as the run itself did, as far as its records tell. */
export function exitCodeOfEnding(ending: RunEnding): number {
  if (ending in ofReason) return ofReason[ending as RunEndReason];
  return ending === "taken-over" ? exit.held : exit.killed;
}

export function exitCodeOfError(error: unknown): number {
  if (error instanceof CommandError) return error.exitCode;
  if (!(error instanceof AgentJobsError)) return exit.usage;
  switch (error.code) {
    case "AJ_HELD":
    case "AJ_LOCK_LOST":
      return exit.held;
    case "AJ_DAMAGED":
      return exit.damaged;
    case "AJ_WRITE":
    case "AJ_REPLACED":
      return exit.cannotWrite;
    case "AJ_DEADLINE":
      return exit.stoppedEarly;
    default:
      return exit.usage;
  }
}

/** A command that cannot go on, with the exit code that says why. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  constructor(
    readonly exitCode: number,
    message: string,
  ) {
    super(message);
  }
}
